/* Percent-encoding, by the sets of the URL Standard. */
#include "url.h"

/* The sets that escape a character, from U+0020 on. */
static const uint8_t escaped_by[0x5F] = {
    [' ' - ' '] = 63, ['"' - ' '] = 63, ['<' - ' '] = 63, ['>' - ' '] = 63, ['`' - ' '] = 57, ['#' - ' '] = 62,
    ['\'' - ' '] = 36, ['?' - ' '] = 56, ['^' - ' '] = 56, ['{' - ' '] = 56, ['}' - ' '] = 56, ['/' - ' '] = 48,
    [':' - ' '] = 48, [';' - ' '] = 48, ['=' - ' '] = 48, ['@' - ' '] = 48, ['[' - ' '] = 48, ['\\' - ' '] = 48,
    [']' - ' '] = 48, ['|' - ' '] = 48, ['!' - ' '] = 32, ['$' - ' '] = 32, ['%' - ' '] = 32, ['&' - ' '] = 32,
    ['(' - ' '] = 32, [')' - ' '] = 32, ['+' - ' '] = 32, [',' - ' '] = 32, ['~' - ' '] = 32,
};

bool cb_url_escapes(uint8_t byte, uint8_t set)
{
    return byte < ' ' || byte > '~' || (escaped_by[byte - ' '] & set);
}

uint8_t *cb_url_escape(uint8_t *to, const uint8_t *from, size_t len, uint8_t set)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const uint8_t *end = from + len; from < end; from++) {
        if (!cb_url_escapes(*from, set)) {
            *to++ = *from;
            continue;
        }
        *to++ = '%';
        *to++ = (uint8_t)digits[*from >> 4];
        *to++ = (uint8_t)digits[*from & 15];
    }
    return to;
}

static int hex(uint8_t byte)
{
    return byte >= '0' && byte <= '9' ? byte - '0' : (byte | 32) >= 'a' && (byte | 32) <= 'f' ? (byte | 32) - 'a' + 10 : -1;
}

uint8_t *cb_url_unescape(uint8_t *to, const uint8_t *from, size_t len)
{
    for (const uint8_t *end = from + len; from < end; from++) {
        if (*from == '%' && end - from > 2 && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
            *to++ = (uint8_t)(hex(from[1]) << 4 | hex(from[2]));
            from += 2;
        } else
            *to++ = *from;
    }
    return to;
}
