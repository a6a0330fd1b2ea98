/* Errors that only the host's rules can raise: SecurityError, CapabilityError, ConsoleDisabledError, ...
 *
 * A guest can give an error any name, so the name proves nothing. What marks a denial is a property under a private
 * symbol that exists in this file alone and that no reflection shows. */
#include <string.h>

#include "guest.h"

static JSAtom type_key, hint_key;

static const char *const denial_types[] = {
    "SecurityError", "CapabilityError", "ConsoleDisabledError", "ValidationError", "ResultTooLargeError",
    "RateLimitError",
};

static JSAtom private_key(JSContext *ctx, const char *name)
{
    JSValue symbol = JS_NewPrivateSymbol(ctx, name);
    JSAtom key = JS_ValueToAtom(ctx, symbol);
    JS_FreeValue(ctx, symbol);
    return key;
}

void cb_denial_init(JSContext *ctx)
{
    type_key = private_key(ctx, "denial type");
    hint_key = private_key(ctx, "denial hint");
}

static void define_text(JSContext *ctx, JSValueConst error, const char *name, const char *text)
{
    JS_DefinePropertyValueStr(ctx, error, name, JS_NewString(ctx, text), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

JSValue cb_denial_new(JSContext *ctx, const char *type, const char *message, const char *hint)
{
    JSValue error;
    uint32_t index = 0;

    /* A refusal that is about the argument and not about a rule is an ordinary error. */
    if (!strcmp(type, "RangeError"))
        return JS_NewRangeError(ctx, "%s", message);
    if (!strcmp(type, "TypeError"))
        return JS_NewTypeError(ctx, "%s", message);
    error = JS_NewPlainError(ctx, "%s", "");
    if (JS_IsException(error))
        return error;
    for (uint32_t i = 0; i < sizeof denial_types / sizeof *denial_types; i++) {
        if (!strcmp(denial_types[i], type))
            index = i;
    }
    define_text(ctx, error, "message", message);
    define_text(ctx, error, "name", denial_types[index]);
    JS_DefinePropertyValue(ctx, error, type_key, JS_NewInt32(ctx, (int32_t)index), 0);
    if (hint) {
        define_text(ctx, error, "hint", hint);
        JS_DefinePropertyValue(ctx, error, hint_key, JS_NewString(ctx, hint), 0);
    }
    return error;
}

JSValue cb_denial_throw(JSContext *ctx, const char *type, const char *message, const char *hint)
{
    JSValue error = cb_denial_new(ctx, type, message, hint);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

static size_t line_length(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return (size_t)((newline ? newline : end) - at);
}

/* A native error where the type names one, for what is wrong with an argument; a denial for everything else. */
static JSValue error_of_type(JSContext *ctx, const char *type, const char *message, const char *hint)
{
    if (!strcmp(type, "TypeError"))
        return JS_NewTypeError(ctx, "%s", message);
    if (!strcmp(type, "RangeError"))
        return JS_NewRangeError(ctx, "%s", message);
    if (!strcmp(type, "Error"))
        return JS_NewPlainError(ctx, "%s", message);
    return cb_denial_new(ctx, type, message, hint);
}

JSValue cb_denial_from_host(JSContext *ctx, const char *payload, size_t len)
{
    const char *end = payload + len, *at = payload;
    char *parts[3] = { NULL, NULL, NULL };
    JSValue error = JS_EXCEPTION;

    for (int i = 0; i < 3; i++) {
        size_t part_len = i < 2 ? line_length(at, end) : (size_t)(end - at);
        parts[i] = js_strndup(ctx, at, part_len);
        if (!parts[i])
            break;
        at += part_len < (size_t)(end - at) ? part_len + 1 : part_len;
    }
    if (parts[2])
        error = error_of_type(ctx, parts[0], parts[1], *parts[2] ? parts[2] : NULL);
    for (int i = 0; i < 3; i++)
        js_free(ctx, parts[i]);
    return error;
}

const char *cb_denial_type(JSContext *ctx, JSValueConst value, JSValue *hint)
{
    JSPropertyDescriptor own;
    const char *type = NULL;
    int32_t index;

    *hint = JS_UNDEFINED;
    if (!JS_IsError(value) || JS_GetOwnProperty(ctx, &own, value, type_key) <= 0)
        return NULL;
    if (JS_ToInt32(ctx, &index, own.value) == 0)
        type = denial_types[index];
    JS_FreeValue(ctx, own.value);
    if (JS_GetOwnProperty(ctx, &own, value, hint_key) > 0)
        *hint = own.value;
    return type;
}
