/* The bridge: what the bootstrap's own JavaScript may ask of the host. It is handed to the bootstrap as an argument,
 * is never a global, and every function of it takes plain bytes or text.
 *
 *   call(operation, payload)   -> Uint8Array   an immediate host call
 *   start(operation, payload)  -> Promise      an asynchronous one; settled by cb_settle
 *   denial(type, message, hint) -> Error       an error that the host will report under that type
 *   log(level, text)                           a console record
 *   permitted(bit), modules()                  what the policy switched on
 *   load(operation, name)      -> value        evaluates bytecode that the host has for a module of the image
 *   text(bytes)                -> string       decodes UTF-8
 *   lazy(object, name, key)                    a property that the maker makes on first touch; enumerable if 4th is true
 *   maker(function)                            says who makes those
 *   primordials()              -> object       built-ins as they were (engine_pristine.h)
 *   bindings(name)             -> object       C functions for modules of ours (bindings.c) */
#include "guest.h"

typedef struct {
    uint32_t id;
    JSValue resolve, reject;
} operation_t;

static operation_t *operations;
static uint32_t operation_capacity;

bool cb_bridge_permitted(uint32_t bit)
{
    return (cb_mailbox.permit & bit) != 0;
}

/* Bytes of a payload: a typed array's or array buffer's own, or a text's UTF-8, which `*text` then owns. */
static const uint8_t *payload_bytes(JSContext *ctx, JSValueConst value, size_t *len, const char **text)
{
    static const uint8_t nothing[1];

    *text = NULL;
    *len = 0;
    if (JS_IsUndefined(value))
        return nothing;
    if (JS_IsString(value))
        return (const uint8_t *)(*text = JS_ToCStringLen(ctx, len, value));
    if (JS_IsArrayBuffer(value))
        return JS_GetArrayBuffer(ctx, len, value);
    return JS_GetUint8Array(ctx, len, value);
}

