/* A growing byte buffer outside the JavaScript heap, and JSON strings written into it. */
#include <stdio.h>
#include <string.h>

#include "guest.h"

static bool reserve(cb_text_t *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : 256;
    char *bytes;

    if (text->failed)
        return false;
    if (text->len + more <= text->capacity)
        return true;
    while (capacity < text->len + more)
        capacity *= 2;
    bytes = cb_resize(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void cb_text_put(cb_text_t *text, const void *bytes, size_t len)
{
    if (!reserve(text, len))
        return;
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

void cb_text_puts(cb_text_t *text, const char *string)
{
    cb_text_put(text, string, strlen(string));
}

void cb_text_put_number(cb_text_t *text, double number)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%d", (int)number);
    cb_text_put(text, digits, (size_t)len);
}

/* The longest prefix of at most max_len bytes that does not cut a UTF-8 sequence. */
static size_t cut(const char *utf8, size_t len, size_t max_len)
{
    if (len <= max_len)
        return len;
    while (max_len > 0 && ((unsigned char)utf8[max_len] & 0xC0) == 0x80)
        max_len--;
    return max_len;
}

static size_t put_escaped(cb_text_t *text, const unsigned char *at, size_t left)
{
    char escape[8];

    if (*at == '"' || *at == '\\') {
        escape[0] = '\\';
        escape[1] = (char)*at;
        cb_text_put(text, escape, 2);
        return 1;
    }
    if (*at < 0x20 || *at == 0x7F) {
        snprintf(escape, sizeof escape, "\\u%04x", *at);
        cb_text_put(text, escape, 6);
        return 1;
    }
    /* JS_ToCStringLen encodes a lone surrogate as three bytes ED A0..BF xx, which is not UTF-8, and which the host
     * could not decode if it were escaped as it is. */
    if (*at == 0xED && left >= 3 && at[1] >= 0xA0) {
        cb_text_puts(text, "\\ufffd");
        return 3;
    }
    return 0;
}

void cb_text_put_json(cb_text_t *text, const char *utf8, size_t len, size_t max_len)
{
    const unsigned char *bytes = (const unsigned char *)utf8;
    size_t kept = cut(utf8, len, max_len), from = 0, at = 0;

    cb_text_put(text, "\"", 1);
    while (at < kept) {
        unsigned char byte = bytes[at];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F && byte != 0xED) {
            at++;
            continue;
        }
        cb_text_put(text, bytes + from, at - from);
        size_t used = put_escaped(text, bytes + at, kept - at);
        from = at + used;
        at = used ? from : at + 1;
    }
    cb_text_put(text, bytes + from, kept - from);
    if (kept < len)
        cb_text_puts(text, "…");
    cb_text_put(text, "\"", 1);
}
