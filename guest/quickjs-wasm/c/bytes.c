/* bindings('bytes'): what Buffer, TextEncoder and their kin do with bytes, as functions of plain values.
 *
 * The callers are modules of ours: they hand in strings as strings, and offsets as numbers within the buffer's length
 * as they know it. That is not trusted. Every offset is cut to what the buffer has now, and a buffer is asked for its
 * bytes last, after everything that could run code of a guest or allocate. */
#include <string.h>

#include "bytes.h"
#include "guest.h"

static size_t offset_arg(JSContext *ctx, JSValueConst value)
{
    double number = 0;

    if (JS_IsUndefined(value))
        return SIZE_MAX;
    if (!JS_IsNumber(value) || JS_ToFloat64(ctx, &number, value) < 0 || !(number > 0))
        return 0;
    return number < SIZE_MAX ? (size_t)number : SIZE_MAX;
}

static int encoding_arg(JSContext *ctx, JSValueConst value)
{
    int32_t encoding = CB_UTF8;

    return JS_IsNumber(value) && JS_ToInt32(ctx, &encoding, value) == 0 ? encoding : CB_UTF8;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t cb_bytes_length(const cb_string_t *string, int encoding)
{
    switch (encoding) {
    case CB_UTF8:
        return cb_utf8_length(string);
    case CB_UCS2:
        return string->len * 2;
    case CB_BASE64:
    case CB_BASE64URL:
        return string->len / 4 * 3 + (string->len & 3) * 3 / 4;
    case CB_HEX:
        return string->len / 2;
    default:
        return string->len;
    }
}

static size_t write_units(const cb_string_t *string, uint8_t *to, size_t room, bool two_bytes)
{
    size_t units = least(string->len, two_bytes ? room / 2 : room);

    if (!two_bytes && !string->wide)
        memcpy(to, string->latin1, units);
    else if (two_bytes && string->wide)
        memcpy(to, string->utf16, units * 2);
    else if (two_bytes)
        for (size_t i = 0; i < units; i++) {
            to[2 * i] = string->latin1[i];
            to[2 * i + 1] = 0;
        }
    else
        for (size_t i = 0; i < units; i++)
            to[i] = (uint8_t)string->utf16[i];
    return two_bytes ? units * 2 : units;
}

size_t cb_bytes_write(const cb_string_t *string, uint8_t *to, size_t room, int encoding)
{
    size_t read;

    switch (encoding) {
    case CB_UTF8:
        return cb_utf8_write(string, to, room, &read);
    case CB_BASE64:
    case CB_BASE64URL:
        return cb_base64_decode(string, to, room);
    case CB_HEX:
        return cb_hex_decode(string, to, room);
    default:
        return write_units(string, to, room, encoding == CB_UCS2);
    }
}

/* byteLength(string, encoding) */
static JSValue byte_length(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int encoding = encoding_arg(ctx, argv[1]);
    cb_string_t string;
    size_t len;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    len = cb_bytes_length(&string, encoding);
    JS_FreeValue(ctx, string.owner);
    return JS_NewInt64(ctx, (int64_t)len);
}

/* encode(string, encoding) -> ArrayBuffer */
static JSValue encode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int encoding = encoding_arg(ctx, argv[1]);
    cb_string_t string;
    uint8_t *bytes;
    size_t len;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    len = cb_bytes_length(&string, encoding);
    bytes = js_malloc(ctx, len ? len : 1);
    if (bytes)
        len = cb_bytes_write(&string, bytes, len, encoding);
    JS_FreeValue(ctx, string.owner);
    return bytes ? cb_engine_new_buffer(ctx, bytes, len) : JS_EXCEPTION;
}

/* write(view, string, offset, length, encoding) -> bytes written; whole characters only */
static JSValue write_into(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t offset = offset_arg(ctx, argv[2]), room = offset_arg(ctx, argv[3]), len, written = 0;
    int encoding = encoding_arg(ctx, argv[4]);
    cb_string_t string;
    uint8_t *bytes;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[1], &string))
        return JS_EXCEPTION;
    bytes = cb_engine_bytes(ctx, argv[0], true, &len);
    if (bytes && offset < len)
        written = cb_bytes_write(&string, bytes + offset, least(room, len - offset), encoding);
    JS_FreeValue(ctx, string.owner);
    return bytes ? JS_NewInt64(ctx, (int64_t)written) : JS_EXCEPTION;
}

/* encodeInto(view, string) -> [units read, bytes written], in UTF-8 */
static JSValue encode_into(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len, read = 0, written;
    JSValue pair = JS_NewArray(ctx);
    cb_string_t string;
    uint8_t *bytes;

    (void)this_value, (void)argc;
    if (JS_IsException(pair) || !cb_engine_string(ctx, argv[1], &string))
        goto failed;
    bytes = cb_engine_bytes(ctx, argv[0], true, &len);
    written = bytes ? cb_utf8_write(&string, bytes, len, &read) : 0;
    JS_FreeValue(ctx, string.owner);
    if (bytes && JS_DefinePropertyValueUint32(ctx, pair, 0, JS_NewInt64(ctx, (int64_t)read), JS_PROP_C_W_E) >= 0 &&
        JS_DefinePropertyValueUint32(ctx, pair, 1, JS_NewInt64(ctx, (int64_t)written), JS_PROP_C_W_E) >= 0)
        return pair;
failed:
    JS_FreeValue(ctx, pair);
    return JS_EXCEPTION;
}

