/* Buffer's methods on text and bytes. What each throws, and in which order it looks at its arguments, is Node's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"

static double clamp(double value, double most)
{
    return value < most ? value : most;
}

/* Whole numbers as Math.trunc(value) || 0 has them. */
static bool trunc_arg(JSContext *ctx, JSValueConst value, double *number)
{
    if (JS_ToFloat64(ctx, number, value) < 0)
        return false;
    *number = isnan(*number) ? 0 : trunc(*number);
    return true;
}

/* The text of a part of `buffer`, which is cut to what the buffer has by now. */
static JSValue text_of(JSContext *ctx, JSValueConst buffer, double start, double end, int encoding)
{
    size_t len;
    const uint8_t *bytes = cb_engine_bytes(ctx, buffer, false, &len);

    if (!bytes)
        return JS_EXCEPTION;
    end = clamp(end, (double)len);
    if (start >= end)
        return JS_NewStringLen(ctx, "", 0);
    return cb_bytes_text(ctx, bytes + (size_t)start, (size_t)(end - start), encoding);
}

static JSValue to_string(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    double start = 0, end;
    int encoding = CB_UTF8;
    size_t len;

    if (!cb_engine_bytes(ctx, this_value, false, &len))
        return JS_EXCEPTION;
    end = (double)len;
    if (argc > 1 && !trunc_arg(ctx, argv[1], &start))
        return JS_EXCEPTION;
    if (start < (double)len && argc > 2 && !JS_IsUndefined(argv[2]) && !trunc_arg(ctx, argv[2], &end))
        return JS_EXCEPTION;
    start = start > 0 ? start : 0;
    end = clamp(end, (double)len);
    if (start >= end)
        return JS_NewStringLen(ctx, "", 0);
    if (argc > 0 && !JS_IsUndefined(argv[0]))
        encoding = cb_buffer_encoding(ctx, argv[0]);
    if (encoding < 0)
        return encoding == -2 ? JS_EXCEPTION : cb_buffer_throw_encoding(ctx, argv[0]);
    return text_of(ctx, this_value, start, end, encoding);
}

/* An index of a method that Node has in C++: what is left out is `preset`, what is negative an error. */
static bool index_arg(JSContext *ctx, JSValueConst value, double preset, double *index)
{
    *index = preset;
    if (!JS_IsUndefined(value) && !trunc_arg(ctx, value, index))
        return false;
    if (*index >= 0)
        return true;
    cb_buffer_throw_coded(ctx, true, "ERR_OUT_OF_RANGE", "Index out of range");
    return false;
}

/* utf8Slice(start, end) and its kin */
static JSValue slice_text(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int encoding)
{
    double start, end;
    size_t len;

    if (!cb_engine_bytes(ctx, this_value, false, &len))
        return JS_EXCEPTION;
    if (len == 0)
        return JS_NewStringLen(ctx, "", 0);
    if (!index_arg(ctx, cb_arg(argc, argv, 0), 0, &start) || !index_arg(ctx, cb_arg(argc, argv, 1), (double)len, &end))
        return JS_EXCEPTION;
    if (end < start)
        end = start;
    if (end > (double)len)
        return cb_buffer_throw_coded(ctx, true, "ERR_OUT_OF_RANGE", "Index out of range");
    return text_of(ctx, this_value, start, end, encoding);
}

/* The offset and the room are cut to what the buffer has now. */
static JSValue write_text(JSContext *ctx, JSValueConst buffer, JSValueConst text, double offset, double room,
                          int encoding)
{
    size_t len, written = 0;
    cb_string_t string;
    uint8_t *bytes;

    if (!JS_IsString(text))
        return cb_buffer_throw_coded(ctx, false, "ERR_INVALID_ARG_TYPE", "argument must be a string");
    if (!cb_engine_string(ctx, text, &string))
        return JS_EXCEPTION;
    bytes = cb_engine_bytes(ctx, buffer, true, &len);
    if (bytes && offset < (double)len)
        written = cb_bytes_write(&string, bytes + (size_t)offset, (size_t)clamp(room, (double)len - offset), encoding);
    JS_FreeValue(ctx, string.owner);
    return bytes ? JS_NewInt64(ctx, (int64_t)written) : JS_EXCEPTION;
}

