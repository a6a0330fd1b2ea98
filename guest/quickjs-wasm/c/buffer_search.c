/* indexOf, lastIndexOf and includes of Buffer. */
#include <math.h>

#include "buffer.h"

typedef struct {
    double offset;
    int encoding;
    bool backwards;
} search_t;

/* Where a search of `sought` bytes begins in `len`, -1 where there is nothing to search. */
static double search_start(const search_t *search, double len, double sought)
{
    double at = search->offset;

    if (at < 0)
        return at + len >= 0 ? at + len : !search->backwards || sought == 0 ? 0 : -1;
    if (at + sought <= len)
        return at;
    return sought == 0 ? len : search->backwards ? len - 1 : -1;
}

static int64_t search_bytes(const search_t *search, const uint8_t *bytes, size_t len, const uint8_t *what, size_t sought)
{
    double start = search_start(search, (double)len, (double)sought);

    if (sought == 0)
        return (int64_t)start;
    if (start < 0 || sought > len || (!search->backwards && start + (double)sought > (double)len))
        return -1;
    return cb_search(bytes, len, (size_t)start, what, sought, search->encoding == CB_UCS2 ? 2 : 1, search->backwards);
}

static int64_t search_string(JSContext *ctx, const search_t *search, JSValueConst buffer, JSValueConst value)
{
    int64_t found = -2;
    cb_string_t string;
    const uint8_t *bytes;
    size_t sought, len;
    uint8_t *what;

    if (!cb_engine_string(ctx, value, &string))
        return -2;
    sought = cb_bytes_length(&string, search->encoding);
    what = js_malloc(ctx, sought ? sought : 1);
    if (what) {
        sought = cb_bytes_write(&string, what, sought, search->encoding);
        bytes = cb_engine_bytes(ctx, buffer, false, &len);
        if (bytes)
            found = search_bytes(search, bytes, len, what, sought);
        js_free(ctx, what);
    }
    JS_FreeValue(ctx, string.owner);
    return found;
}

/* The arguments but for the value. False where it throws. */
static bool search_args(JSContext *ctx, size_t len, JSValueConst offset, JSValueConst *encoding, search_t *search)
{
    search->offset = NAN;
    search->encoding = CB_UTF8;
    if (JS_IsString(offset))
        *encoding = offset;
    else if (JS_ToFloat64(ctx, &search->offset, offset) < 0)
        return false;
    if (isnan(search->offset))
        search->offset = search->backwards ? (double)len : 0;
    search->offset = trunc(fmax(fmin(search->offset, INT32_MAX), INT32_MIN));
    return true;
}

/* indexOf(value, byteOffset, encoding), lastIndexOf, includes */
JSValue cb_buffer_index_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int kind)
{
    JSValueConst encoding = argv[2], value = argv[0];
    search_t search = { 0, CB_UTF8, kind == CB_BACKWARDS };
    const uint8_t *bytes, *what;
    size_t len, sought;
    int64_t found;
    uint8_t byte;

    (void)argc;
    if (!cb_engine_bytes(ctx, this_value, false, &len) || !search_args(ctx, len, argv[1], &encoding, &search))
        return JS_EXCEPTION;
    if (!JS_IsNumber(value) && !JS_IsUndefined(encoding)) {
        search.encoding = cb_buffer_encoding(ctx, encoding);
        if (search.encoding == -2)
            return JS_EXCEPTION;
        if (search.encoding == -1 && JS_IsString(value))
            return cb_buffer_throw_encoding(ctx, encoding);
    }
    if (JS_IsString(value)) {
        found = search_string(ctx, &search, this_value, value);
    } else if (JS_IsNumber(value)) {
        int32_t number;
        JS_ToInt32(ctx, &number, value);
        byte = (uint8_t)number;
        bytes = cb_engine_bytes(ctx, this_value, false, &len);
        found = bytes ? search_bytes(&search, bytes, len, &byte, 1) : -2;
    } else if (cb_is_uint8_array(value)) {
        what = cb_engine_bytes(ctx, value, false, &sought);
        bytes = what ? cb_engine_bytes(ctx, this_value, false, &len) : NULL;
        found = bytes ? search_bytes(&search, bytes, len, what, sought) : -2;
    } else {
        static const char *const kinds[] = { "number", "string", "Buffer", "Uint8Array" };
        JSValue values[] = { JS_NewString(ctx, "value"), JS_NewArray(ctx), JS_DupValue(ctx, value) };
        for (uint32_t i = 0; i < 4; i++)
            JS_DefinePropertyValueUint32(ctx, values[1], i, JS_NewString(ctx, kinds[i]), JS_PROP_C_W_E);
        return cb_buffer_throw(ctx, "ERR_INVALID_ARG_TYPE", 3, values);
    }
    if (found == -2)
        return JS_EXCEPTION;
    return kind == CB_ANYWHERE ? JS_NewBool(ctx, found >= 0) : JS_NewInt64(ctx, found);
}
