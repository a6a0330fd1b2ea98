/* UTF-8, both ways. Most text is ASCII for most of its length, so runs of it go sixteen bytes at a time. */
#include <string.h>
#include <wasm_simd128.h>

#include "codecs.h"

#define REPLACEMENT 0xFFFD
#define INVALID 0x110000

size_t cb_ascii_prefix(const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    for (; len - at >= 16; at += 16) {
        uint32_t high = wasm_i8x16_bitmask(wasm_v128_load(bytes + at));
        if (high)
            return at + (size_t)__builtin_ctz(high);
    }
    while (at < len && bytes[at] < 0x80)
        at++;
    return at;
}

/* The character at `*at`, which is not ASCII; INVALID for a part that begins one and does not end it. */
static uint32_t next_character(const uint8_t **at, const uint8_t *end)
{
    uint32_t lead = *(*at)++, code, least = 0x80, most = 0xBF;
    int more;

    if (lead < 0xC2 || lead > 0xF4)
        return INVALID;
    more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    code = lead & (0x3Fu >> more);
    if (lead == 0xE0)
        least = 0xA0;
    else if (lead == 0xED)
        most = 0x9F;
    else if (lead == 0xF0)
        least = 0x90;
    else if (lead == 0xF4)
        most = 0x8F;
    for (; more; more--, (*at)++) {
        if (*at == end || **at < least || **at > most)
            return INVALID;
        code = code << 6 | (**at & 0x3F);
        least = 0x80;
        most = 0xBF;
    }
    return code;
}

cb_utf8_facts_t cb_utf8_scan(const uint8_t *bytes, size_t len)
{
    cb_utf8_facts_t facts = { 0, false, true };
    const uint8_t *at = bytes, *end = bytes + len;

    for (;;) {
        size_t ascii = cb_ascii_prefix(at, (size_t)(end - at));
        facts.units += ascii;
        at += ascii;
        if (at == end)
            return facts;
        while (at < end && *at >= 0x80) {
            uint32_t code = next_character(&at, end);
            if (code == INVALID) {
                facts.valid = false;
                code = REPLACEMENT;
            }
            facts.wide |= code > 0xFF;
            facts.units += code > 0xFFFF ? 2 : 1;
        }
    }
}

void cb_utf8_to_latin1(const uint8_t *bytes, size_t len, uint8_t *units)
{
    const uint8_t *at = bytes, *end = bytes + len;

    while (at < end) {
        size_t ascii = cb_ascii_prefix(at, (size_t)(end - at));
        memcpy(units, at, ascii);
        units += ascii;
        at += ascii;
        while (at < end && *at >= 0x80)
            *units++ = (uint8_t)next_character(&at, end);
    }
}

/* Gives the ASCII at the beginning as units, sixteen at a time, and how many there were. */
static size_t widen_ascii(const uint8_t *at, const uint8_t *end, uint16_t *units)
{
    size_t done = 0, len = (size_t)(end - at);

    for (; len - done >= 16; done += 16) {
        v128_t chunk = wasm_v128_load(at + done);
        if (wasm_i8x16_bitmask(chunk))
            break;
        wasm_v128_store(units + done, wasm_u16x8_extend_low_u8x16(chunk));
        wasm_v128_store(units + done + 8, wasm_u16x8_extend_high_u8x16(chunk));
    }
    for (; done < len && at[done] < 0x80; done++)
        units[done] = at[done];
    return done;
}

void cb_utf8_to_utf16(const uint8_t *bytes, size_t len, uint16_t *units)
{
    const uint8_t *at = bytes, *end = bytes + len;

    while (at < end) {
        size_t ascii = widen_ascii(at, end, units);
        units += ascii;
        at += ascii;
        while (at < end && *at >= 0x80) {
            uint32_t code = next_character(&at, end);
            if (code == INVALID)
                code = REPLACEMENT;
            if (code > 0xFFFF) {
                *units++ = (uint16_t)(0xD7C0 + (code >> 10));
                code = 0xDC00 + (code & 0x3FF);
            }
            *units++ = (uint16_t)code;
        }
    }
}

static bool is_high(uint16_t unit)
{
    return (unit & 0xFC00) == 0xD800;
}

static bool is_low(uint16_t unit)
{
    return (unit & 0xFC00) == 0xDC00;
}

/* How many bytes are not ASCII. */
static size_t count_high(const uint8_t *bytes, size_t len)
{
    size_t at = 0, total = 0;

    for (; len - at >= 16; at += 16)
        total += (size_t)__builtin_popcount(wasm_i8x16_bitmask(wasm_v128_load(bytes + at)));
    for (; at < len; at++)
        total += bytes[at] >> 7;
    return total;
}

/* The sum of eight signed numbers. */
static int32_t sum_of(v128_t numbers)
{
    v128_t pairs = wasm_i32x4_extadd_pairwise_i16x8(numbers);

    return wasm_i32x4_extract_lane(pairs, 0) + wasm_i32x4_extract_lane(pairs, 1) +
           wasm_i32x4_extract_lane(pairs, 2) + wasm_i32x4_extract_lane(pairs, 3);
}

