/* Batches of rows, as they cross between guest and host. host/capabilities/xlsx/batch.py says what is in one. */
#ifndef CB_BATCH_H
#define CB_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Milliseconds since 1970 of a day's number, and back. There was no 29th of February 1900, but it has the number 60. */
static inline double cb_serial_to_ms(double serial)
{
    double ms = ((serial < 60 ? serial + 1 : serial) - 25569.0) * 86400000.0;

    return __builtin_floor(ms + 0.5);
}

static inline double cb_ms_to_serial(double ms)
{
    double serial = ms / 86400000.0 + 25569.0;

    return serial < 61 ? serial - 1 : serial;
}

#endif
