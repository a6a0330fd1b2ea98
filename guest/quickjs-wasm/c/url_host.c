/* Hosts of URLs: domains, IPv4 and IPv6 addresses, and what other schemes take for one. */
#include <string.h>

#include "abi.h"
#include "codecs.h"
#include "url.h"

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

static int digit(uint8_t byte)
{
    byte = lower(byte);
    return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 99;
}

/* The code points that no host may hold; those of a domain also none of the controls, % and DEL. */
static bool is_forbidden(uint8_t byte, bool domain)
{
    if (byte <= 0x20)
        return domain || byte == 0 || byte == '\t' || byte == '\n' || byte == '\r' || byte == ' ';
    return strchr("#/:<>?@[\\]^|", byte) || (domain && (byte == '%' || byte == 0x7F));
}

static bool holds_forbidden(cb_span_t text, bool domain)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_forbidden(text.at[i], domain))
            return true;
    return false;
}

/* A number of an IPv4 address, decimal, 0 octal or 0x hexadecimal; anything over 32 bits is 2^32. */
static bool ipv4_number(const uint8_t *from, const uint8_t *end, uint64_t *value)
{
    int base = 10;

    *value = 0;
    if (from == end)
        return false;
    if (end - from >= 2 && from[0] == '0' && lower(from[1]) == 'x') {
        base = 16;
        from += 2;
    } else if (end - from >= 2 && from[0] == '0') {
        base = 8;
        from++;
    }
    for (; from < end; from++) {
        if (digit(*from) >= base)
            return false;
        *value = *value * (uint64_t)base + (uint64_t)digit(*from);
        if (*value > UINT32_MAX)
            *value = (uint64_t)UINT32_MAX + 1;
    }
    return true;
}

/* Whether the last label, the empty one after a final dot aside, makes an address of it. */
static bool ends_in_number(cb_span_t host)
{
    const uint8_t *end = host.at + host.len, *from;
    bool digits = true;
    uint64_t value;

    if (end > host.at && end[-1] == '.')
        end--;
    for (from = end; from > host.at && from[-1] != '.'; from--)
        digits = digits && digit(from[-1]) < 10;
    return from < end && (digits || ipv4_number(from, end, &value));
}

static uint8_t *put_decimal(uint8_t *to, uint32_t number)
{
    if (number >= 10)
        to = put_decimal(to, number / 10);
    *to++ = (uint8_t)('0' + number % 10);
    return to;
}

static bool ipv4(cb_arena_t *arena, cb_span_t host, cb_span_t *result)
{
    const uint8_t *end = host.at + host.len, *from = host.at;
    uint64_t numbers[4], address = 0;
    int count = 0;

    if (end[-1] == '.')
        end--;
    for (;;) {
        const uint8_t *dot = memchr(from, '.', (size_t)(end - from));
        if (count == 4 || !ipv4_number(from, dot ? dot : end, &numbers[count++]))
            return false;
        if (!dot)
            break;
        from = dot + 1;
    }
    for (int i = 0; i < count - 1; i++) {
        if (numbers[i] > 255)
            return false;
        address |= numbers[i] << (8 * (3 - i));
    }
    if (numbers[count - 1] >= (uint64_t)1 << (8 * (5 - count)))
        return false;
    address |= numbers[count - 1];
    result->at = arena->at;
    for (int shift = 24; shift >= 0; shift -= 8) {
        arena->at = put_decimal(arena->at, (uint32_t)(address >> shift) & 0xFF);
        *arena->at++ = '.';
    }
    arena->at--;
    result->len = (size_t)(arena->at - result->at);
    return true;
}

/* The IPv4 address at the end of an IPv6 one. */
static bool ipv6_tail(const uint8_t *from, const uint8_t *end, uint16_t *pieces)
{
    uint32_t bytes[4] = { 0 };

    for (int i = 0; i < 4; i++) {
        if (i > 0 && (from == end || *from++ != '.'))
            return false;
        if (from == end || digit(*from) > 9)
            return false;
        for (const uint8_t *first = from; from < end && digit(*from) <= 9; from++) {
            if (from > first && bytes[i] == 0)
                return false;
            bytes[i] = bytes[i] * 10 + (uint32_t)digit(*from);
            if (bytes[i] > 255)
                return false;
        }
    }
    pieces[0] = (uint16_t)(bytes[0] << 8 | bytes[1]);
    pieces[1] = (uint16_t)(bytes[2] << 8 | bytes[3]);
    return from == end;
}

