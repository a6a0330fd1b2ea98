/* bindings('cells'): batches of rows from the host, made into rows of values (here) or the cells of a sheet
 * (cells_sheet.c), and rows made into batches (cells_out.c). */
#include "cells.h"
#include "guest.h"

/* How rows are made. */
typedef struct {
    const JSAtom *keys; /* for objects; NULL for arrays */
    uint32_t key_count;
    JSValueConst empty;
    bool dates;
} shape_t;

/* A row's values, with room for as many as there can be; empty ones are JS_UNINITIALIZED. */
typedef struct {
    JSValue *values;
    uint32_t count;
} values_t;

static void drop_values(JSContext *ctx, values_t *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        JS_FreeValue(ctx, row->values[i]);
    row->count = 0;
}

/* Reads the values of a row. False where it threw. */
static bool read_row(JSContext *ctx, cb_batch_t *batch, values_t *row, bool dates)
{
    cb_cell_t cell;
    int got;

    row->count = 0;
    while ((got = cb_batch_next_cell(ctx, batch, dates, &cell)) > 0) {
        JS_FreeValue(ctx, cell.formula);
        while (row->count < cell.column)
            row->values[row->count++] = JS_UNINITIALIZED;
        row->values[row->count++] = cell.value;
    }
    return got == 0;
}

/* An array of a row's values, which it takes. */
static JSValue array_row(JSContext *ctx, values_t *row, const shape_t *shape)
{
    uint32_t count = row->count;

    for (uint32_t i = 0; i < count; i++)
        if (JS_IsUninitialized(row->values[i]))
            row->values[i] = JS_DupValue(ctx, shape->empty);
    row->count = 0;
    return JS_NewArrayFrom(ctx, (int)count, row->values);
}

/* An object of a row's values by the keys of their columns, which it takes. Where `empty` is undefined, cells without a
 * value are left out. */
static JSValue object_row(JSContext *ctx, values_t *row, const shape_t *shape)
{
    JSValue object = JS_NewObject(ctx);

    for (uint32_t i = 0; i < shape->key_count && !JS_IsException(object); i++) {
        bool there = i < row->count && !JS_IsUninitialized(row->values[i]);
        JSValue value;

        if (shape->keys[i] == JS_ATOM_NULL || (!there && JS_IsUndefined(shape->empty)))
            continue;
        value = there ? row->values[i] : JS_DupValue(ctx, shape->empty);
        if (there)
            row->values[i] = JS_UNDEFINED;
        if (JS_DefinePropertyValue(ctx, object, shape->keys[i], value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            object = JS_EXCEPTION;
        }
    }
    drop_values(ctx, row);
    return object;
}

/* The atoms of an array of keys; what is no string in it is a column that is not wanted. NULL where it threw. */
static JSAtom *read_keys(JSContext *ctx, JSValueConst keys, uint32_t *count)
{
    int64_t len;
    JSAtom *atoms;

    if (JS_GetLength(ctx, keys, &len))
        return NULL;
    *count = (uint32_t)(len < CB_COLUMNS_MAX ? len : CB_COLUMNS_MAX);
    atoms = js_mallocz(ctx, (*count + 1) * sizeof *atoms);
    for (uint32_t i = 0; atoms && i < *count; i++) {
        JSValue key = JS_GetPropertyUint32(ctx, keys, i);

        if (JS_IsString(key))
            atoms[i] = JS_ValueToAtom(ctx, key);
        JS_FreeValue(ctx, key);
    }
    return atoms;
}

static void drop_keys(JSContext *ctx, JSAtom *atoms, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        JS_FreeAtom(ctx, atoms[i]);
    js_free(ctx, atoms);
}

static JSValue make_rows(JSContext *ctx, cb_batch_t *batch, const shape_t *shape)
{
    values_t row = { js_malloc(ctx, CB_COLUMNS_MAX * sizeof(JSValue)), 0 };
    JSValue rows = JS_NewArray(ctx);
    int got = row.values && !JS_IsException(rows) ? 0 : -1;

    for (uint32_t i = 0; got >= 0 && (got = cb_batch_next_row(ctx, batch)) > 0; i++) {
        JSValue made = JS_EXCEPTION;

        if (read_row(ctx, batch, &row, shape->dates))
            made = shape->keys ? object_row(ctx, &row, shape) : array_row(ctx, &row, shape);
        if (JS_IsException(made) || JS_DefinePropertyValueUint32(ctx, rows, i, made, JS_PROP_C_W_E) < 0)
            got = -1;
    }
    if (got < 0) {
        if (row.values)
            drop_values(ctx, &row);
        JS_FreeValue(ctx, rows);
        rows = JS_EXCEPTION;
    }
    js_free(ctx, row.values);
    return rows;
}

/* rows(batch, keys, empty, dates) -> the rows of a batch: objects where `keys` is an array of the columns' names, else
 * arrays. `empty` stands for a cell without a value. */
static JSValue cells_rows(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    shape_t shape = { NULL, 0, argv[2], JS_ToBool(ctx, argv[3]) > 0 };
    bool objects = JS_IsArray(argv[1]);
    JSAtom *keys = objects ? read_keys(ctx, argv[1], &shape.key_count) : NULL;
    JSValue rows = JS_EXCEPTION;
    cb_batch_t batch;

    (void)this_value, (void)argc;
    if (objects && !keys)
        return JS_EXCEPTION;
    shape.keys = keys;
    if (cb_batch_open(ctx, argv[0], &batch))
        rows = make_rows(ctx, &batch, &shape);
    if (keys)
        drop_keys(ctx, keys, shape.key_count);
    return rows;
}

/* numbers(batch) -> the numbers of its rows, from 0. */
static JSValue cells_numbers(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_batch_t batch;
    JSValue numbers;
    int got = 0;

    (void)this_value, (void)argc;
    if (!cb_batch_open(ctx, argv[0], &batch))
        return JS_EXCEPTION;
    numbers = JS_NewArray(ctx);
    for (uint32_t i = 0; got >= 0 && (got = cb_batch_next_row(ctx, &batch)) > 0; i++)
        if (JS_DefinePropertyValueUint32(ctx, numbers, i, JS_NewUint32(ctx, batch.row), JS_PROP_C_W_E) < 0)
            got = -1;
    if (got == 0)
        return numbers;
    JS_FreeValue(ctx, numbers);
    return JS_EXCEPTION;
}

/* trailer(batch) -> what comes with a sheet's last batch, parsed from JSON; undefined for another batch. */
static JSValue cells_trailer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_batch_t batch;
    char *text;
    JSValue trailer;

    (void)this_value, (void)argc;
    if (!cb_batch_open(ctx, argv[0], &batch))
        return JS_EXCEPTION;
    if (!(batch.header.flags & CB_BATCH_LAST))
        return JS_UNDEFINED;
    text = js_strndup(ctx, (const char *)batch.trailer, batch.header.trailer_len);
    if (!text)
        return JS_EXCEPTION;
    trailer = JS_ParseJSON(ctx, text, batch.header.trailer_len, "<trailer>");
    js_free(ctx, text);
    return trailer;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("rows", 4, cells_rows),
    JS_CFUNC_DEF("numbers", 1, cells_numbers),
    JS_CFUNC_DEF("trailer", 1, cells_trailer),
    JS_CFUNC_DEF("sheet", 4, cb_cells_sheet),
    JS_CFUNC_DEF("encode", 4, cb_cells_encode),
};
const cb_binding_t cb_cells_binding = { "cells", functions, sizeof functions / sizeof *functions };
