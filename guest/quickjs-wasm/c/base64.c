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
        /* In each lane of 32 bits the second byte, the first, the third and the second again: two of the four values
         * are shifted down from there, and two are moved up by one multiplication. */
        v128_t spread = wasm_i8x16_shuffle(chunk, chunk, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
        v128_t down = wasm_v128_or(wasm_v128_and(wasm_u32x4_shr(spread, 10), wasm_i32x4_splat(0x3F)),
                                   wasm_v128_and(wasm_u32x4_shr(spread, 6), wasm_i32x4_splat(0x3F0000)));
        v128_t up = wasm_i16x8_mul(wasm_v128_and(spread, wasm_i32x4_splat(0x003F03F0)), wasm_i32x4_splat(0x01000010));
        v128_t values = wasm_v128_or(down, up);
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

static v128_t replaced(v128_t units, char old, char new)
{
    return wasm_v128_bitselect(wasm_i8x16_splat(new), units, wasm_i8x16_eq(units, wasm_i8x16_splat(old)));
}

/* The values of sixteen characters of the standard alphabet; false where one is not in it. The two halves of a byte
 * each say, as bits, which ranges they rule out; the upper half says what to add. */
static bool values_of(v128_t units, v128_t *values)
{
    const v128_t by_low = wasm_i8x16_make(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B,
                                          0x1B, 0x1B, 0x1A);
    const v128_t by_high = wasm_i8x16_make(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10,
                                           0x10, 0x10, 0x10);
    const v128_t offsets = wasm_i8x16_make(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    v128_t high = wasm_u8x16_shr(units, 4), low = wasm_v128_and(units, wasm_i8x16_splat(15));
    v128_t ruled_out = wasm_v128_and(wasm_i8x16_swizzle(by_low, low), wasm_i8x16_swizzle(by_high, high));

    if (wasm_v128_any_true(ruled_out))
        return false;
    high = wasm_i8x16_add(high, wasm_i8x16_eq(units, wasm_i8x16_splat('/')));
    *values = wasm_i8x16_add(units, wasm_i8x16_swizzle(offsets, high));
    return true;
}

/* Sixteen characters to twelve bytes, written as sixteen; false where one is not in the alphabet, or, if told so, in
 * neither of both. */
static bool decode_chunk(const uint8_t *units, uint8_t *to, bool both)
{
    v128_t chunk = wasm_v128_load(units), values;

    if (!values_of(chunk, &values) &&
        (!both || !values_of(replaced(replaced(chunk, '-', '+'), '_', '/'), &values)))
        return false;
    /* Pairs of 6 bits to 12 in each lane of 16, then pairs of those to 24 in each lane of 32. */
    values = wasm_v128_or(wasm_i16x8_shl(wasm_v128_and(values, wasm_i16x8_splat(0xFF)), 6), wasm_u16x8_shr(values, 8));
    values = wasm_v128_or(wasm_i32x4_shl(values, 12), wasm_u32x4_shr(values, 16));
    wasm_v128_store(to, wasm_i8x16_swizzle(values, wasm_i8x16_make(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3)));
    return true;
}

/* As many whole chunks as there are; gives the characters read. */
static size_t decode_chunks(const uint8_t *units, size_t len, uint8_t *to, size_t room, bool both)
{
    size_t chunks = room < 16 ? 0 : (room - 16) / 12 + 1, done = 0;

    if (chunks > len / 16)
        chunks = len / 16;
    while (done < chunks && decode_chunk(units + done * 16, to + done * 12, both))
        done++;
    return done * 16;
}

size_t cb_base64_decode(const cb_string_t *string, uint8_t *to, size_t room)
{
    size_t at = 0, written = 0;
    uint32_t group = 0;
    int filled = 0;

    while (at < string->len && written < room) {
        if (!filled && !string->wide) {
            size_t read = decode_chunks(string->latin1 + at, string->len - at, to + written, room - written, true);
            at += read;
            written += read / 4 * 3;
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

static bool is_space(uint32_t unit)
{
    return unit == ' ' || unit == '\t' || unit == '\n' || unit == '\f' || unit == '\r';
}

/* The forgiving decoder of the Infra standard. `to` has room for three bytes for each four units, and sixteen more. */
bool cb_base64_forgiving(const cb_string_t *string, uint8_t *to, size_t *written)
{
    size_t at = 0, filled = 0, padding = 0, room = string->len / 4 * 3 + 16;
    uint32_t group = 0;

    for (*written = 0; at < string->len; at++) {
        if (!filled && !padding && !string->wide) {
            size_t read = decode_chunks(string->latin1 + at, string->len - at, to + *written, room - *written, false);
            at += read;
            *written += read / 4 * 3;
            if (at == string->len)
                break;
        }
        uint32_t unit = string->wide ? string->utf16[at] : string->latin1[at];
        int value = unit == '-' || unit == '_' ? -1 : value_of(unit);
        if (is_space(unit))
            continue;
        if (unit == '=') {
            padding++;
            continue;
        }
        if (value < 0 || padding)
            return false;
        group = group << 6 | (uint32_t)value;
        if (filled++)
            to[(*written)++] = (uint8_t)(group >> (6 - 2 * (filled - 1)));
        filled &= 3;
    }
    return filled != 1 && (!padding || (filled && filled + padding == 4));
}