typedef struct {
    JSValueConst view;
    size_t from, len;
} part_t;

/* The part of a view from `part->from` to `end`, both cut to what there is. NULL where it throws. An allocation after
 * it moves nothing: it may collect garbage, but runs no code of a guest. */
static const uint8_t *part_bytes(JSContext *ctx, part_t *part, size_t end)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, part->view, false, &len);

    if (!bytes)
        return NULL;
    end = least(end, len);
    part->from = least(part->from, end);
    part->len = end - part->from;
    return bytes + part->from;
}

static JSValue decode_utf8(JSContext *ctx, const uint8_t *bytes, size_t len, bool fatal)
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

static JSValue decode_other(JSContext *ctx, const uint8_t *bytes, size_t len, int encoding)
{
    bool url = encoding == CB_BASE64URL;
    size_t units = encoding == CB_HEX ? len * 2 : encoding == CB_BASE64 || url ? cb_base64_length(len, url) : len;
    uint8_t *to;
    JSValue string = cb_engine_new_latin1(ctx, units, &to);

    if (!to)
        return string;
    if (encoding == CB_HEX)
        cb_hex_encode(bytes, len, to);
    else if (encoding == CB_BASE64 || url)
        cb_base64_encode(bytes, len, url, to);
    else if (encoding == CB_ASCII)
        for (size_t i = 0; i < len; i++)
            to[i] = bytes[i] & 0x7F;
    else
        memcpy(to, bytes, len);
    return string;
}

JSValue cb_bytes_text(JSContext *ctx, const uint8_t *bytes, size_t len, int encoding)
{
    uint16_t *wide;
    JSValue string;

    if (encoding == CB_UTF8)
        return decode_utf8(ctx, bytes, len, false);
    if (encoding != CB_UCS2)
        return decode_other(ctx, bytes, len, encoding);
    string = cb_engine_new_utf16(ctx, len / 2, &wide);
    if (wide)
        memcpy(wide, bytes, len / 2 * 2);
    return string;
}

/* decode(view, start, end, encoding, fatal) -> string; `undefined` for what is not UTF-8 where `fatal` */
static JSValue decode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    part_t part = { argv[0], JS_IsUndefined(argv[1]) ? 0 : offset_arg(ctx, argv[1]), 0 };
    int encoding = encoding_arg(ctx, argv[3]);
    const uint8_t *bytes = part_bytes(ctx, &part, offset_arg(ctx, argv[2]));

    (void)this_value, (void)argc;
    if (!bytes)
        return JS_EXCEPTION;
    if (encoding == CB_UTF8)
        return decode_utf8(ctx, bytes, part.len, JS_ToBool(ctx, argv[4]));
    return cb_bytes_text(ctx, bytes, part.len, encoding);
}

/* isAscii(view), isUtf8(view) */
static JSValue is_encoded(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int encoding)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, argv[0], false, &len);

    (void)this_value, (void)argc;
    if (!bytes)
        return JS_EXCEPTION;
    return JS_NewBool(ctx, encoding == CB_ASCII ? cb_ascii_prefix(bytes, len) == len : cb_utf8_scan(bytes, len).valid);
}

/* isDetached(view): whether there are no bytes to be had of it */
static JSValue is_detached(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;

    (void)this_value, (void)argc;
    if (cb_engine_bytes(ctx, argv[0], false, &len))
        return JS_FALSE;
    JS_FreeValue(ctx, JS_GetException(ctx));
    return JS_TRUE;
}

/* copyOf(view) -> an ArrayBuffer of its bytes, an empty one for what is detached */
static JSValue copy_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, argv[0], false, &len);
    uint8_t *copied;

    (void)this_value, (void)argc;
    if (!bytes)
        JS_FreeValue(ctx, JS_GetException(ctx));
    copied = js_malloc(ctx, len ? len : 1);
    if (copied && len)
        memcpy(copied, bytes, len);
    return copied ? cb_engine_new_buffer(ctx, copied, len) : JS_EXCEPTION;
}

/* compare(view, view, start, end, start, end) -> -1, 0 or 1 */
static JSValue compare(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    part_t one = { argv[0], JS_IsUndefined(argv[2]) ? 0 : offset_arg(ctx, argv[2]), 0 };
    part_t other = { argv[1], JS_IsUndefined(argv[4]) ? 0 : offset_arg(ctx, argv[4]), 0 };
    const uint8_t *left = part_bytes(ctx, &one, offset_arg(ctx, argv[3]));
    const uint8_t *right = left ? part_bytes(ctx, &other, offset_arg(ctx, argv[5])) : NULL;
    size_t shorter = least(one.len, other.len), same;

    (void)this_value, (void)argc;
    if (!right)
        return JS_EXCEPTION;
    same = cb_same_prefix(left, right, shorter);
    if (same < shorter)
        return JS_NewInt32(ctx, left[same] < right[same] ? -1 : 1);
    return JS_NewInt32(ctx, one.len < other.len ? -1 : one.len > other.len);
}

