/* Walking a batch from its front: the next row, the next tag, the next number, the next string. Where one of them is
 * used up before the tags are, the batch is not one of the host's, and that is an error and nothing worse. */
#include <math.h>
#include <string.h>

#include "batch.h"
#include "guest.h"

#define DAY_MS 86400000.0
#define EPOCH_SERIAL 25569.0

static double ms_of_serial(double serial)
{
    return floor(((serial < 60 ? serial + 1 : serial) - EPOCH_SERIAL) * DAY_MS + 0.5);
}

double cb_serial_of_ms(double ms)
{
    double serial = ms / DAY_MS + EPOCH_SERIAL;

    return serial < 61 ? serial - 1 : serial;
}

static int broken(JSContext *ctx)
{
    JS_ThrowInternalError(ctx, "a batch of rows is damaged");
    return -1;
}

bool cb_batch_open(JSContext *ctx, JSValueConst value, cb_batch_t *batch)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, value, false, &len);
    const cb_batch_header_t *header = &batch->header;
    uint64_t at = sizeof *header;

    if (!bytes)
        return false;
    memset(batch, 0, sizeof *batch);
    if (len >= sizeof *header)
        memcpy(&batch->header, bytes, sizeof *header);
    at += (uint64_t)header->numbers * 8 + (uint64_t)header->rows * sizeof(cb_batch_row_t);
    at += (uint64_t)header->tags_len + header->text_len + header->trailer_len;
    if (at != len) {
        broken(ctx);
        return false;
    }
    batch->numbers = bytes + sizeof *header;
    batch->rows = batch->numbers + header->numbers * 8;
    batch->tags = batch->rows + header->rows * sizeof(cb_batch_row_t);
    batch->text = batch->tags + header->tags_len;
    batch->trailer = batch->text + header->text_len;
    batch->row_end = batch->tags;
    batch->numbers_left = header->numbers;
    batch->text_left = header->text_len;
    batch->rows_left = header->rows;
    return true;
}

int cb_batch_next_row(JSContext *ctx, cb_batch_t *batch)
{
    cb_batch_row_t row;
    const uint8_t *tags_end = batch->trailer - batch->header.text_len;

    if (batch->rows_left == 0)
        return 0;
    memcpy(&row, batch->rows, sizeof row);
    batch->rows += sizeof row;
    batch->rows_left--;
    batch->tags = batch->row_end;
    if (row.number >= CB_ROWS_MAX || row.tags_len > (size_t)(tags_end - batch->tags))
        return broken(ctx);
    batch->row_end = batch->tags + row.tags_len;
    batch->row = row.number;
    batch->column = 0;
    return 1;
}

static JSValue next_number(JSContext *ctx, cb_batch_t *batch, bool date)
{
    double number;
    int32_t whole;

    if (batch->numbers_left == 0)
        return broken(ctx), JS_EXCEPTION;
    memcpy(&number, batch->numbers, 8);
    batch->numbers += 8;
    batch->numbers_left--;
    if (date)
        return JS_NewDate(ctx, ms_of_serial(number));
    /* Nothing beyond an int32 may be made one, and minus zero is none. */
    whole = fabs(number) <= INT32_MAX ? (int32_t)number : 0;
    return whole == number && (whole != 0 || !signbit(number)) ? JS_NewInt32(ctx, whole) : JS_NewFloat64(ctx, number);
}

static JSValue next_string(JSContext *ctx, cb_batch_t *batch)
{
    const uint8_t *end = batch->text_left ? memchr(batch->text, 0, batch->text_left) : NULL;
    JSValue string;

    if (!end)
        return broken(ctx), JS_EXCEPTION;
    string = JS_NewStringLen(ctx, (const char *)batch->text, (size_t)(end - batch->text));
    batch->text_left -= (size_t)(end + 1 - batch->text);
    batch->text = end + 1;
    return string;
}

static JSValue cell_value(JSContext *ctx, cb_batch_t *batch, uint8_t tag, bool dates)
{
    switch (tag) {
    case CB_CELL_EMPTY:
        return JS_UNINITIALIZED;
    case CB_CELL_NUMBER:
        return next_number(ctx, batch, false);
    case CB_CELL_STRING:
    case CB_CELL_ERROR:
        return next_string(ctx, batch);
    case CB_CELL_FALSE:
    case CB_CELL_TRUE:
        return JS_NewBool(ctx, tag == CB_CELL_TRUE);
    case CB_CELL_DATE:
        return next_number(ctx, batch, dates);
    default:
        return broken(ctx), JS_EXCEPTION;
    }
}

/* The number behind a tag; -1 where the row ends before it. */
static int32_t next_u16(cb_batch_t *batch)
{
    int32_t value;

    if (batch->row_end - batch->tags < 2)
        return -1;
    value = batch->tags[0] | batch->tags[1] << 8;
    batch->tags += 2;
    return value;
}

/* What stands before a cell: columns that are skipped, its format, its formula. False where it threw. */
static bool read_prefix(JSContext *ctx, cb_batch_t *batch, uint8_t tag, cb_cell_t *cell)
{
    int32_t number;

    if (tag == CB_CELL_FORMULA) {
        JS_FreeValue(ctx, cell->formula);
        cell->formula = next_string(ctx, batch);
        return !JS_IsException(cell->formula);
    }
    number = next_u16(batch);
    if (number < 0 || (tag == CB_CELL_SKIP && batch->column + (uint32_t)number >= CB_COLUMNS_MAX))
        return broken(ctx), false;
    if (tag == CB_CELL_SKIP)
        batch->column += (uint32_t)number;
    else
        cell->format = (uint32_t)number;
    return true;
}

int cb_batch_next_cell(JSContext *ctx, cb_batch_t *batch, bool dates, cb_cell_t *cell)
{
    cell->format = 0;
    cell->value = cell->formula = JS_UNINITIALIZED;
    while (batch->tags < batch->row_end) {
        uint8_t tag = *batch->tags++;

        if (tag == CB_CELL_SKIP || tag == CB_CELL_FORMAT || tag == CB_CELL_FORMULA) {
            if (read_prefix(ctx, batch, tag, cell))
                continue;
        } else if (batch->column >= CB_COLUMNS_MAX)
            broken(ctx);
        else {
            cell->tag = tag;
            cell->column = batch->column++;
            cell->value = cell_value(ctx, batch, tag, dates);
            if (!JS_IsException(cell->value))
                return 1;
        }
        JS_FreeValue(ctx, cell->formula);
        return -1;
    }
    JS_FreeValue(ctx, cell->formula);
    return 0;
}
