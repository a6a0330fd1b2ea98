/* atob and btoa: text whose units are bytes, and base64. */
#include <string.h>

#include "bytes.h"
#include "codecs.h"
#include "guest.h"

/* decode(string) -> string, undefined for what is no base64 */
static JSValue decode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_string_t string;
    JSValue text = JS_UNDEFINED;
    uint8_t *bytes, *units;
    size_t len;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    bytes = js_malloc(ctx, string.len / 4 * 3 + 16);
    if (!bytes)
        text = JS_EXCEPTION;
    else if (cb_base64_forgiving(&string, bytes, &len)) {
        text = cb_engine_new_latin1(ctx, len, &units);
        if (!JS_IsException(text) && len)
            memcpy(units, bytes, len);
    }
    js_free(ctx, bytes);
    JS_FreeValue(ctx, string.owner);
    return text;
}

/* Copies units that are bytes; false where one is none. */
static bool narrow(const cb_string_t *string, uint8_t *bytes)
{
    for (size_t i = 0; i < string->len; i++) {
        if (string->utf16[i] > 0xFF)
            return false;
        bytes[i] = (uint8_t)string->utf16[i];
    }
    return true;
}

static JSValue encoded(JSContext *ctx, const uint8_t *bytes, size_t len)
{
    uint8_t *units;
    JSValue text = cb_engine_new_latin1(ctx, cb_base64_length(len, false), &units);

    if (!JS_IsException(text) && len)
        cb_base64_encode(bytes, len, false, units);
    return text;
}

/* encode(string) -> string, undefined where a unit is no byte */
static JSValue encode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_string_t string;
    JSValue text = JS_UNDEFINED;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    if (string.wide) {
        uint8_t *bytes = js_malloc(ctx, string.len + 1);
        text = !bytes ? JS_EXCEPTION : narrow(&string, bytes) ? encoded(ctx, bytes, string.len) : JS_UNDEFINED;
        js_free(ctx, bytes);
    } else
        text = encoded(ctx, string.latin1, string.len);
    JS_FreeValue(ctx, string.owner);
    return text;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("decode", 1, decode),
    JS_CFUNC_DEF("encode", 1, encode),
};

const cb_binding_t cb_base64_binding = { "base64", functions, sizeof functions / sizeof *functions };