/* utf8Write(string, offset, length) and its kin */
static JSValue write_as(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int encoding)
{
    double offset, room;
    size_t len;

    if (!cb_engine_bytes(ctx, this_value, true, &len))
        return JS_EXCEPTION;
    if (!JS_IsString(cb_arg(argc, argv, 0)))
        return cb_buffer_throw_coded(ctx, false, "ERR_INVALID_ARG_TYPE", "argument must be a string");
    if (!index_arg(ctx, cb_arg(argc, argv, 1), 0, &offset))
        return JS_EXCEPTION;
    if (offset > (double)len)
        return cb_buffer_throw_coded(ctx, true, "ERR_BUFFER_OUT_OF_BOUNDS", "\"offset\" is outside of buffer bounds");
    if (!index_arg(ctx, cb_arg(argc, argv, 2), (double)len - offset, &room))
        return JS_EXCEPTION;
    return write_text(ctx, this_value, argv[0], offset, room, encoding);
}

/* write(string), write(string, encoding), write(string, offset[, length][, encoding]) */
static JSValue write_string(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSValueConst encoding = argv[3];
    double offset = 0, room;
    int number = CB_UTF8;
    size_t len;

    (void)argc;
    if (!cb_engine_bytes(ctx, this_value, true, &len))
        return JS_EXCEPTION;
    room = (double)len;
    if (JS_IsUndefined(argv[1])) {
        encoding = JS_UNDEFINED;
    } else if (JS_IsUndefined(argv[2]) && JS_IsString(argv[1])) {
        encoding = argv[1];
    } else {
        if (!cb_buffer_offset(ctx, argv[1], "offset", 0, (double)len, &offset))
            return JS_EXCEPTION;
        if (JS_IsString(argv[2]))
            encoding = argv[2];
        else if (!JS_IsUndefined(argv[2]) && !cb_buffer_offset(ctx, argv[2], "length", 0, (double)len, &room))
            return JS_EXCEPTION;
        room = clamp(room, (double)len - offset);
    }
    if (JS_ToBool(ctx, encoding))
        number = cb_buffer_encoding(ctx, encoding);
    if (number < 0)
        return number == -2 ? JS_EXCEPTION : cb_buffer_throw_encoding(ctx, encoding);
    return write_text(ctx, this_value, argv[0], offset, room, number);
}

/* A whole number as copy() reads it: rounded down, 0 for what is none, and not negative. */
static bool copy_arg(JSContext *ctx, JSValueConst value, const char *name, const char *range, double preset,
                     double *number)
{
    *number = preset;
    if (JS_IsUndefined(value))
        return true;
    if (JS_ToFloat64(ctx, number, value) < 0)
        return false;
    if (!JS_IsNumber(value) || floor(*number) != *number || isinf(*number))
        *number = fabs(*number) <= 9007199254740991.0 ? floor(*number) : 0;
    if (*number >= 0)
        return true;
    cb_buffer_throw_range(ctx, name, range, JS_NewFloat64(ctx, *number));
    return false;
}

