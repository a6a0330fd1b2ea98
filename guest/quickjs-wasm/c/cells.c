/* bindings('cells'): batches of rows from the host, made into values, and rows made into batches (cells_out.c).
 *
 * What is in a batch is walked from its front: the next tag, the next number, the next string. Where one of them is
 * used up before the tags are, the batch is not one of the host's, and that is an error and nothing worse. */
#include <math.h>
#include <string.h>

#include "batch.h"
#include "guest.h"

typedef struct {
    cb_batch_header_t header;
    const uint8_t *numbers, *rows, *tags, *text, *trailer;
    size_t tags_left, numbers_left, text_left;
} batch_t;

static JSValue broken(JSContext *ctx)
{
    return JS_ThrowInternalError(ctx, "a batch of rows is damaged");
}

/* Opens the batch that stands in bytes; throws and gives false where there is none. The bytes are the caller's, and
 * nothing may change or free them while the batch is walked: a copy that no guest code knows. */
static bool open_batch(JSContext *ctx, JSValueConst value, batch_t *batch)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, value, false, &len);
    const cb_batch_header_t *header = &batch->header;
    uint64_t at = sizeof *header;

    if (!bytes)
        return false;
    if (len < sizeof *header) {
        broken(ctx);
        return false;
    }
    memcpy(&batch->header, bytes, sizeof *header);
    batch->numbers = bytes + at;
    at += (uint64_t)header->numbers * 8;
    batch->rows = bytes + at;
    at += (uint64_t)header->rows * sizeof(cb_batch_row_t);
    batch->tags = bytes + at;
    at += header->tags_len;
    batch->text = bytes + at;
    at += header->text_len;
    batch->trailer = bytes + at;
    at += header->trailer_len;
    batch->tags_left = header->tags_len;
    batch->numbers_left = header->numbers;
    batch->text_left = header->text_len;
    if (at == len)
        return true;
    broken(ctx);
    return false;
}

static bool next_row(batch_t *batch, cb_batch_row_t *row)
{
    memcpy(row, batch->rows, sizeof *row);
    batch->rows += sizeof *row;
    return row->number < CB_ROWS_MAX && row->tags_len <= batch->tags_left;
}

static bool next_number(batch_t *batch, double *number)
{
    if (batch->numbers_left == 0)
        return false;
    memcpy(number, batch->numbers, 8);
    batch->numbers += 8;
    batch->numbers_left--;
    return true;
}

static JSValue next_string(JSContext *ctx, batch_t *batch)
{
    const uint8_t *end = memchr(batch->text, 0, batch->text_left);
    JSValue string;

    if (!end)
        return broken(ctx);
    string = JS_NewStringLen(ctx, (const char *)batch->text, (size_t)(end - batch->text));
    batch->text_left -= (size_t)(end + 1 - batch->text);
    batch->text = end + 1;
    return string;
}

static bool skip_string(JSContext *ctx, batch_t *batch)
{
    JSValue string = next_string(ctx, batch);

    JS_FreeValue(ctx, string);
    return !JS_IsException(string);
}

static uint32_t next_u16(batch_t *batch)
{
    uint32_t value = batch->tags[0] | (uint32_t)batch->tags[1] << 8;

    batch->tags += 2;
    batch->tags_left -= 2;
    return value;
}

static JSValue number_value(JSContext *ctx, double number)
{
    int32_t whole = (int32_t)number;

    /* Not for minus zero, which is no int32. */
    return whole == number && (whole != 0 || !signbit(number)) ? JS_NewInt32(ctx, whole) : JS_NewFloat64(ctx, number);
}

/* The value of a cell by its tag; JS_UNINITIALIZED for one that has none. */
static JSValue cell_value(JSContext *ctx, batch_t *batch, uint8_t tag, bool dates)
{
    double number;

    switch (tag) {
    case CB_CELL_EMPTY:
        return JS_UNINITIALIZED;
    case CB_CELL_NUMBER:
        return next_number(batch, &number) ? number_value(ctx, number) : broken(ctx);
    case CB_CELL_STRING:
    case CB_CELL_ERROR:
        return next_string(ctx, batch);
    case CB_CELL_FALSE:
        return JS_FALSE;
    case CB_CELL_TRUE:
        return JS_TRUE;
    case CB_CELL_DATE:
        if (!next_number(batch, &number))
            return broken(ctx);
        return dates ? JS_NewDate(ctx, cb_serial_to_ms(number)) : number_value(ctx, number);
    default:
        return broken(ctx);
    }
}

/* A row's values. `room` has a place for each column that there can be, and stays the caller's. */
typedef struct {
    JSValue *values;
    uint32_t count;
} row_values_t;

static void drop_values(JSContext *ctx, row_values_t *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        JS_FreeValue(ctx, row->values[i]);
    row->count = 0;
}

