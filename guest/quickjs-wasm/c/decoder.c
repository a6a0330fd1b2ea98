/* bindings('decoder'): TextDecoder's work. */
#include <string.h>

#include "decoder.h"
#include "guest.h"

enum { FATAL = 1, STREAM = 2, KEEP_MARK = 4 };
#define MARK 0xFEFF

/* How many bytes at the end begin a character of UTF-8 that more bytes could complete. */
static size_t unfinished_utf8(const uint8_t *bytes, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t lead = bytes[len - back], second = back > 1 ? bytes[len - back + 1] : 0x80;
        uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

        if (lead < 0x80)
            return 0;
        if (lead < 0xC0)
            continue;
        if (lead < 0xC2 || lead > 0xF4 || back >= size)
            return 0;
        return back == 1 || (second >= least && second <= most) ? back : 0;
    }
    return 0;
}

static JSValue narrow_text(JSContext *ctx, const uint8_t *bytes, size_t len)
{
    uint8_t *units;
    JSValue string = cb_engine_new_latin1(ctx, len, &units);

    if (units)
        memcpy(units, bytes, len);
    return string;
}

static JSValue utf8_text(JSContext *ctx, const uint8_t *bytes, size_t len, bool fatal)
{
    cb_utf8_facts_t facts = cb_utf8_scan(bytes, len);
    uint16_t *wide;
    uint8_t *narrow;
    JSValue string;

    if (fatal && !facts.valid)
        return JS_UNDEFINED;
    if (facts.wide || !facts.valid) {
        string = cb_engine_new_utf16(ctx, facts.units, &wide);
        if (wide)
            cb_utf8_to_utf16(bytes, len, wide);
        return string;
    }
    string = cb_engine_new_latin1(ctx, facts.units, &narrow);
    if (narrow)
        cb_utf8_to_latin1(bytes, len, narrow);
    return string;
}

/* The end of a piece is kept if a stream goes on. */
static void keep(cb_stream_t *stream, const uint8_t *bytes, size_t len)
{
    stream->pending = (uint8_t)len;
    memcpy(stream->bytes, bytes, len);
}

static JSValue decode_utf8(JSContext *ctx, cb_stream_t *stream, const uint8_t *bytes, size_t len, int flags)
{
    size_t left = flags & STREAM ? unfinished_utf8(bytes, len) : 0;
    bool marked = !stream->past_start && !(flags & KEEP_MARK) && len - left >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);

    keep(stream, bytes + len - left, left);
    len -= left;
    stream->past_start |= len > 0;
    return utf8_text(ctx, bytes + (marked ? 3 : 0), len - (marked ? 3 : 0), flags & FATAL);
}

static void decode_utf16(cb_stream_t *stream, const uint8_t *bytes, size_t len, bool big, int flags, cb_decoded_t *out)
{
    size_t at = 0;

    while (len - at >= 2 && !out->failed) {
        uint32_t unit = (uint32_t)(bytes[at + !big] << 8 | bytes[at + big]);
        if ((unit & 0xF800) != 0xD800) {
            out->units[out->count++] = (uint16_t)unit;
            at += 2;
            continue;
        }
        if ((unit & 0xFC00) == 0xD800 && len - at < 4)
            break;
        if ((unit & 0xFC00) == 0xD800 && (bytes[at + 2 + !big] & 0xFC) == 0xDC) {
            out->units[out->count++] = (uint16_t)unit;
            out->units[out->count++] = (uint16_t)(bytes[at + 2 + !big] << 8 | bytes[at + 2 + big]);
            at += 4;
            continue;
        }
        cb_put_error(out);
        at += 2;
    }
    if (flags & STREAM)
        keep(stream, bytes + at, len - at);
    else if (at < len)
        cb_put_error(out);
}

static void decode_single(const cb_legacy_t *legacy, const uint8_t *bytes, size_t len, cb_decoded_t *out)
{
    const cb_string_t *table = &legacy->table;

    for (size_t i = 0; i < len; i++) {
        uint32_t unit = bytes[i];
        if (unit >= 0x80)
            unit = unit - 0x80 >= table->len ? 0xFFFD : table->wide ? table->utf16[unit - 0x80] : table->latin1[unit - 0x80];
        out->failed |= out->fatal && unit == 0xFFFD;
        out->units[out->count++] = (uint16_t)unit;
    }
}

static void decode_other(const cb_legacy_t *legacy, cb_stream_t *stream, const uint8_t *bytes, size_t len, int flags,
                         cb_decoded_t *out)
{
    size_t read;

    switch (legacy->kind) {
    case CB_DECODE_UTF16LE:
    case CB_DECODE_UTF16BE:
        decode_utf16(stream, bytes, len, legacy->kind == CB_DECODE_UTF16BE, flags, out);
        return;
    case CB_DECODE_SINGLE_BYTE:
        decode_single(legacy, bytes, len, out);
        return;
    case CB_DECODE_ISO_2022_JP:
        cb_iso_2022_jp_decode(legacy, stream, bytes, len, !(flags & STREAM), out);
        return;
    default:
        read = cb_legacy_decode(legacy, bytes, len, out);
        if (out->failed)
            return;
        if (flags & STREAM)
            keep(stream, bytes + read, len - read);
        else if (read < len)
            cb_put_error(out);
    }
}