/* copy(target, targetStart, sourceStart, sourceEnd) */
static JSValue copy(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t from_len, to_len, taken;
    double target, start, end;
    const uint8_t *from;
    char range[64];
    uint8_t *to;

    (void)argc;
    if (!cb_is_uint8_array(this_value))
        return cb_buffer_throw_type(ctx, "source", "Buffer", this_value);
    if (!cb_is_uint8_array(argv[0]))
        return cb_buffer_throw_type(ctx, "target", "Buffer", argv[0]);
    if (!copy_arg(ctx, argv[1], "targetStart", ">= 0", 0, &target) || !cb_engine_bytes(ctx, this_value, false, &from_len))
        return JS_EXCEPTION;
    snprintf(range, sizeof range, ">= 0 && <= %zu", from_len);
    if (!copy_arg(ctx, argv[2], "sourceStart", range, 0, &start))
        return JS_EXCEPTION;
    if (start > (double)from_len)
        return cb_buffer_throw_range(ctx, "sourceStart", range, JS_NewFloat64(ctx, start));
    if (!copy_arg(ctx, argv[3], "sourceEnd", ">= 0", (double)from_len, &end))
        return JS_EXCEPTION;
    to = cb_engine_bytes(ctx, argv[0], true, &to_len);
    from = to ? cb_engine_bytes(ctx, this_value, false, &from_len) : NULL;
    if (!from)
        return JS_EXCEPTION;
    end = clamp(end, (double)from_len);
    if (target >= (double)to_len || start >= end)
        return JS_NewInt32(ctx, 0);
    taken = (size_t)clamp(end - start, (double)to_len - target);
    memmove(to + (size_t)target, from + (size_t)start, taken);
    return JS_NewInt64(ctx, (int64_t)taken);
}

static JSValue equals(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t one_len, other_len;
    const uint8_t *one, *other;

    (void)argc;
    if (!cb_is_uint8_array(argv[0]))
        return cb_buffer_throw_type(ctx, "otherBuffer", "Buffer", argv[0]);
    one = cb_engine_bytes(ctx, this_value, false, &one_len);
    other = one ? cb_engine_bytes(ctx, argv[0], false, &other_len) : NULL;
    if (!other)
        return JS_EXCEPTION;
    return JS_NewBool(ctx, one_len == other_len && cb_same_prefix(one, other, one_len) == one_len);
}

static int order_of(const uint8_t *one, size_t one_len, const uint8_t *other, size_t other_len)
{
    size_t shorter = one_len < other_len ? one_len : other_len, same = cb_same_prefix(one, other, shorter);

    if (same < shorter)
        return one[same] < other[same] ? -1 : 1;
    return one_len < other_len ? -1 : one_len > other_len;
}

/* compare(target, targetStart, targetEnd, sourceStart, sourceEnd) */
static JSValue compare(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    static const char *const names[] = { "targetStart", "targetEnd", "sourceStart", "sourceEnd" };
    const uint8_t *one, *other;
    size_t one_len, other_len;
    double at[4];

    (void)argc;
    if (!cb_is_uint8_array(argv[0]))
        return cb_buffer_throw_type(ctx, "target", "Buffer", argv[0]);
    one = cb_engine_bytes(ctx, this_value, false, &one_len);
    other = one ? cb_engine_bytes(ctx, argv[0], false, &other_len) : NULL;
    if (!other)
        return JS_EXCEPTION;
    for (int i = 0; i < 4; i++) {
        double len = (double)(i < 2 ? other_len : one_len), most = i % 2 ? len : CB_BUFFER_BYTES_MAX;
        at[i] = i % 2 ? len : 0;
        if (!JS_IsUndefined(argv[1 + i]) && !cb_buffer_offset(ctx, argv[1 + i], names[i], 0, most, &at[i]))
            return JS_EXCEPTION;
    }
    if (at[2] >= at[3])
        return JS_NewInt32(ctx, at[0] >= at[1] ? 0 : -1);
    if (at[0] >= at[1])
        return JS_NewInt32(ctx, 1);
    return JS_NewInt32(ctx, order_of(one + (size_t)at[2], (size_t)(at[3] - at[2]), other + (size_t)at[0],
                                     (size_t)(at[1] - at[0])));
}

