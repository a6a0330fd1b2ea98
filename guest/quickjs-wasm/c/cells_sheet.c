/* The cells of a batch as SheetJS has them: an object for each, under its place in the sheet. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "guest.h"

/* Flags of `sheet`. */
enum { DATES = 1, DENSE = 2, SHOW_FORMATS = 4, STUBS = 8 };

/* Whole numbers below this are written out by the format `General`. */
#define GENERAL_MAX 1e11

/* The names of a cell's properties, and what all cells of a sheet share. */
typedef struct {
    JSAtom t, v, w, f, z;
    JSValueConst formats, sheet;
    uint32_t flags;
    bool dates, dense;
} maker_t;

/* The codes of errors in files (MS-XLS, 2.5.10). */
static const struct {
    const char *text;
    int code;
} errors[] = {
    { "#NULL!", 0x00 }, { "#DIV/0!", 0x07 }, { "#VALUE!", 0x0F }, { "#REF!", 0x17 },
    { "#NAME?", 0x1D }, { "#NUM!", 0x24 },   { "#N/A", 0x2A },    { "#GETTING_DATA", 0x2B },
};

static JSValue error_code(JSContext *ctx, JSValueConst text)
{
    const char *name = JS_ToCString(ctx, text);
    int code = 0x2A;

    if (!name)
        return JS_EXCEPTION;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (!strcmp(name, errors[i].text))
            code = errors[i].code;
    JS_FreeCString(ctx, name);
    return JS_NewInt32(ctx, code);
}

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

/* The text of a number, by its format when somebody first reads it; and the format, where it is not `General`. */
static bool put_formatted(JSContext *ctx, const maker_t *maker, JSValueConst object, uint32_t index)
{
    JSValue format = JS_GetPropertyUint32(ctx, maker->formats, index);
    JSValue get = JS_GetPropertyUint32(ctx, format, 0), set = JS_GetPropertyUint32(ctx, format, 1);
    JSValue text = JS_GetPropertyUint32(ctx, format, 2);
    bool done = JS_IsFunction(ctx, get) && JS_IsFunction(ctx, set);

    JS_FreeValue(ctx, format);
    if (!done) {
        JS_FreeValue(ctx, get);
        JS_FreeValue(ctx, set);
        JS_FreeValue(ctx, text);
        return JS_IsException(format) || (JS_ThrowInternalError(ctx, "a cell has no format"), false);
    }
    done = JS_DefinePropertyGetSet(ctx, object, maker->w, get, set, JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE) >= 0;
    if (done && index)
        return JS_DefinePropertyValue(ctx, object, maker->z, text, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE |
                                      (maker->flags & SHOW_FORMATS ? JS_PROP_ENUMERABLE : 0)) >= 0;
    JS_FreeValue(ctx, text);
    return done;
}

static bool put_number_text(JSContext *ctx, const maker_t *maker, JSValueConst object, const cb_cell_t *cell)
{
    double number = NAN;
    char text[24];

    if (JS_IsNumber(cell->value))
        JS_ToFloat64(ctx, &number, cell->value);
    if (cell->tag == CB_CELL_DATE && !cell->format) {
        int64_t len;

        if (JS_GetLength(ctx, maker->formats, &len))
            return false;
        return put_formatted(ctx, maker, object, (uint32_t)(len - 1));
    }
    if (cell->format || !(fabs(number) < GENERAL_MAX) || number != trunc(number))
        return put_formatted(ctx, maker, object, cell->format);
    snprintf(text, sizeof text, "%lld", (long long)number);
    return put(ctx, object, maker->w, JS_NewString(ctx, text));
}

/* Value and text of a cell that has one. Takes the value. */
static bool put_value(JSContext *ctx, const maker_t *maker, JSValueConst object, const cb_cell_t *cell)
{
    bool done;

    switch (cell->tag) {
    case CB_CELL_NUMBER:
    case CB_CELL_DATE:
        done = put(ctx, object, maker->v, JS_DupValue(ctx, cell->value)) && put_number_text(ctx, maker, object, cell);
        JS_FreeValue(ctx, cell->value);
        return done;
    case CB_CELL_ERROR:
        done = put(ctx, object, maker->v, error_code(ctx, cell->value));
        break;
    case CB_CELL_STRING:
        done = put(ctx, object, maker->v, JS_DupValue(ctx, cell->value));
        break;
    default:
        done = put(ctx, object, maker->v, JS_DupValue(ctx, cell->value));
        return done && put(ctx, object, maker->w, JS_NewString(ctx, JS_ToBool(ctx, cell->value) ? "TRUE" : "FALSE"));
    }
    if (done)
        return put(ctx, object, maker->w, cell->value);
    JS_FreeValue(ctx, cell->value);
    return false;
}

/* The object of a cell, whose values it takes. */
static JSValue make_cell(JSContext *ctx, const maker_t *maker, const cb_cell_t *cell)
{
    JSValue object = JS_NewObject(ctx);
    bool done = !JS_IsException(object) && put(ctx, object, maker->t, JS_NewString(ctx, type_of(cell->tag, maker->dates)));

    if (!done)
        JS_FreeValue(ctx, cell->value);
    else if (!JS_IsUninitialized(cell->value))
        done = put_value(ctx, maker, object, cell);
    if (!done)
        JS_FreeValue(ctx, cell->formula);
    else if (!JS_IsUninitialized(cell->formula))
        done = put(ctx, object, maker->f, cell->formula);
    if (done)
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
    JSValue object;
    JSAtom place;
    bool done;

    if (JS_IsUninitialized(cell->value) && JS_IsUninitialized(cell->formula) && !(maker->flags & STUBS))
        return true;
    object = make_cell(ctx, maker, cell);
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

/* sheet(batch, target, formats, flags): puts the cells of a batch into an object under their places, or into an array of
 * arrays. A cell is { t, v, w, f, z } with what it has of these. `formats` has for each format of the workbook a getter and
 * a setter of a cell's text, and the format; the last is that of dates without one. A cell without a value or a formula comes with the flag STUBS alone. */
JSValue cb_cells_sheet(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    maker_t maker = { .formats = argv[2], .sheet = argv[1] };
    JSAtom *atoms[] = { &maker.t, &maker.v, &maker.w, &maker.f, &maker.z };
    cb_batch_t batch;
    int got = 0;

    (void)this_value, (void)argc;
    if (!JS_IsObject(argv[1]) || !JS_IsArray(argv[2]))
        return JS_ThrowTypeError(ctx, "not an object");
    if (JS_ToUint32(ctx, &maker.flags, argv[3]) || !cb_batch_open(ctx, argv[0], &batch))
        return JS_EXCEPTION;
    maker.dates = maker.flags & DATES;
    maker.dense = (maker.flags & DENSE) != 0;
    for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
        *atoms[i] = JS_NewAtomLen(ctx, &"tvwfz"[i], 1);
    while (got >= 0 && (got = cb_batch_next_row(ctx, &batch)) > 0)
        if (!put_row(ctx, &maker, &batch))
            got = -1;
    for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
        JS_FreeAtom(ctx, *atoms[i]);
    return got < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}
