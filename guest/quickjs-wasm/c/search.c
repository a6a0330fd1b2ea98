/* Comparing and finding bytes, sixteen at a time. */
#include <string.h>
#include <wasm_simd128.h>

#include "codecs.h"
#include "guest.h"

size_t cb_same_prefix(const uint8_t *one, const uint8_t *other, size_t len)
{
    size_t at = 0;

    for (; len - at >= 16; at += 16) {
        v128_t same = wasm_i8x16_eq(wasm_v128_load(one + at), wasm_v128_load(other + at));
        uint32_t differs = ~wasm_i8x16_bitmask(same) & 0xFFFF;
        if (differs)
            return at + (size_t)__builtin_ctz(differs);
    }
    while (at < len && one[at] == other[at])
        at++;
    return at;
}

/* Places where the first and the last byte fit are compared in full. Where too many of those differ after all, as in a
 * text of one letter, the C library goes on: it is slower, but never takes time with the product of both lengths. */
const uint8_t *cb_find(const uint8_t *bytes, size_t len, const uint8_t *what, size_t what_len)
{
    const v128_t first = wasm_u8x16_splat(what[0]), last = wasm_u8x16_splat(what[what_len - 1]);
    size_t at = 0, compared = 0;

    for (; compared <= len && len - at >= what_len + 15; at += 16) {
        v128_t begins = wasm_i8x16_eq(wasm_v128_load(bytes + at), first);
        v128_t ends = wasm_i8x16_eq(wasm_v128_load(bytes + at + what_len - 1), last);
        uint32_t places = wasm_i8x16_bitmask(wasm_v128_and(begins, ends));
        for (; places; places &= places - 1) {
            const uint8_t *place = bytes + at + __builtin_ctz(places);
            size_t same = cb_same_prefix(place, what, what_len);
            if (same == what_len)
                return place;
            compared += same + 16;
        }
    }
    return memmem(bytes + at, len - at, what, what_len);
}

/* A text of units of one or two bytes, read in either direction. */
typedef struct {
    const uint8_t *bytes;
    size_t units, step;
    bool backwards;
} text_t;

static uint32_t unit_at(const text_t *text, size_t index)
{
    const uint8_t *at = text->bytes + (text->backwards ? text->units - 1 - index : index) * text->step;

    return text->step == 1 ? at[0] : (uint32_t)(at[0] | at[1] << 8);
}

/* Knuth, Morris and Pratt's: for each place in `what`, how much of its beginning ends there. */
static void borders_of(const text_t *what, uint32_t *borders)
{
    uint32_t same = 0;

    borders[0] = 0;
    for (size_t i = 1; i < what->units; i++) {
        while (same && unit_at(what, i) != unit_at(what, same))
            same = borders[same - 1];
        same += unit_at(what, i) == unit_at(what, same);
        borders[i] = same;
    }
}

static int64_t search_in_line(const text_t *text, const text_t *what, const uint32_t *borders)
{
    uint32_t same = 0;

    for (size_t i = 0; i < text->units; i++) {
        while (same && unit_at(text, i) != unit_at(what, same))
            same = borders[same - 1];
        same += unit_at(text, i) == unit_at(what, same);
        if (same == what->units)
            return (int64_t)(i + 1 - same);
    }
    return -1;
}

/* The plain way, until it has compared more units than there are: then -2. */
static int64_t search_plainly(const text_t *text, const text_t *what)
{
    size_t compared = 0, last = text->units - what->units;

    for (size_t i = 0; i <= last; i++) {
        size_t same = 0;
        while (same < what->units && unit_at(text, i + same) == unit_at(what, same))
            same++;
        if (same == what->units)
            return (int64_t)i;
        compared += same;
        if (compared > text->units)
            return -2;
    }
    return -1;
}

int64_t cb_search(const uint8_t *bytes, size_t len, size_t from, const uint8_t *what, size_t what_len, size_t step,
                  bool backwards)
{
    text_t text = { bytes, len / step, step, backwards }, sought = { what, what_len / step, step, backwards };
    size_t skipped = from / step;
    uint32_t *borders;
    int64_t place;

    if (!sought.units || sought.units > text.units || (!backwards && skipped > text.units - sought.units))
        return -1;
    if (step == 1 && !backwards) {
        const uint8_t *found = cb_find(bytes + from, len - from, what, what_len);
        return found ? found - bytes : -1;
    }
    if (!backwards) {
        text.bytes += skipped * step;
        text.units -= skipped;
    } else {
        skipped = 0;
        if (from / step < text.units - sought.units)
            text.units = from / step + sought.units;
    }
    place = search_plainly(&text, &sought);
    if (place == -2) {
        borders = cb_allocate(sought.units * sizeof *borders);
        if (!borders)
            return -1;
        borders_of(&sought, borders);
        place = search_in_line(&text, &sought, borders);
        cb_release(borders);
    }
    if (place < 0)
        return -1;
    return (int64_t)((backwards ? text.units - sought.units - (size_t)place : (size_t)place + skipped) * step);
}