/* An end of subarray(): negative ones count from the end. */
static bool relative_arg(JSContext *ctx, JSValueConst value, double len, double *at)
{
    if (JS_ToFloat64(ctx, at, value) < 0)
        return false;
    *at = isnan(*at) ? 0 : trunc(*at);
    if (*at < 0)
        *at = *at + len > 0 ? *at + len : 0;
    *at = clamp(*at, len);
    return true;
}

static JSValue subarray(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t offset, len, element;
    double start, end;
    JSValue array_buffer, view;

    (void)argc;
    if (!cb_engine_bytes(ctx, this_value, false, &len) || !relative_arg(ctx, argv[0], (double)len, &start))
        return JS_EXCEPTION;
    end = (double)len;
    if (!JS_IsUndefined(argv[1]) && !relative_arg(ctx, argv[1], (double)len, &end))
        return JS_EXCEPTION;
    array_buffer = JS_GetTypedArrayBuffer(ctx, this_value, &offset, &len, &element);
    if (JS_IsException(array_buffer))
        return array_buffer;
    view = cb_buffer_view(ctx, array_buffer, offset + (size_t)start, end > start ? (size_t)(end - start) : 0);
    JS_FreeValue(ctx, array_buffer);
    return view;
}

static JSValue swap(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int width)
{
    size_t len;
    uint8_t *bytes = cb_engine_bytes(ctx, this_value, true, &len);

    (void)argc, (void)argv;
    if (!bytes)
        return JS_EXCEPTION;
    if (len % (size_t)width) {
        JSValue bits[] = { JS_NewString(ctx, width == 2 ? "16-bits" : width == 4 ? "32-bits" : "64-bits") };
        return cb_buffer_throw(ctx, "ERR_INVALID_BUFFER_SIZE", 1, bits);
    }
    for (size_t at = 0; at < len; at += (size_t)width)
        for (int i = 0; i < width / 2; i++) {
            uint8_t kept = bytes[at + (size_t)i];
            bytes[at + (size_t)i] = bytes[at + (size_t)(width - 1 - i)];
            bytes[at + (size_t)(width - 1 - i)] = kept;
        }
    return JS_DupValue(ctx, this_value);
}

#define METHOD(name, length, function) JS_CFUNC_DEF2(name, length, function, JS_PROP_C_W_E)
#define KINDRED(name, length, function, magic) \
    { name, JS_PROP_C_W_E, JS_DEF_CFUNC, magic, { .func = { length, JS_CFUNC_generic_magic, { .generic_magic = function } } } }
#define ENCODING(name, encoding) \
    KINDRED(name "Slice", 0, slice_text, encoding), KINDRED(name "Write", 0, write_as, encoding)

const JSCFunctionListEntry cb_buffer_methods[] = {
    ENCODING("ascii", CB_ASCII),
    ENCODING("base64", CB_BASE64),
    ENCODING("base64url", CB_BASE64URL),
    ENCODING("latin1", CB_LATIN1),
    ENCODING("hex", CB_HEX),
    ENCODING("ucs2", CB_UCS2),
    ENCODING("utf8", CB_UTF8),
    METHOD("copy", 4, copy),
    METHOD("toString", 3, to_string),
    METHOD("equals", 1, equals),
    METHOD("compare", 5, compare),
    KINDRED("indexOf", 3, cb_buffer_index_of, CB_FORWARDS),
    KINDRED("lastIndexOf", 3, cb_buffer_index_of, CB_BACKWARDS),
    KINDRED("includes", 3, cb_buffer_index_of, CB_ANYWHERE),
    METHOD("write", 4, write_string),
    METHOD("subarray", 2, subarray),
    METHOD("slice", 2, subarray),
    KINDRED("swap16", 0, swap, 2),
    KINDRED("swap32", 0, swap, 4),
    KINDRED("swap64", 0, swap, 8),
    { "toLocaleString", JS_PROP_C_W_E, JS_DEF_ALIAS, 0, { .alias = { "toString", -1 } } },
};
const int cb_buffer_methods_count = sizeof cb_buffer_methods / sizeof *cb_buffer_methods;
