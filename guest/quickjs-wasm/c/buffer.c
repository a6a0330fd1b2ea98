/* bindings('buffer'): how Buffers come into being, small ones in a pool that they share, and the errors of their methods.
 *
 * The pool is Node's: what it holds stays with one execution, and a guest may do to it what it likes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"

/* Set by install(), once in an execution. */
static JSValue uint8_array = JS_UNDEFINED, buffer_class = JS_UNDEFINED, fast_class = JS_UNDEFINED;
static JSValue node_error = JS_UNDEFINED, pool = JS_UNDEFINED;
static JSAtom pool_size_name;
static size_t pool_used, pool_bytes;

#define POOL_BYTES_MAX (1u << 20)
#define THROWN_MAX 4

JSValue cb_buffer_throw(JSContext *ctx, const char *code, int count, JSValue *values)
{
    JSValue arguments[1 + THROWN_MAX] = { JS_NewString(ctx, code) }, error = JS_EXCEPTION;
    bool made = !JS_IsException(arguments[0]);

    for (int i = 0; i < count; i++) {
        arguments[1 + i] = values[i];
        made = made && !JS_IsException(values[i]);
    }
    if (made)
        error = JS_Call(ctx, node_error, JS_UNDEFINED, 1 + count, (JSValueConst *)arguments);
    for (int i = 0; i <= count; i++)
        JS_FreeValue(ctx, arguments[i]);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

JSValue cb_buffer_throw_type(JSContext *ctx, const char *name, const char *expected, JSValueConst value)
{
    JSValue values[] = { JS_NewString(ctx, name), JS_NewString(ctx, expected), JS_DupValue(ctx, value) };

    /* What takes bytes takes both of these. */
    if (!strcmp(expected, "Buffer")) {
        JSValue list = JS_NewArray(ctx);
        JS_SetPropertyUint32(ctx, list, 0, values[1]);
        JS_SetPropertyUint32(ctx, list, 1, JS_NewString(ctx, "Uint8Array"));
        values[1] = list;
    }
    return cb_buffer_throw(ctx, "ERR_INVALID_ARG_TYPE", 3, values);
}

JSValue cb_buffer_throw_range(JSContext *ctx, const char *name, const char *range, JSValue value)
{
    JSValue values[] = { JS_NewString(ctx, name), JS_NewString(ctx, range), value };

    return cb_buffer_throw(ctx, "ERR_OUT_OF_RANGE", 3, values);
}

JSValue cb_buffer_throw_encoding(JSContext *ctx, JSValueConst name)
{
    JSValue values[] = { JS_ToString(ctx, name) };

    return cb_buffer_throw(ctx, "ERR_UNKNOWN_ENCODING", 1, values);
}

JSValue cb_buffer_throw_coded(JSContext *ctx, bool range, const char *code, const char *message)
{
    JSValue error;

    if (range)
        JS_ThrowRangeError(ctx, "%s", message);
    else
        JS_ThrowTypeError(ctx, "%s", message);
    error = JS_GetException(ctx);
    if (JS_IsObject(error))
        JS_DefinePropertyValueStr(ctx, error, "code", JS_NewString(ctx, code), JS_PROP_C_W_E);
    return JS_Throw(ctx, error);
}

bool cb_buffer_offset(JSContext *ctx, JSValueConst value, const char *name, double least, double most, double *number)
{
    char range[64];

    if (!JS_IsNumber(value)) {
        cb_buffer_throw_type(ctx, name, "number", value);
        return false;
    }
    JS_ToFloat64(ctx, number, value);
    if (isnan(*number) || isinf(*number) || floor(*number) != *number) {
        cb_buffer_throw_range(ctx, name, "an integer", JS_DupValue(ctx, value));
        return false;
    }
    if (*number >= least && *number <= most)
        return true;
    snprintf(range, sizeof range, ">= %.0f && <= %.0f", least, most);
    cb_buffer_throw_range(ctx, name, range, JS_DupValue(ctx, value));
    return false;
}

static const struct {
    const char *name;
    int encoding;
} encodings[] = {
    { "utf8", CB_UTF8 },         { "utf-8", CB_UTF8 },         { "hex", CB_HEX },       { "base64", CB_BASE64 },
    { "latin1", CB_LATIN1 },     { "binary", CB_LATIN1 },      { "ascii", CB_ASCII },   { "ucs2", CB_UCS2 },
    { "ucs-2", CB_UCS2 },        { "utf16le", CB_UCS2 },       { "utf-16le", CB_UCS2 }, { "base64url", CB_BASE64URL },
};

static bool is_named(const cb_string_t *string, const char *name)
{
    if (string->len != strlen(name))
        return false;
    for (size_t i = 0; i < string->len; i++) {
        uint32_t unit = string->wide ? string->utf16[i] : string->latin1[i];
        if (unit - 'A' < 26)
            unit |= 0x20;
        if (unit != (uint8_t)name[i])
            return false;
    }
    return true;
}

int cb_buffer_encoding(JSContext *ctx, JSValueConst value)
{
    JSValue text = JS_ToString(ctx, value);
    cb_string_t string;
    int found = -1;

    if (JS_IsException(text))
        return -2;
    if (!cb_engine_string(ctx, text, &string))
        found = -2;
    for (size_t i = 0; found == -1 && i < sizeof encodings / sizeof *encodings; i++)
        if (is_named(&string, encodings[i].name))
            found = encodings[i].encoding;
    JS_FreeValue(ctx, string.owner);
    JS_FreeValue(ctx, text);
    return found;
}

bool cb_is_uint8_array(JSValueConst value)
{
    return JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8;
}

JSValue cb_buffer_view(JSContext *ctx, JSValueConst array_buffer, size_t offset, size_t len)
{
    JSValueConst arguments[] = { array_buffer, JS_NewInt64(ctx, (int64_t)offset), JS_NewInt64(ctx, (int64_t)len) };

    return JS_CallConstructor2(ctx, uint8_array, fast_class, 3, arguments);
}

/* A Buffer of its own over bytes from js_malloc, which it takes over; NULL is an exception already. */
static JSValue own_buffer(JSContext *ctx, uint8_t *bytes, size_t len)
{
    JSValue array_buffer, buffer;

    if (!bytes)
        return JS_EXCEPTION;
    array_buffer = cb_engine_new_buffer(ctx, bytes, len);
    if (JS_IsException(array_buffer))
        return array_buffer;
    buffer = cb_buffer_view(ctx, array_buffer, 0, len);
    JS_FreeValue(ctx, array_buffer);
    return buffer;
}

/* Half of Buffer.poolSize: what is as large as this gets memory of its own. A guest may have put anything there. */
static bool pool_limit(JSContext *ctx, size_t *limit)
{
    JSValue value = JS_GetProperty(ctx, buffer_class, pool_size_name);
    double size = 0;

    if (JS_IsException(value))
        return false;
    if (JS_IsNumber(value))
        JS_ToFloat64(ctx, &size, value);
    JS_FreeValue(ctx, value);
    *limit = size >= 2 && size <= POOL_BYTES_MAX ? (size_t)size / 2 : 0;
    return true;
}

/* Room for `len` bytes, fewer than `limit`, in the pool, or NULL. A pool that is full, or that a guest has detached, is
 * replaced. */
static uint8_t *pool_room(JSContext *ctx, size_t len, size_t limit)
{
    size_t there = 0;
    uint8_t *bytes = NULL;

    if (JS_IsObject(pool) && len <= pool_bytes - pool_used) {
        bytes = cb_engine_bytes(ctx, pool, true, &there);
        if (!bytes)
            JS_FreeValue(ctx, JS_GetException(ctx));
    }
    if (!bytes || there != pool_bytes) {
        JSValue fresh;
        bytes = js_mallocz(ctx, limit * 2);
        fresh = bytes ? cb_engine_new_buffer(ctx, bytes, limit * 2) : JS_EXCEPTION;
        if (JS_IsException(fresh))
            return NULL;
        JS_FreeValue(ctx, pool);
        pool = fresh;
        pool_used = 0;
        pool_bytes = limit * 2;
    }
    return bytes + pool_used;
}

/* The Buffer for the next `len` bytes of the pool. The one after it begins at a multiple of eight. */
static JSValue pool_take(JSContext *ctx, size_t len)
{
    JSValue buffer = cb_buffer_view(ctx, pool, pool_used, len);

    pool_used = (pool_used + len + 7) & ~(size_t)7;
    if (pool_used > pool_bytes)
        pool_used = pool_bytes;
    return buffer;
}

/* A size that has been found to be a number from 0 to CB_BUFFER_BYTES_MAX */
static bool size_arg(JSContext *ctx, JSValueConst value, size_t *size)
{
    double number = 0;

    if (!JS_IsNumber(value)) {
        JS_ThrowTypeError(ctx, "not a number");
        return false;
    }
    JS_ToFloat64(ctx, &number, value);
    if (!(number >= 0 && number <= INT32_MAX)) {
        JS_ThrowRangeError(ctx, "Array buffer allocation failed");
        return false;
    }
    *size = (size_t)number;
    return true;
}

/* create(size) -> a Buffer of zeros with memory of its own */
static JSValue create(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t size;

    (void)this_value, (void)argc;
    if (!size_arg(ctx, argv[0], &size))
        return JS_EXCEPTION;
    return own_buffer(ctx, js_mallocz(ctx, size ? size : 1), size);
}

/* allocate(size) -> a Buffer, from the pool where it is small */
static JSValue allocate(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t size, limit;

    (void)this_value, (void)argc;
    if (!size_arg(ctx, argv[0], &size) || !pool_limit(ctx, &limit))
        return JS_EXCEPTION;
    if (size == 0 || size >= limit)
        return own_buffer(ctx, js_mallocz(ctx, size ? size : 1), size);
    return pool_room(ctx, size, limit) ? pool_take(ctx, size) : JS_EXCEPTION;
}

/* fromString(string, encoding) -> a Buffer */
static JSValue from_string(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int encoding = CB_UTF8;
    cb_string_t string;
    JSValue buffer = JS_EXCEPTION;
    size_t len, limit;
    uint8_t *bytes;

    (void)this_value, (void)argc;
    if (JS_IsNumber(argv[1]))
        JS_ToInt32(ctx, &encoding, argv[1]);
    if (!pool_limit(ctx, &limit) || !cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    len = cb_bytes_length(&string, encoding);
    if (len == 0 || len >= limit) {
        bytes = js_malloc(ctx, len ? len : 1);
        if (bytes)
            len = cb_bytes_write(&string, bytes, len, encoding);
        buffer = own_buffer(ctx, bytes, len);
    } else if ((bytes = pool_room(ctx, len, limit))) {
        len = cb_bytes_write(&string, bytes, len, encoding);
        buffer = pool_take(ctx, len);
    }
    JS_FreeValue(ctx, string.owner);
    return buffer;
}

/* encodingOf(string) -> its number, or -1 */
static JSValue encoding_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int encoding = cb_buffer_encoding(ctx, argv[0]);

    (void)this_value, (void)argc;
    return encoding == -2 ? JS_EXCEPTION : JS_NewInt32(ctx, encoding);
}

/* kindOf(value) -> 1 for a Uint8Array, 2 for another typed array, 3 for a DataView, 4 for an ArrayBuffer, 0 for all else */
static JSValue kind_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int type = JS_GetTypedArrayType(argv[0]);

    (void)this_value, (void)argc;
    if (type >= 0)
        return JS_NewInt32(ctx, type == JS_TYPED_ARRAY_UINT8 ? 1 : 2);
    return JS_NewInt32(ctx, JS_IsArrayBuffer(argv[0]) ? 4 : JS_IsDataView(argv[0]) ? 3 : 0);
}