/* indexOf(view, what, from, backwards, step) -> offset or -1. `what` is a view and not empty; a match begins at a
 * multiple of `step`, which is 2 for text in UCS-2. */
static JSValue index_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t from = offset_arg(ctx, argv[2]), step = offset_arg(ctx, argv[4]) == 2 ? 2 : 1, len, what_len;
    bool backwards = JS_ToBool(ctx, argv[3]);
    const uint8_t *bytes = cb_engine_bytes(ctx, argv[0], false, &len);
    const uint8_t *what = bytes ? cb_engine_bytes(ctx, argv[1], false, &what_len) : NULL;

    (void)this_value, (void)argc;
    if (!what)
        return JS_EXCEPTION;
    return JS_NewInt64(ctx, cb_search(bytes, len, from, what, what_len, step, backwards));
}

/* fill(view, what, start, end): repeats the bytes of the view `what`, or the number `what`. False where there are none. */
static JSValue fill(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t start = offset_arg(ctx, argv[2]), end = offset_arg(ctx, argv[3]), len, what_len = 0, done;
    bool number = JS_IsNumber(argv[1]);
    size_t byte = number ? offset_arg(ctx, argv[1]) : 0;
    uint8_t *bytes = cb_engine_bytes(ctx, argv[0], true, &len);
    const uint8_t *what = bytes && !number ? cb_engine_bytes(ctx, argv[1], false, &what_len) : NULL;

    (void)this_value, (void)argc;
    if (!bytes || (!number && !what))
        return JS_EXCEPTION;
    if (!number && !what_len)
        return JS_FALSE;
    end = least(end, len);
    if (start >= end)
        return JS_TRUE;
    if (number) {
        memset(bytes + start, (int)(byte & 0xFF), end - start);
        return JS_TRUE;
    }
    done = least(what_len, end - start);
    memmove(bytes + start, what, done);
    /* What is there already doubles until all is filled. */
    for (; done < end - start; done += least(done, end - start - done))
        memcpy(bytes + start + done, bytes + start, least(done, end - start - done));
    return JS_TRUE;
}

/* copy(target, source, targetStart, sourceStart, sourceEnd) -> bytes copied; the two may overlap */
static JSValue copy(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t start = offset_arg(ctx, argv[2]), room, taken;
    part_t source = { argv[1], offset_arg(ctx, argv[3]), 0 };
    uint8_t *to = cb_engine_bytes(ctx, argv[0], true, &room);
    const uint8_t *from = to ? part_bytes(ctx, &source, offset_arg(ctx, argv[4])) : NULL;

    (void)this_value, (void)argc;
    if (!from)
        return JS_EXCEPTION;
    taken = start < room ? least(source.len, room - start) : 0;
    if (taken)
        memmove(to + start, from, taken);
    return JS_NewInt64(ctx, (int64_t)taken);
}

/* swap(view, width): reverses the bytes of each group of 2, 4 or 8 */
static JSValue swap(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t width = offset_arg(ctx, argv[1]), len;
    uint8_t *bytes = cb_engine_bytes(ctx, argv[0], true, &len);

    (void)this_value, (void)argc;
    if (!bytes)
        return JS_EXCEPTION;
    if (width == 2 || width == 4 || width == 8)
        for (size_t at = 0; len - at >= width; at += width)
            for (size_t i = 0; i < width / 2; i++) {
                uint8_t kept = bytes[at + i];
                bytes[at + i] = bytes[at + width - 1 - i];
                bytes[at + width - 1 - i] = kept;
            }
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("byteLength", 2, byte_length),
    JS_CFUNC_DEF("encode", 2, encode),
    JS_CFUNC_DEF("write", 5, write_into),
    JS_CFUNC_DEF("encodeInto", 2, encode_into),
    JS_CFUNC_DEF("decode", 5, decode),
    JS_CFUNC_MAGIC_DEF("isAscii", 1, is_encoded, CB_ASCII),
    JS_CFUNC_MAGIC_DEF("isUtf8", 1, is_encoded, CB_UTF8),
    JS_CFUNC_DEF("isDetached", 1, is_detached),
    JS_CFUNC_DEF("copyOf", 1, copy_of),
    JS_CFUNC_DEF("compare", 6, compare),
    JS_CFUNC_DEF("indexOf", 5, index_of),
    JS_CFUNC_DEF("fill", 4, fill),
    JS_CFUNC_DEF("copy", 5, copy),
    JS_CFUNC_DEF("swap", 2, swap),
};

const cb_binding_t cb_bytes_binding = { "bytes", functions, sizeof functions / sizeof *functions };