/* Throws what an answer below zero means (see abi.h). */
static JSValue refused(JSContext *ctx, int32_t answer)
{
    size_t len = (size_t)(-2 - answer);
    char *payload;
    JSValue error;

    if (answer == CB_HOST_FAULT)
        return JS_ThrowInternalError(ctx, "the host could not carry out the call");
    payload = js_malloc(ctx, len + 1);
    if (!payload)
        return JS_EXCEPTION;
    cb_host_take(payload, (uint32_t)len);
    error = cb_denial_from_host(ctx, payload, len);
    js_free(ctx, payload);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

/* The length of the answer. Where that takes its time, the guest stands still at the loop's head: its fuel for now is
 * used up with the first call. */
static int32_t call_host(uint32_t operation, const uint8_t *bytes, size_t len)
{
    int32_t answer_len = cb_host_call(operation, bytes, (uint32_t)len);

    while (answer_len == CB_HOST_LATER)
        answer_len = cb_host_call(CB_OPERATION_LATER_ANSWER, bytes, 0);
    return answer_len;
}

static JSValue bridge_call(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;
    const char *text;
    const uint8_t *bytes;
    int32_t operation, answer_len;
    JSValue answer;

    (void)this_value, (void)argc;
    if (JS_ToInt32(ctx, &operation, argv[0]) || !(bytes = payload_bytes(ctx, argv[1], &len, &text)))
        return JS_EXCEPTION;
    answer_len = call_host((uint32_t)operation, bytes, len);
    JS_FreeCString(ctx, text);
    if (answer_len < 0)
        return refused(ctx, answer_len);
    uint8_t *into = js_malloc(ctx, (size_t)answer_len + 1);
    if (!into)
        return JS_EXCEPTION;
    cb_host_take(into, (uint32_t)answer_len);
    answer = JS_NewUint8ArrayCopy(ctx, into, (size_t)answer_len);
    js_free(ctx, into);
    return answer;
}

static bool remember(JSContext *ctx, uint32_t id, JSValue resolve, JSValue reject)
{
    if (cb_mailbox.operations_open == operation_capacity) {
        uint32_t capacity = operation_capacity ? operation_capacity * 2 : 8;
        operation_t *grown = js_realloc(ctx, operations, capacity * sizeof *operations);
        if (!grown)
            return false;
        operations = grown;
        operation_capacity = capacity;
    }
    operations[cb_mailbox.operations_open++] = (operation_t){ id, resolve, reject };
    return true;
}

static JSValue bridge_start(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;
    const char *text;
    const uint8_t *bytes;
    int32_t operation, id;
    JSValue settle[2], promise;

    (void)this_value, (void)argc;
    if (JS_ToInt32(ctx, &operation, argv[0]) || !(bytes = payload_bytes(ctx, argv[1], &len, &text)))
        return JS_EXCEPTION;
    id = cb_host_start((uint32_t)operation, bytes, (uint32_t)len);
    JS_FreeCString(ctx, text);
    if (id < 0)
        return refused(ctx, id);
    promise = JS_NewPromiseCapability(ctx, settle);
    if (JS_IsException(promise))
        return promise;
    if (!remember(ctx, (uint32_t)id, settle[0], settle[1])) {
        JS_FreeValue(ctx, settle[0]);
        JS_FreeValue(ctx, settle[1]);
        JS_FreeValue(ctx, promise);
        return JS_EXCEPTION;
    }
    return promise;
}

/* Takes ownership of the value. An operation that is not open (settled twice by a fault of the host) is ignored. */
void cb_bridge_settle(JSContext *ctx, uint32_t id, bool ok, JSValue value)
{
    for (uint32_t i = 0; i < cb_mailbox.operations_open; i++) {
        operation_t open = operations[i];
        JSValue result;
        if (open.id != id)
            continue;
        operations[i] = operations[--cb_mailbox.operations_open];
        result = JS_Call(ctx, ok ? open.resolve : open.reject, JS_UNDEFINED, 1, (JSValueConst *)&value);
        JS_FreeValue(ctx, result);
        JS_FreeValue(ctx, open.resolve);
        JS_FreeValue(ctx, open.reject);
        break;
    }
    JS_FreeValue(ctx, value);
}

static JSValue bridge_denial(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    const char *texts[3] = { NULL, NULL, NULL };
    JSValue error;

    (void)this_value;
    for (int i = 0; i < 3 && i < argc; i++)
        texts[i] = JS_IsString(argv[i]) ? JS_ToCString(ctx, argv[i]) : NULL;
    error = cb_denial_new(ctx, texts[0] ? texts[0] : "SecurityError", texts[1] ? texts[1] : "", texts[2]);
    for (int i = 0; i < 3; i++)
        JS_FreeCString(ctx, texts[i]);
    return error;
}

static JSValue bridge_log(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int32_t level;

    (void)this_value, (void)argc;
    if (JS_ToInt32(ctx, &level, argv[0]))
        return JS_EXCEPTION;
    cb_log_put(ctx, (uint32_t)level, argv[1]);
    return JS_UNDEFINED;
}

static JSValue bridge_permitted(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int32_t bit;

    (void)this_value, (void)argc;
    if (JS_ToInt32(ctx, &bit, argv[0]))
        return JS_EXCEPTION;
    return JS_NewBool(ctx, cb_bridge_permitted((uint32_t)bit));
}

static JSValue bridge_modules(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc, (void)argv;
    return JS_NewStringLen(ctx, (const char *)(uintptr_t)cb_mailbox.modules_ptr, cb_mailbox.modules_len);
}

/* The bytecode of a module, which the host keeps: it goes from the host's answer to the reader and nowhere else. */
static JSValue bridge_load(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;
    const char *name = JS_ToCStringLen(ctx, &len, argv[1]);
    int32_t operation, answer_len;
    uint8_t *bytes;
    JSValue function;

    (void)this_value, (void)argc;
    if (!name || JS_ToInt32(ctx, &operation, argv[0]))
        return JS_EXCEPTION;
    answer_len = cb_host_call((uint32_t)operation, (const uint8_t *)name, (uint32_t)len);
    JS_FreeCString(ctx, name);
    if (answer_len < 0)
        return refused(ctx, answer_len);
    bytes = js_malloc(ctx, (size_t)answer_len + 1);
    if (!bytes)
        return JS_EXCEPTION;
    cb_host_take(bytes, (uint32_t)answer_len);
    function = JS_ReadObject(ctx, bytes, (size_t)answer_len, JS_READ_OBJ_BYTECODE);
    js_free(ctx, bytes);
    return JS_IsException(function) ? function : JS_EvalFunction(ctx, function);
}

static JSValue bridge_text(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len;
    uint8_t *bytes = JS_GetUint8Array(ctx, &len, argv[0]);

    (void)this_value, (void)argc;
    return bytes ? JS_NewStringLen(ctx, (const char *)bytes, len) : JS_EXCEPTION;
}

static JSValue bridge_lazy(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSAtom name = JS_ValueToAtom(ctx, argv[1]), key = JS_ValueToAtom(ctx, argv[2]);
    int done = -1;

    (void)this_value;
    if (name != JS_ATOM_NULL && key != JS_ATOM_NULL)
        done = cb_engine_define_lazy(ctx, argv[0], name, key, argc > 3 && JS_ToBool(ctx, argv[3]));
    JS_FreeAtom(ctx, name);
    JS_FreeAtom(ctx, key);
    return done < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue bridge_maker(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    cb_engine_set_maker(ctx, argv[0]);
    return JS_UNDEFINED;
}

static JSValue bridge_primordials(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc, (void)argv;
    return cb_engine_primordials(ctx);
}

static JSValue bridge_bindings(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    const char *name = JS_ToCString(ctx, argv[0]);
    JSValue object;

    (void)this_value, (void)argc;
    object = name ? cb_binding_new(ctx, name) : JS_EXCEPTION;
    JS_FreeCString(ctx, name);
    return object;
}

static const JSCFunctionListEntry bridge_functions[] = {
    JS_CFUNC_DEF("call", 2, bridge_call),
    JS_CFUNC_DEF("start", 2, bridge_start),
    JS_CFUNC_DEF("denial", 3, bridge_denial),
    JS_CFUNC_DEF("log", 2, bridge_log),
    JS_CFUNC_DEF("permitted", 1, bridge_permitted),
    JS_CFUNC_DEF("modules", 0, bridge_modules),
    JS_CFUNC_DEF("load", 2, bridge_load),
    JS_CFUNC_DEF("text", 1, bridge_text),
    JS_CFUNC_DEF("lazy", 3, bridge_lazy),
    JS_CFUNC_DEF("maker", 1, bridge_maker),
    JS_CFUNC_DEF("primordials", 0, bridge_primordials),
    JS_CFUNC_DEF("bindings", 1, bridge_bindings),
};

JSValue cb_bridge_new(JSContext *ctx)
{
    JSValue bridge = JS_NewObjectProto(ctx, JS_NULL);
    JS_SetPropertyFunctionList(ctx, bridge, bridge_functions, sizeof bridge_functions / sizeof *bridge_functions);
    return bridge;
}