static bool read_ipv6(const uint8_t *from, const uint8_t *end, uint16_t pieces[8])
{
    int count = 0, gap = -1;

    memset(pieces, 0, 8 * sizeof *pieces);
    if (from < end && *from == ':') {
        if (end - from < 2 || from[1] != ':')
            return false;
        from += 2;
        gap = 0;
    }
    while (from < end) {
        const uint8_t *first = from;
        if (count == 8)
            return false;
        if (*from == ':') {
            if (gap >= 0)
                return false;
            from++;
            gap = count;
            continue;
        }
        for (; from < end && from - first < 4 && digit(*from) < 16; from++)
            pieces[count] = (uint16_t)(pieces[count] << 4 | digit(*from));
        if (from < end && *from == '.') {
            pieces[count] = 0;
            if (from == first || count > 6 || !ipv6_tail(first, end, pieces + count))
                return false;
            count += 2;
            break;
        }
        count++;
        if (from < end && (*from++ != ':' || from == end))
            return false;
    }
    if (gap < 0)
        return count == 8;
    if (count == 8)
        return false;
    memmove(pieces + 8 - (count - gap), pieces + gap, (size_t)(count - gap) * sizeof *pieces);
    memset(pieces + gap, 0, (size_t)(8 - count) * sizeof *pieces);
    return true;
}

/* The first of the longest runs of two or more zeros is written as `::`. */
static int longest_gap(const uint16_t pieces[8], int *gap_len)
{
    int gap = -1;

    *gap_len = 1;
    for (int from = 0; from < 8; from++) {
        int to = from;
        while (to < 8 && pieces[to] == 0)
            to++;
        if (to - from > *gap_len) {
            gap = from;
            *gap_len = to - from;
        }
    }
    return gap;
}

static bool ipv6(cb_arena_t *arena, const uint8_t *from, const uint8_t *end, cb_span_t *result)
{
    static const char digits[] = "0123456789abcdef";
    uint16_t pieces[8];
    int gap, gap_len;
    uint8_t *to = arena->at;

    if (!read_ipv6(from, end, pieces))
        return false;
    gap = longest_gap(pieces, &gap_len);
    *to++ = '[';
    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            if (i == 0)
                *to++ = ':';
            *to++ = ':';
            i += gap_len - 1;
            continue;
        }
        for (int shift = 12; shift >= 0; shift -= 4)
            if (shift == 0 || pieces[i] >> shift)
                *to++ = (uint8_t)digits[pieces[i] >> shift & 15];
        if (i < 7)
            *to++ = ':';
    }
    *to++ = ']';
    *result = (cb_span_t){ arena->at, (size_t)(to - arena->at) };
    arena->at = to;
    return true;
}

/* A domain with more than ASCII in it: IDNA is the host's work, whose tables would be in every image. */
static bool encode_domain(cb_arena_t *arena, cb_span_t domain, cb_span_t *result)
{
    int32_t len;

    if (domain.len > CB_DOMAIN_BYTES_MAX || holds_forbidden(domain, true) || !cb_utf8_scan(domain.at, domain.len).valid)
        return false;
    len = cb_host_call(CB_OPERATION_DOMAIN_TO_ASCII, domain.at, (uint32_t)domain.len);
    if (len <= 0 || len > arena->end - arena->at)
        return false;
    cb_host_take(arena->at, (uint32_t)len);
    *result = (cb_span_t){ arena->at, (size_t)len };
    arena->at += len;
    return true;
}

static bool domain_host(cb_arena_t *arena, cb_span_t written, bool trusted, cb_span_t *host)
{
    uint8_t *to = arena->at;
    cb_span_t domain;

    domain.at = to;
    to = cb_url_unescape(to, written.at, written.len);
    domain.len = (size_t)(to - domain.at);
    arena->at = to;
    if (trusted || cb_ascii_prefix(domain.at, domain.len) == domain.len) {
        for (uint8_t *byte = to - domain.len; byte < to; byte++)
            *byte = lower(*byte);
    } else if (!encode_domain(arena, domain, &domain))
        return false;
    if (domain.len == 0 || holds_forbidden(domain, true))
        return false;
    *host = domain;
    return !ends_in_number(domain) || ipv4(arena, domain, host);
}

bool cb_url_host(cb_arena_t *arena, cb_span_t written, bool special, bool trusted, cb_span_t *host)
{
    uint8_t *from = arena->at;

    if (written.len && written.at[0] == '[')
        return written.at[written.len - 1] == ']' && ipv6(arena, written.at + 1, written.at + written.len - 1, host);
    if (special)
        return domain_host(arena, written, trusted, host);
    if (holds_forbidden(written, false))
        return false;
    arena->at = cb_url_escape(from, written.at, written.len, CB_SET_CONTROL);
    *host = (cb_span_t){ from, (size_t)(arena->at - from) };
    return true;
}
