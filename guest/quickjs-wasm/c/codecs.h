/* Between the units of strings and bytes (utf8.c, base64.c, hex.c), and finding bytes (search.c). Plain loops over memory that is the caller's to
 * provide, with nothing of the engine in them. */
#ifndef CB_CODECS_H
#define CB_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine_unit.h"

/* How many of the bytes, from the first on, are ASCII. */
size_t cb_ascii_prefix(const uint8_t *bytes, size_t len);

/* What a text in UTF-8 becomes: how many units, whether one of them needs 16 bits, whether all of it was UTF-8. What is
 * not is replaced by U+FFFD, one for each maximal part, as the Encoding Standard says. */
typedef struct {
    size_t units;
    bool wide, valid;
} cb_utf8_facts_t;

cb_utf8_facts_t cb_utf8_scan(const uint8_t *bytes, size_t len);
void cb_utf8_to_latin1(const uint8_t *bytes, size_t len, uint8_t *units);
void cb_utf8_to_utf16(const uint8_t *bytes, size_t len, uint16_t *units);

size_t cb_utf8_length(const cb_string_t *string);
/* Writes whole characters while there is room; a lone surrogate is written as U+FFFD. `read` counts units. */
size_t cb_utf8_write(const cb_string_t *string, uint8_t *to, size_t room, size_t *read);

size_t cb_base64_length(size_t len, bool url);
void cb_base64_encode(const uint8_t *bytes, size_t len, bool url, uint8_t *to);
/* Reads both alphabets, passes over what is in neither, and stops at `=`: as Node does. Gives the bytes written. */
size_t cb_base64_decode(const cb_string_t *string, uint8_t *to, size_t room);
/* As atob reads it; false for what is no base64. */
bool cb_base64_forgiving(const cb_string_t *string, uint8_t *to, size_t *written);

void cb_hex_encode(const uint8_t *bytes, size_t len, uint8_t *to);
/* Stops at the first pair that is not two digits. Gives the bytes written. */
size_t cb_hex_decode(const cb_string_t *string, uint8_t *to, size_t room);

/* How many bytes are the same, from the first on. */
size_t cb_same_prefix(const uint8_t *one, const uint8_t *other, size_t len);
/* The first place of `what`, which is not empty, or NULL. */
const uint8_t *cb_find(const uint8_t *bytes, size_t len, const uint8_t *what, size_t what_len);

/* Where the bytes `what` begin, at `from` or behind it, or, backwards, at `from` or before it; only multiples of `step`
 * (1 or 2) count. -1 where they are not. Its time grows with the sum of the lengths, not with their product. */
int64_t cb_search(const uint8_t *bytes, size_t len, size_t from, const uint8_t *what, size_t what_len, size_t step,
                  bool backwards);

#endif
