/* Rows of JavaScript values, made into batches for the host. */
#include <string.h>

#include "codecs.h"
#include "cells.h"
#include "guest.h"

/* A batch ends with the row that brings it to this size. */
#define BATCH_BYTES (1024 * 1024)

/* A batch on its way out: its parts grow side by side, outside of the JavaScript heap. */
typedef struct {
    cb_text_t numbers, rows, tags, text;
    uint32_t number_count, row_count, string_count, columns_empty;
} batch_out_t;

static void drop_batch(batch_out_t *batch)
{
    cb_release(batch->numbers.bytes);
    cb_release(batch->rows.bytes);
    cb_release(batch->tags.bytes);
    cb_release(batch->text.bytes);
}

static void put_tag(batch_out_t *batch, uint8_t tag)
{
    cb_text_put(&batch->tags, &tag, 1);
}

static void put_tag_u16(batch_out_t *batch, uint8_t tag, uint32_t value)
{
    uint8_t bytes[3] = { tag, (uint8_t)value, (uint8_t)(value >> 8) };

    cb_text_put(&batch->tags, bytes, sizeof bytes);
}

static void put_number(batch_out_t *batch, uint8_t tag, double number)
{
    put_tag(batch, tag);
    cb_text_put(&batch->numbers, &number, sizeof number);
    batch->number_count++;
}

static bool has_room(const batch_out_t *batch)
{
    size_t len = batch->numbers.len + batch->rows.len + batch->tags.len + batch->text.len;

    return len < BATCH_BYTES && !batch->text.failed && !batch->tags.failed && !batch->numbers.failed;
}

/* Puts a string, in UTF-8 and with a NUL behind it. A NUL of its own, which no spreadsheet has, becomes U+FFFD. */
static bool put_string(JSContext *ctx, batch_out_t *batch, uint8_t tag, JSValueConst value)
{
    static const uint8_t replacement[3] = { 0xef, 0xbf, 0xbd };
    cb_string_t string;
    size_t len, read, from = 0;
    uint8_t *bytes;

    if (!cb_engine_string(ctx, value, &string))
        return false;
    len = cb_utf8_length(&string);
    bytes = js_malloc(ctx, len + 1);
    if (bytes)
        len = cb_utf8_write(&string, bytes, len, &read);
    JS_FreeValue(ctx, string.owner);
    if (!bytes)
        return false;
    bytes[len] = 0;
    for (uint8_t *nul; (nul = memchr(bytes + from, 0, len - from)); from = (size_t)(nul + 1 - bytes)) {
        cb_text_put(&batch->text, bytes + from, (size_t)(nul - bytes) - from);
        cb_text_put(&batch->text, replacement, sizeof replacement);
    }
    cb_text_put(&batch->text, bytes + from, len + 1 - from);
    js_free(ctx, bytes);
    put_tag(batch, tag);
    batch->string_count++;
    return true;
}

/* Columns without a cell come before the next one that has one, or not at all. */
static void put_skipped(batch_out_t *batch)
{
    if (batch->columns_empty)
        put_tag_u16(batch, CB_CELL_SKIP, batch->columns_empty);
    batch->columns_empty = 0;
}

static bool put_date(JSContext *ctx, batch_out_t *batch, JSValueConst date)
{
    double ms;

    if (JS_ToFloat64(ctx, &ms, date))
        return false;
    put_number(batch, CB_CELL_DATE, cb_serial_of_ms(ms));
    return true;
}

/* A value that is not undefined, null, or an object of ours. */
static bool put_plain(JSContext *ctx, batch_out_t *batch, JSValueConst value)
{
    double number;
    JSValue text;
    bool done;

    if (JS_IsString(value))
        return put_string(ctx, batch, CB_CELL_STRING, value);
    if (JS_IsBool(value)) {
        put_tag(batch, JS_ToBool(ctx, value) ? CB_CELL_TRUE : CB_CELL_FALSE);
        return true;
    }
    if (JS_IsNumber(value)) {
        JS_ToFloat64(ctx, &number, value);
        put_number(batch, CB_CELL_NUMBER, number);
        return true;
    }
    if (JS_IsDate(value))
        return put_date(ctx, batch, value);
    text = JS_ToString(ctx, value);
    done = !JS_IsException(text) && put_string(ctx, batch, CB_CELL_STRING, text);
    JS_FreeValue(ctx, text);
    return done;
}

static bool put_formula(JSContext *ctx, batch_out_t *batch, JSValueConst cell)
{
    JSValue formula = JS_GetPropertyStr(ctx, cell, "f");
    bool done = !JS_IsException(formula) && (!JS_IsString(formula) || put_string(ctx, batch, CB_CELL_FORMULA, formula));

    JS_FreeValue(ctx, formula);
    return done;
}

static bool put_style(JSContext *ctx, batch_out_t *batch, JSValueConst cell)
{
    JSValue style = JS_GetPropertyStr(ctx, cell, "style");
    uint32_t index = 0;
    bool done = !JS_IsException(style);

    if (done && JS_IsNumber(style))
        done = JS_ToUint32(ctx, &index, style) == 0;
    if (index)
        put_tag_u16(batch, CB_CELL_FORMAT, index & 0xffff);
    JS_FreeValue(ctx, style);
    return done;
}

/* A cell that a module of ours described: { v, f, style, error, date }, each of which may be missing. `error` says that v
 * is the text of an error, `date` that it is a day's number. */