/* Decodes by way of units of two bytes. */
static JSValue decode_wide(JSContext *ctx, const cb_legacy_t *legacy, cb_stream_t *stream, const uint8_t *bytes,
                           size_t len, int flags)
{
    bool utf16 = legacy->kind == CB_DECODE_UTF16LE || legacy->kind == CB_DECODE_UTF16BE;
    bool one_for_one = !utf16 && legacy->kind != CB_DECODE_ISO_2022_JP;
    cb_decoded_t out = { NULL, 0, flags & FATAL, false };
    JSValue string = JS_UNDEFINED;
    size_t skipped = 0;
    uint16_t *units;

    stream->pending = 0;
    if (one_for_one && cb_ascii_prefix(bytes, len) == len)
        return narrow_text(ctx, bytes, len);
    out.units = js_malloc(ctx, (len + CB_DECODED_MORE) * sizeof *out.units);
    if (!out.units)
        return JS_EXCEPTION;
    decode_other(legacy, stream, bytes, len, flags, &out);
    if (utf16 && out.count && !stream->past_start) {
        skipped = out.units[0] == MARK && !(flags & KEEP_MARK);
        stream->past_start = 1;
    }
    if (!out.failed) {
        string = cb_engine_new_utf16(ctx, out.count - skipped, &units);
        if (units)
            memcpy(units, out.units + skipped, (out.count - skipped) * sizeof *units);
    }
    js_free(ctx, out.units);
    return string;
}

static JSValue decode_bytes(JSContext *ctx, const cb_legacy_t *legacy, cb_stream_t *stream, const uint8_t *bytes,
                            size_t len, int flags)
{
    uint8_t *joined = NULL;
    size_t pending = stream->pending & 3;
    JSValue text;

    if (pending) {
        joined = js_malloc(ctx, pending + len);
        if (!joined)
            return JS_EXCEPTION;
        memcpy(joined, stream->bytes, pending);
        memcpy(joined + pending, bytes, len);
        bytes = joined;
        len += pending;
        stream->pending = 0;
    }
    text = legacy->kind == CB_DECODE_UTF8 ? decode_utf8(ctx, stream, bytes, len, flags)
                                          : decode_wide(ctx, legacy, stream, bytes, len, flags);
    js_free(ctx, joined);
    /* After an error a stream begins anew, with the next piece. */
    if (JS_IsUndefined(text))
        stream->pending = 0;
    return text;
}

/* An argument that is no string is an empty one. */
static bool table_arg(JSContext *ctx, JSValueConst value, cb_string_t *table)
{
    memset(table, 0, sizeof *table);
    table->owner = JS_UNDEFINED;
    return !JS_IsString(value) || cb_engine_string(ctx, value, table);
}

/* decode(kind, bytes, stream, flags, table, more) -> string, or `undefined` where FATAL and something is not in the
 * encoding. `stream` is a Uint8Array of sixteen bytes, zeros at the beginning. */
static JSValue decode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_legacy_t legacy = { 0 };
    int32_t flags = 0;
    size_t len, stream_len;
    cb_stream_t *stream;
    const uint8_t *bytes;
    JSValue text = JS_EXCEPTION;

    (void)this_value, (void)argc;
    if (!JS_IsNumber(argv[0]) || !JS_IsNumber(argv[3]))
        return JS_ThrowTypeError(ctx, "not a number");
    JS_ToInt32(ctx, &legacy.kind, argv[0]);
    JS_ToInt32(ctx, &flags, argv[3]);
    if (!table_arg(ctx, argv[4], &legacy.table) || !table_arg(ctx, argv[5], &legacy.more))
        goto done;
    stream = (cb_stream_t *)cb_engine_bytes(ctx, argv[2], true, &stream_len);
    bytes = stream ? cb_engine_bytes(ctx, argv[1], false, &len) : NULL;
    if (!bytes)
        goto done;
    if (stream_len < sizeof *stream)
        JS_ThrowTypeError(ctx, "not a stream");
    else
        text = decode_bytes(ctx, &legacy, stream, bytes, len, flags);
    if (stream_len >= sizeof *stream && !(flags & STREAM))
        memset(stream, 0, sizeof *stream);
done:
    JS_FreeValue(ctx, legacy.table.owner);
    JS_FreeValue(ctx, legacy.more.owner);
    return text;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("decode", 6, decode),
};

const cb_binding_t cb_decoder_binding = { "decoder", functions, sizeof functions / sizeof *functions };