/* How many bytes more than units. The two halves of a pair are counted as three bytes each, and are four together. */
static size_t count_more(const uint16_t *units, size_t len)
{
    const v128_t kind = wasm_i16x8_splat((int16_t)0xFC00), high = wasm_i16x8_splat((int16_t)0xD800),
                 low = wasm_i16x8_splat((int16_t)0xDC00), two = wasm_i16x8_splat(0x80), three = wasm_i16x8_splat(0x800);
    size_t at = 0;
    int64_t total = 0;

    /* The unit behind the eight is looked at too. A lane changes by two at most, so it cannot overflow within a round. */
    while (len - at > 8) {
        v128_t counts = wasm_i16x8_splat(0);
        for (size_t round = 0; round < 8192 && len - at > 8; round++, at += 8) {
            v128_t chunk = wasm_v128_load(units + at), next = wasm_v128_load(units + at + 1);
            v128_t pair = wasm_v128_and(wasm_i16x8_eq(wasm_v128_and(chunk, kind), high),
                                        wasm_i16x8_eq(wasm_v128_and(next, kind), low));
            counts = wasm_i16x8_sub(counts, wasm_u16x8_ge(chunk, two));
            counts = wasm_i16x8_sub(counts, wasm_u16x8_ge(chunk, three));
            counts = wasm_i16x8_add(counts, wasm_i16x8_add(pair, pair));
        }
        total += sum_of(counts);
    }
    for (; at < len; at++) {
        total += (units[at] >= 0x80) + (units[at] >= 0x800);
        total -= at + 1 < len && is_high(units[at]) && is_low(units[at + 1]) ? 2 : 0;
    }
    return (size_t)total;
}

size_t cb_utf8_length(const cb_string_t *string)
{
    size_t total = string->len;

    if (!string->wide) {
        size_t ascii = cb_ascii_prefix(string->latin1, string->len);
        return total + count_high(string->latin1 + ascii, string->len - ascii);
    }
    return total + count_more(string->utf16, string->len);
}

static size_t write_latin1(const cb_string_t *string, uint8_t *to, size_t room, size_t *read)
{
    size_t from = 0, written = 0;

    while (from < string->len && written < room) {
        size_t most = string->len - from < room - written ? string->len - from : room - written;
        size_t ascii = cb_ascii_prefix(string->latin1 + from, most);
        memcpy(to + written, string->latin1 + from, ascii);
        from += ascii;
        written += ascii;
        for (; from < string->len && string->latin1[from] >= 0x80; from++) {
            if (room - written < 2) {
                *read = from;
                return written;
            }
            to[written++] = (uint8_t)(0xC0 | string->latin1[from] >> 6);
            to[written++] = (uint8_t)(0x80 | (string->latin1[from] & 0x3F));
        }
    }
    *read = from;
    return written;
}

static size_t narrow_ascii(const uint16_t *units, size_t len, uint8_t *to)
{
    const v128_t not_ascii = wasm_i16x8_splat((int16_t)0xFF80);
    size_t done = 0;

    for (; len - done >= 8; done += 8) {
        v128_t chunk = wasm_v128_load(units + done);
        if (wasm_v128_any_true(wasm_v128_and(chunk, not_ascii)))
            break;
        wasm_v128_store64_lane(to + done, wasm_u8x16_narrow_i16x8(chunk, chunk), 0);
    }
    for (; done < len && units[done] < 0x80; done++)
        to[done] = (uint8_t)units[done];
    return done;
}

/* Writes one character of two bytes or more; gives its bytes, 0 where there is no room. */
static size_t put_character(uint32_t code, uint8_t *to, size_t room)
{
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    if (room < size)
        return 0;
    for (size_t i = size - 1; i; i--, code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3F));
    to[0] = (uint8_t)(code | (0xF00u >> size & 0xFF));
    return size;
}

static size_t write_utf16(const cb_string_t *string, uint8_t *to, size_t room, size_t *read)
{
    const uint16_t *units = string->utf16;
    size_t from = 0, written = 0;

    while (from < string->len && written < room) {
        size_t most = string->len - from < room - written ? string->len - from : room - written;
        size_t ascii = narrow_ascii(units + from, most, to + written);
        from += ascii;
        written += ascii;
        while (from < string->len && units[from] >= 0x80) {
            uint32_t code = units[from];
            bool pair = is_high(units[from]) && from + 1 < string->len && is_low(units[from + 1]);
            if (pair)
                code = 0x10000 + ((code & 0x3FF) << 10 | (units[from + 1] & 0x3FF));
            else if ((code & 0xF800) == 0xD800)
                code = REPLACEMENT;
            size_t size = put_character(code, to + written, room - written);
            if (!size) {
                *read = from;
                return written;
            }
            written += size;
            from += pair ? 2 : 1;
        }
    }
    *read = from;
    return written;
}

size_t cb_utf8_write(const cb_string_t *string, uint8_t *to, size_t room, size_t *read)
{
    return string->wide ? write_utf16(string, to, room, read) : write_latin1(string, to, room, read);
}
