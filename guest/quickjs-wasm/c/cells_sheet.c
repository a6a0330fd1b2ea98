/* The cells of a batch as SheetJS has them: an object for each, under its place in the sheet. */
#include "cells.h"
#include "guest.h"

/* The names of a cell's properties, and what all cells of a sheet share. */
typedef struct {
    JSAtom t, v, f, z;
    JSValueConst formats, prototype, sheet;
    bool dates, dense;
} maker_t;

/* The letter of a cell's type. */
static const char *type_of(uint8_t tag, bool dates)
{
    switch (tag) {
    case CB_CELL_NUMBER:
        return "n";
    case CB_CELL_STRING:
        return "s";
    case CB_CELL_FALSE:
    case CB_CELL_TRUE:
        return "b";
    case CB_CELL_ERROR:
        return "e";
    case CB_CELL_DATE:
        return dates ? "d" : "n";
    default:
        return "z";
    }
}

/* Puts a property whose value it takes. False where it threw. */
static bool put(JSContext *ctx, JSValueConst object, JSAtom key, JSValue value)
{
    return !JS_IsException(value) && JS_DefinePropertyValue(ctx, object, key, value, JS_PROP_C_W_E) >= 0;
}

static bool put_format(JSContext *ctx, const maker_t *maker, JSValueConst object, uint32_t format)
{
    JSValue code;

    if (!format || !JS_IsArray(maker->formats))
        return true;
    code = JS_GetPropertyUint32(ctx, maker->formats, format);
    if (JS_IsString(code))
        return put(ctx, object, maker->z, code);
    JS_FreeValue(ctx, code);
    return !JS_IsException(code);
}

/* The object of a cell, whose values it takes. */
static JSValue make_cell(JSContext *ctx, const maker_t *maker, const cb_cell_t *cell)
{
    JSValue object = JS_NewObjectProto(ctx, maker->prototype);
    bool done = !JS_IsException(object) && put(ctx, object, maker->t, JS_NewString(ctx, type_of(cell->tag, maker->dates)));

    if (!done)
        JS_FreeValue(ctx, cell->value);
    else if (!JS_IsUninitialized(cell->value))
        done = put(ctx, object, maker->v, cell->value);
    if (!done)
        JS_FreeValue(ctx, cell->formula);
    else if (!JS_IsUninitialized(cell->formula))
        done = put(ctx, object, maker->f, cell->formula);
    if (done && put_format(ctx, maker, object, cell->format))
        return object;
    JS_FreeValue(ctx, object);
    return JS_EXCEPTION;
}

/* The atom of a place such as B7. */
static JSAtom place_atom(JSContext *ctx, uint32_t row, uint32_t column)
{
    char name[16], *at = name + sizeof name;
    uint32_t number = row + 1;

    for (; number; number /= 10)
        *--at = (char)('0' + number % 10);
    for (number = column + 1; number; number = (number - 1) / 26)
        *--at = (char)('A' + (number - 1) % 26);
    return JS_NewAtomLen(ctx, at, (size_t)(name + sizeof name - at));
}

static bool put_cell(JSContext *ctx, const maker_t *maker, JSValueConst row_cells, uint32_t row, const cb_cell_t *cell)
{
    JSValue object = make_cell(ctx, maker, cell);
    JSAtom place;
    bool done;

    if (JS_IsException(object))
        return false;
    if (maker->dense)
        return JS_DefinePropertyValueUint32(ctx, row_cells, cell->column, object, JS_PROP_C_W_E) >= 0;
    place = place_atom(ctx, row, cell->column);
    if (place == JS_ATOM_NULL) {
        JS_FreeValue(ctx, object);
        return false;
    }
    done = put(ctx, maker->sheet, place, object);
    JS_FreeAtom(ctx, place);
    return done;
}

/* Puts a row's cells. False where it threw. */
static bool put_row(JSContext *ctx, const maker_t *maker, cb_batch_t *batch)
{
    JSValue row_cells = maker->dense ? JS_NewArray(ctx) : JS_UNDEFINED;
    cb_cell_t cell;
    int got = JS_IsException(row_cells) ? -1 : 0;

    while (got >= 0 && (got = cb_batch_next_cell(ctx, batch, maker->dates, &cell)) > 0)
        if (!put_cell(ctx, maker, row_cells, batch->row, &cell))
            got = -1;
    if (!maker->dense)
        return got == 0;
    if (got == 0)
        return JS_DefinePropertyValueUint32(ctx, maker->sheet, batch->row, row_cells, JS_PROP_C_W_E) >= 0;
    JS_FreeValue(ctx, row_cells);
    return false;
}

/* sheet(batch, target, formats, prototype, flags): puts the cells of a batch into an object under their places, or with
 * flag 2 into an array of arrays. A cell is { t, v, f, z } with what it has of these, of a prototype; z is its format, out
 * of the array `formats`. With flag 1 dates are Dates. Cells without a value come too: their t is 'z'. */
JSValue cb_cells_sheet(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    maker_t maker = { .formats = argv[2], .prototype = argv[3], .sheet = argv[1] };
    cb_batch_t batch;
    uint32_t flags;
    int got = 0;

    (void)this_value, (void)argc;
    if (!JS_IsObject(argv[1]) || !(JS_IsObject(argv[3]) || JS_IsNull(argv[3])))
        return JS_ThrowTypeError(ctx, "not an object");
    if (JS_ToUint32(ctx, &flags, argv[4]) || !cb_batch_open(ctx, argv[0], &batch))
        return JS_EXCEPTION;
    maker.dates = flags & 1;
    maker.dense = (flags & 2) != 0;
    maker.t = JS_NewAtom(ctx, "t");
    maker.v = JS_NewAtom(ctx, "v");
    maker.f = JS_NewAtom(ctx, "f");
    maker.z = JS_NewAtom(ctx, "z");
    while (got >= 0 && (got = cb_batch_next_row(ctx, &batch)) > 0)
        if (!put_row(ctx, &maker, &batch))
            got = -1;
    JS_FreeAtom(ctx, maker.t);
    JS_FreeAtom(ctx, maker.v);
    JS_FreeAtom(ctx, maker.f);
    JS_FreeAtom(ctx, maker.z);
    return got < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}
