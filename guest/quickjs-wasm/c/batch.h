/* Batches of rows, as they cross between guest and host. host/capabilities/xlsx/batch.py says what is in one. */
#ifndef CB_BATCH_H
#define CB_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quickjs.h"

enum {
    CB_CELL_EMPTY,
    CB_CELL_NUMBER,
    CB_CELL_STRING,
    CB_CELL_FALSE,
    CB_CELL_TRUE,
    CB_CELL_ERROR,
    CB_CELL_DATE,
    CB_CELL_SKIP,
    CB_CELL_FORMULA,
    CB_CELL_FORMAT,
};

#define CB_BATCH_LAST 1
#define CB_COLUMNS_MAX 16384
#define CB_ROWS_MAX 1048576

/* What a batch begins with; all numbers are little-endian, as WebAssembly's are. */
typedef struct {
    uint32_t flags, rows, tags_len, numbers, strings, text_len, trailer_len, unused;
} cb_batch_header_t;

typedef struct {
    uint32_t number, tags_len;
} cb_batch_row_t;

/* A batch that is walked from its front. */
typedef struct {
    cb_batch_header_t header;
    const uint8_t *numbers, *rows, *tags, *row_end, *text, *trailer;
    size_t numbers_left, text_left;
    uint32_t rows_left, row, column;
} cb_batch_t;

/* A cell: where it is, what it is, the index of its format, and what it has. Both values are the caller's; they are
 * JS_UNINITIALIZED where there is none. */
typedef struct {
    uint32_t column, format;
    uint8_t tag;
    JSValue value, formula;
} cb_cell_t;

/* Opens the batch that stands in the bytes of a buffer; throws and gives false where there is none. The batch points
 * into them: nothing may change or free them meanwhile, so they are no bytes that guest code knows. */
bool cb_batch_open(JSContext *ctx, JSValueConst bytes, cb_batch_t *batch);
/* Goes to the next row. 1: there is one, 0: there is none, -1: it threw. */
int cb_batch_next_row(JSContext *ctx, cb_batch_t *batch);
/* The next cell of the row, with dates as Date or as numbers. 1: there is one, 0: there is none, -1: it threw. */
int cb_batch_next_cell(JSContext *ctx, cb_batch_t *batch, bool dates, cb_cell_t *cell);
/* The day's number of milliseconds since 1970: there was no 29th of February 1900, but it has the number 60. */
double cb_serial_of_ms(double ms);

#endif