static bool put_described(JSContext *ctx, batch_out_t *batch, JSValueConst cell)
{
    JSValue value = JS_UNDEFINED, error = JS_UNDEFINED, date = JS_UNDEFINED;
    bool done = put_style(ctx, batch, cell) && put_formula(ctx, batch, cell);
    double number;

    if (done) {
        value = JS_GetPropertyStr(ctx, cell, "v");
        error = JS_GetPropertyStr(ctx, cell, "error");
        date = JS_GetPropertyStr(ctx, cell, "date");
        done = !JS_IsException(value) && !JS_IsException(error) && !JS_IsException(date);
    }
    if (!done)
        ;
    else if (JS_IsUndefined(value) || JS_IsNull(value))
        put_tag(batch, CB_CELL_EMPTY);
    else if (JS_IsString(value) && JS_ToBool(ctx, error) > 0)
        done = put_string(ctx, batch, CB_CELL_ERROR, value);
    else if (JS_IsNumber(value) && JS_ToBool(ctx, date) > 0) {
        JS_ToFloat64(ctx, &number, value);
        put_number(batch, CB_CELL_DATE, number);
    } else
        done = put_plain(ctx, batch, value);
    JS_FreeValue(ctx, value);
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, date);
    return done;
}

static bool put_value(JSContext *ctx, batch_out_t *batch, JSValueConst value)
{
    if (JS_IsUndefined(value) || JS_IsNull(value)) {
        batch->columns_empty++;
        return true;
    }
    put_skipped(batch);
    if (JS_IsObject(value) && !JS_IsDate(value))
        return put_described(ctx, batch, value);
    return put_plain(ctx, batch, value);
}

/* Puts a row, an array. One without cells is none of the batch. */
static bool put_row(JSContext *ctx, batch_out_t *batch, JSValueConst row, uint32_t number)
{
    size_t began = batch->tags.len;
    int64_t len;
    cb_batch_row_t entry;

    if (JS_GetLength(ctx, row, &len))
        return false;
    if (len > CB_COLUMNS_MAX) {
        JS_ThrowRangeError(ctx, "a row has %d cells at the most", CB_COLUMNS_MAX);
        return false;
    }
    batch->columns_empty = 0;
    for (uint32_t i = 0; i < len; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, row, i);
        bool done = !JS_IsException(value) && put_value(ctx, batch, value);

        JS_FreeValue(ctx, value);
        if (!done)
            return false;
    }
    if (batch->tags.len == began)
        return true;
    entry = (cb_batch_row_t){ number, (uint32_t)(batch->tags.len - began) };
    cb_text_put(&batch->rows, &entry, sizeof entry);
    batch->row_count++;
    return true;
}

/* The batch as one buffer, with `trailer` at its end. */
static JSValue join(JSContext *ctx, batch_out_t *batch, const uint8_t *trailer, size_t trailer_len)
{
    const cb_text_t *parts[] = { &batch->numbers, &batch->rows, &batch->tags, &batch->text };
    cb_batch_header_t header = {
        0, batch->row_count, (uint32_t)batch->tags.len, batch->number_count, batch->string_count,
        (uint32_t)batch->text.len, (uint32_t)trailer_len, 0,
    };
    size_t len = sizeof header + trailer_len;
    uint8_t *bytes, *at;
    bool failed = false;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        len += parts[i]->len;
        failed |= parts[i]->failed;
    }
    if (failed)
        return JS_ThrowOutOfMemory(ctx);
    bytes = at = js_malloc(ctx, len);
    if (!bytes)
        return JS_EXCEPTION;
    memcpy(at, &header, sizeof header);
    at += sizeof header;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i]->len)
            memcpy(at, parts[i]->bytes, parts[i]->len);
        at += parts[i]->len;
    }
    if (trailer_len)
        memcpy(at, trailer, trailer_len);
    return cb_engine_new_buffer(ctx, bytes, len);
}

/* encode(rows, from, number, trailer) -> [a buffer with a batch, how many rows it took]. `rows` is an array of arrays, of
 * which those from the index `from` on are taken, as many as fit; the first of them is the sheet's row `number`. A cell is
 * a string, number, boolean or Date, nothing (undefined, null), or an object as put_described takes it. `trailer` are the
 * bytes of what comes with them. */
JSValue cb_cells_encode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    batch_out_t batch = { 0 };
    uint32_t from, number, taken = 0;
    int64_t len;
    JSValue buffer, pair[2];
    size_t trailer_len = 0;
    const uint8_t *trailer = NULL;
    bool done;

    (void)this_value, (void)argc;
    if (JS_ToUint32(ctx, &from, argv[1]) || JS_ToUint32(ctx, &number, argv[2]) || JS_GetLength(ctx, argv[0], &len))
        return JS_EXCEPTION;
    done = true;
    while (done && from + taken < len && taken < CB_ROWS_MAX && has_room(&batch)) {
        JSValue row = JS_GetPropertyUint32(ctx, argv[0], from + taken);

        done = !JS_IsException(row) && put_row(ctx, &batch, row, number + taken);
        JS_FreeValue(ctx, row);
        taken++;
    }
    if (done && !JS_IsUndefined(argv[3]))
        done = (trailer = cb_engine_bytes(ctx, argv[3], false, &trailer_len)) != NULL;
    buffer = done ? join(ctx, &batch, trailer, trailer_len) : JS_EXCEPTION;
    drop_batch(&batch);
    if (JS_IsException(buffer))
        return JS_EXCEPTION;
    pair[0] = buffer;
    pair[1] = JS_NewUint32(ctx, taken);
    return JS_NewArrayFrom(ctx, 2, pair);
}
