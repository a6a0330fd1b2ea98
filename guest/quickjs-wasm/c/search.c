/* Comparing and finding bytes, sixteen at a time. */
#include <string.h>
#include <wasm_simd128.h>

#include "codecs.h"

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
