/* Hexadecimal digits, both ways, sixteen bytes at a time where nothing odd is among them. */
#include <wasm_simd128.h>

#include "codecs.h"

static const char digits[] = "0123456789abcdef";

void cb_hex_encode(const uint8_t *bytes, size_t len, uint8_t *to)
{
    const v128_t table = wasm_v128_load(digits);
    size_t at = 0;

    for (; len - at >= 16; at += 16) {
        v128_t chunk = wasm_v128_load(bytes + at);
        v128_t high = wasm_i8x16_swizzle(table, wasm_u8x16_shr(chunk, 4));
        v128_t low = wasm_i8x16_swizzle(table, wasm_v128_and(chunk, wasm_i8x16_splat(15)));
        wasm_v128_store(to + 2 * at, wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        wasm_v128_store(to + 2 * at + 16,
                        wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    }
    for (; at < len; at++) {
        to[2 * at] = (uint8_t)digits[bytes[at] >> 4];
        to[2 * at + 1] = (uint8_t)digits[bytes[at] & 15];
    }
}

static int digit(uint32_t unit)
{
    if (unit - '0' < 10)
        return (int)(unit - '0');
    return (unit | 0x20) - 'a' < 6 ? (int)((unit | 0x20) - 'a' + 10) : -1;
}

/* Sixteen digits to eight bytes; false where one is none. */
static bool decode_chunk(const uint8_t *units, uint8_t *to)
{
    v128_t chunk = wasm_v128_load(units), small = wasm_v128_or(chunk, wasm_i8x16_splat(0x20)), values, pairs;
    v128_t number = wasm_u8x16_lt(wasm_i8x16_sub(chunk, wasm_i8x16_splat('0')), wasm_i8x16_splat(10));
    v128_t letter = wasm_u8x16_lt(wasm_i8x16_sub(small, wasm_i8x16_splat('a')), wasm_i8x16_splat(6));

    if (!wasm_i8x16_all_true(wasm_v128_or(number, letter)))
        return false;
    values = wasm_v128_bitselect(wasm_i8x16_sub(chunk, wasm_i8x16_splat('0')),
                                 wasm_i8x16_sub(small, wasm_i8x16_splat('a' - 10)), number);
    /* In each pair the first digit is the low byte of a lane of sixteen bits. */
    pairs = wasm_v128_or(wasm_i16x8_shl(values, 4), wasm_u16x8_shr(values, 8));
    pairs = wasm_v128_and(pairs, wasm_i16x8_splat(0xFF));
    wasm_v128_store64_lane(to, wasm_u8x16_narrow_i16x8(pairs, pairs), 0);
    return true;
}

size_t cb_hex_decode(const cb_string_t *string, uint8_t *to, size_t room)
{
    size_t pairs = string->len / 2 < room ? string->len / 2 : room, written = 0;

    while (!string->wide && pairs - written >= 8 && decode_chunk(string->latin1 + 2 * written, to + written))
        written += 8;
    for (; written < pairs; written++) {
        size_t at = 2 * written;
        int high = digit(string->wide ? string->utf16[at] : string->latin1[at]);
        int low = digit(string->wide ? string->utf16[at + 1] : string->latin1[at + 1]);
        if (high < 0 || low < 0)
            break;
        to[written] = (uint8_t)(high << 4 | low);
    }
    return written;
}