/* install(Buffer, the class of its instances, Uint8Array, nodeError): puts the methods on the prototype */
static JSValue install(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSValue *kept[] = { &buffer_class, &fast_class, &uint8_array, &node_error };
    JSValue prototype = JS_GetPropertyStr(ctx, argv[1], "prototype");

    (void)this_value;
    if (argc < 4 || !JS_IsObject(prototype))
        return JS_ThrowTypeError(ctx, "not a class");
    for (int i = 0; i < 4; i++) {
        JS_FreeValue(ctx, *kept[i]);
        *kept[i] = JS_DupValue(ctx, argv[i]);
    }
    if (pool_size_name == JS_ATOM_NULL)
        pool_size_name = JS_NewAtom(ctx, "poolSize");
    JS_SetPropertyFunctionList(ctx, prototype, cb_buffer_numbers, cb_buffer_numbers_count);
    JS_SetPropertyFunctionList(ctx, prototype, cb_buffer_methods, cb_buffer_methods_count);
    JS_FreeValue(ctx, prototype);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("install", 4, install),         JS_CFUNC_DEF("create", 1, create),
    JS_CFUNC_DEF("allocate", 1, allocate),       JS_CFUNC_DEF("fromString", 2, from_string),
    JS_CFUNC_DEF("encodingOf", 1, encoding_of),  JS_CFUNC_DEF("kindOf", 1, kind_of),
};

const cb_binding_t cb_buffer_binding = { "buffer", functions, sizeof functions / sizeof *functions };
