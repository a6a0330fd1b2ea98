/* Base64, both alphabets, both ways: twelve bytes and sixteen characters at a time where nothing odd is among them. */
#include <string.h>
#include <wasm_simd128.h>

#include "codecs.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint8_t character(uint32_t value, bool url)
{
    value &= 63;
    if (url && value >= 62)
        return value == 62 ? '-' : '_';
    return (uint8_t)standard[value];
}

size_t cb_base64_length(size_t len, bool url)
{
    return url ? (len * 4 + 2) / 3 : (len + 2) / 3 * 4;
}

/* The characters of sixteen values below 64: each is the value and an offset that depends on its range. */
static v128_t characters(v128_t values, v128_t offsets)
{
    v128_t range = wasm_u8x16_sub_sat(values, wasm_i8x16_splat(51));
    v128_t upper = wasm_i8x16_lt(values, wasm_i8x16_splat(26));

    range = wasm_v128_or(range, wasm_v128_and(upper, wasm_i8x16_splat(13)));
    return wasm_i8x16_add(wasm_i8x16_swizzle(offsets, range), values);
}

static size_t encode_chunks(const uint8_t *bytes, size_t len, bool url, uint8_t *to)
{
    const int8_t digit = '0' - 52;
    const v128_t offsets = wasm_i8x16_make('a' - 26, digit, digit, digit, digit, digit, digit, digit, digit, digit,
                                           digit, url ? '-' - 62 : '+' - 62, url ? '_' - 63 : '/' - 63, 'A', 0, 0);
    size_t at = 0;

    /* Sixteen bytes are read for the twelve that are used. */
    for (; len - at >= 16; at += 12, to += 16) {
        v128_t chunk = wasm_v128_load(bytes + at);
        v128_t big = wasm_i8x16_shuffle(chunk, chunk, 2, 1, 0, 15, 5, 4, 3, 15, 8, 7, 6, 15, 11, 10, 9, 15);
        v128_t first = wasm_v128_and(wasm_u32x4_shr(big, 18), wasm_i32x4_splat(0x3F));
        v128_t second = wasm_v128_and(wasm_u32x4_shr(big, 4), wasm_i32x4_splat(0x3F00));
        v128_t third = wasm_v128_and(wasm_i32x4_shl(big, 10), wasm_i32x4_splat(0x3F0000));
        v128_t fourth = wasm_v128_and(wasm_i32x4_shl(big, 24), wasm_i32x4_splat(0x3F000000));
        v128_t values = wasm_v128_or(wasm_v128_or(first, second), wasm_v128_or(third, fourth));
        wasm_v128_store(to, characters(values, offsets));
    }
    return at;
}

void cb_base64_encode(const uint8_t *bytes, size_t len, bool url, uint8_t *to)
{
    size_t at = len < 16 ? 0 : encode_chunks(bytes, len, url, to);

    to += at / 3 * 4;
    for (; at < len; at += 3) {
        size_t left = len - at;
        uint32_t group = (uint32_t)bytes[at] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[at + 1] << 8;
        if (left > 2)
            group |= bytes[at + 2];
        *to++ = character(group >> 18, url);
        *to++ = character(group >> 12, url);
        if (left > 1)
            *to++ = character(group >> 6, url);
        else if (!url)
            *to++ = '=';
        if (left > 2)
            *to++ = character(group, url);
        else if (!url)
            *to++ = '=';
    }
}

static int value_of(uint32_t unit)
{
    if (unit - 'A' < 26)
        return (int)(unit - 'A');
    if (unit - 'a' < 26)
        return (int)(unit - 'a' + 26);
    if (unit - '0' < 10)
        return (int)(unit - '0' + 52);
    if (unit == '+' || unit == '-')
        return 62;
    return unit == '/' || unit == '_' ? 63 : -1;
}

static v128_t between(v128_t units, uint8_t first, uint8_t count)
{
    return wasm_u8x16_lt(wasm_i8x16_sub(units, wasm_u8x16_splat(first)), wasm_u8x16_splat(count));
}

static v128_t either(v128_t units, char one, char other)
{
    return wasm_v128_or(wasm_i8x16_eq(units, wasm_i8x16_splat(one)), wasm_i8x16_eq(units, wasm_i8x16_splat(other)));
}

/* Sixteen characters to twelve bytes, written as sixteen; false where one is in neither alphabet. */
static bool decode_chunk(const uint8_t *units, uint8_t *to)
{
    v128_t chunk = wasm_v128_load(units), values, low, high;
    v128_t upper = between(chunk, 'A', 26), lower = between(chunk, 'a', 26), digit = between(chunk, '0', 10);
    v128_t plus = either(chunk, '+', '-'), slash = either(chunk, '/', '_');
    v128_t known = wasm_v128_or(wasm_v128_or(upper, lower), wasm_v128_or(digit, wasm_v128_or(plus, slash)));

    if (!wasm_i8x16_all_true(known))
        return false;
    values = wasm_v128_or(wasm_v128_and(upper, wasm_i8x16_splat(-'A')), wasm_v128_and(lower, wasm_i8x16_splat(26 - 'a')));
    values = wasm_i8x16_add(chunk, wasm_v128_or(values, wasm_v128_and(digit, wasm_i8x16_splat(52 - '0'))));
    values = wasm_v128_bitselect(wasm_i8x16_splat(62), values, plus);
    values = wasm_v128_bitselect(wasm_i8x16_splat(63), values, slash);
    low = wasm_v128_or(wasm_i32x4_shl(wasm_v128_and(values, wasm_i32x4_splat(0x3F)), 18),
                       wasm_i32x4_shl(wasm_v128_and(values, wasm_i32x4_splat(0x3F00)), 4));
    high = wasm_v128_or(wasm_v128_and(wasm_u32x4_shr(values, 10), wasm_i32x4_splat(0xFC0)), wasm_u32x4_shr(values, 24));
    values = wasm_v128_or(low, high);
    wasm_v128_store(to, wasm_i8x16_shuffle(values, values, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3));
    return true;
}

size_t cb_base64_decode(const cb_string_t *string, uint8_t *to, size_t room)
{
    size_t at = 0, written = 0;
    uint32_t group = 0;
    int filled = 0;

    while (at < string->len && written < room) {
        while (!filled && !string->wide && string->len - at >= 16 && room - written >= 16 &&
               decode_chunk(string->latin1 + at, to + written)) {
            at += 16;
            written += 12;
        }
        uint32_t unit = at == string->len ? '=' : string->wide ? string->utf16[at] : string->latin1[at];
        int value = value_of(unit);
        if (unit == '=')
            break;
        at++;
        if (value < 0)
            continue;
        group = group << 6 | (uint32_t)value;
        if (filled++)
            to[written++] = (uint8_t)(group >> (6 - 2 * (filled - 1)));
        filled &= 3;
    }
    return written;
}