/* Reads the values of a row, empty ones as JS_UNINITIALIZED. False where it threw. */
static bool read_row(JSContext *ctx, batch_t *batch, uint32_t tags_len, row_values_t *row, bool dates)
{
    const uint8_t *end = batch->tags + tags_len;

    row->count = 0;
    while (batch->tags < end) {
        uint8_t tag = *batch->tags++;
        uint32_t empty = 0;

        batch->tags_left--;
        if ((tag == CB_CELL_SKIP || tag == CB_CELL_FORMAT) && batch->tags + 2 <= end)
            empty = next_u16(batch);
        if (tag == CB_CELL_FORMULA && !skip_string(ctx, batch))
            return false;
        if (tag == CB_CELL_FORMAT || tag == CB_CELL_FORMULA)
            continue;
        if (row->count + (tag == CB_CELL_SKIP ? empty : 1) > CB_COLUMNS_MAX) {
            broken(ctx);
            return false;
        }
        if (tag == CB_CELL_SKIP) {
            while (empty--)
                row->values[row->count++] = JS_UNINITIALIZED;
            continue;
        }
        row->values[row->count] = cell_value(ctx, batch, tag, dates);
        if (JS_IsException(row->values[row->count++]))
            return false;
    }
    return true;
}

/* An array of a row's values, which it takes. */
static JSValue array_row(JSContext *ctx, row_values_t *row, JSValueConst empty)
{
    uint32_t count = row->count;

    for (uint32_t i = 0; i < count; i++)
        if (JS_IsUninitialized(row->values[i]))
            row->values[i] = JS_DupValue(ctx, empty);
    row->count = 0;
    return JS_NewArrayFrom(ctx, (int)count, row->values);
}

/* An object of a row's values by the keys of their columns, which it takes. Where `empty` is undefined, cells without a
 * value are left out. Columns beyond the last key are too. */
static JSValue object_row(JSContext *ctx, row_values_t *row, const JSAtom *keys, uint32_t key_count, JSValueConst empty)
{
    JSValue object = JS_NewObject(ctx);

    for (uint32_t i = 0; i < key_count && !JS_IsException(object); i++) {
        bool there = i < row->count && !JS_IsUninitialized(row->values[i]);
        JSValue value = there ? row->values[i] : JS_DupValue(ctx, empty);

        if (there)
            row->values[i] = JS_UNDEFINED;
        if (keys[i] == JS_ATOM_NULL || (!there && JS_IsUndefined(value)))
            JS_FreeValue(ctx, value);
        else if (JS_DefinePropertyValue(ctx, object, keys[i], value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            object = JS_EXCEPTION;
        }
    }
    drop_values(ctx, row);
    return object;
}

/* The atoms of an array of keys; NULL is a key that no value is wanted of. They are the caller's. */
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

/* The rows of a batch, as objects where there are keys, else as arrays. */
static JSValue make_rows(JSContext *ctx, batch_t *batch, const JSAtom *keys, uint32_t key_count, JSValueConst empty,
                         bool dates)
{
    row_values_t row = { js_malloc(ctx, CB_COLUMNS_MAX * sizeof(JSValue)), 0 };
    JSValue rows = JS_NewArray(ctx);

    for (uint32_t i = 0; row.values && i < batch->header.rows && !JS_IsException(rows); i++) {
        cb_batch_row_t next;
        JSValue made = JS_EXCEPTION;

        if (!next_row(batch, &next))
            broken(ctx);
        else if (read_row(ctx, batch, next.tags_len, &row, dates))
            made = keys ? object_row(ctx, &row, keys, key_count, empty) : array_row(ctx, &row, empty);
        if (JS_IsException(made) || JS_DefinePropertyValueUint32(ctx, rows, i, made, JS_PROP_C_W_E) < 0) {
            drop_values(ctx, &row);
            JS_FreeValue(ctx, rows);
            rows = JS_EXCEPTION;
        }
    }
    if (!row.values) {
        JS_FreeValue(ctx, rows);
        rows = JS_EXCEPTION;
    }
    js_free(ctx, row.values);
    return rows;
}

/* rows(batch, keys, empty, dates) -> the rows of a batch: objects by `keys` (an array; what is no string in it is a column
 * that is not wanted), or arrays where that is undefined. `empty` stands for a cell without a value. */
static JSValue cells_rows(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    bool objects = JS_IsArray(argv[1]);
    uint32_t key_count = 0;
    JSAtom *keys = objects ? read_keys(ctx, argv[1], &key_count) : NULL;
    JSValue rows = JS_EXCEPTION;
    batch_t batch;

    (void)this_value, (void)argc;
    if (objects && !keys)
        return JS_EXCEPTION;
    if (open_batch(ctx, argv[0], &batch))
        rows = make_rows(ctx, &batch, keys, key_count, argv[2], JS_ToBool(ctx, argv[3]) > 0);
    if (keys)
        drop_keys(ctx, keys, key_count);
    return rows;
}

/* numbers(batch) -> the numbers of its rows, from 0. */
static JSValue cells_numbers(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    batch_t batch;
    JSValue numbers;

    (void)this_value, (void)argc;
    if (!open_batch(ctx, argv[0], &batch))
        return JS_EXCEPTION;
    numbers = JS_NewArray(ctx);
    for (uint32_t i = 0; i < batch.header.rows && !JS_IsException(numbers); i++) {
        cb_batch_row_t row;

        next_row(&batch, &row);
        if (JS_DefinePropertyValueUint32(ctx, numbers, i, JS_NewUint32(ctx, row.number), JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, numbers);
            return JS_EXCEPTION;
        }
    }
    return numbers;
}

/* trailer(batch) -> what is known of the sheet at its end, parsed from JSON; undefined where the batch is not the last. */
static JSValue cells_trailer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    batch_t batch;
    char *text;
    JSValue trailer;

    (void)this_value, (void)argc;
    if (!open_batch(ctx, argv[0], &batch))
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
};
const cb_binding_t cb_cells_binding = { "cells", functions, sizeof functions / sizeof *functions };
