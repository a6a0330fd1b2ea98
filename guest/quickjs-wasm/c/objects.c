/* bindings('objects'): what JavaScript cannot ask about objects, or only slowly; structuredClone is made of it. */
#include "guest.h"

/* kind(object) -> number: the same for all objects of one built-in class, and no prototype decides it. */
static JSValue kind(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return JS_NewInt32(ctx, JS_IsObject(argv[0]) ? (int32_t)JS_GetClassID(argv[0]) : -1);
}

/* tracksLength(view) -> whether it grows and shrinks with its buffer. */
static JSValue tracks_length(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return JS_NewBool(ctx, cb_engine_tracks_length(argv[0]));
}

/* The value to put into a copy: itself where it is a plain primitive, else what visit makes of it. */
static JSValue copied(JSContext *ctx, JSValue value, JSValueConst visit)
{
    JSValue made;

    if (JS_IsException(value) || !(JS_IsObject(value) || JS_IsSymbol(value)))
        return value;
    made = JS_Call(ctx, visit, JS_UNDEFINED, 1, (JSValueConst *)&value);
    JS_FreeValue(ctx, value);
    return made;
}

static int copy_property(JSContext *ctx, JSValueConst target, JSValueConst source, JSAtom key, JSValueConst visit)
{
    /* What a getter has deleted meanwhile is passed over. */
    int there = JS_GetOwnProperty(ctx, NULL, source, key);
    JSValue value;

    if (there <= 0)
        return there;
    value = copied(ctx, JS_GetProperty(ctx, source, key), visit);
    if (JS_IsException(value))
        return -1;
    return JS_DefinePropertyValue(ctx, target, key, value, JS_PROP_C_W_E);
}

/* copy(target, source, visit): gives target the own enumerable string properties of source, in their order. */
static JSValue copy(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSPropertyEnum *keys;
    uint32_t len;
    int done = 0;

    (void)this_value, (void)argc;
    if (JS_GetOwnPropertyNames(ctx, &keys, &len, argv[1], JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY))
        return JS_EXCEPTION;
    for (uint32_t i = 0; i < len && done >= 0; i++)
        done = copy_property(ctx, argv[0], argv[1], keys[i].atom, argv[2]);
    JS_FreePropertyEnum(ctx, keys, len);
    return done < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* heapUsed() -> bytes */
static JSValue heap_used(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc, (void)argv;
    return JS_NewFloat64(ctx, (double)cb_engine_heap_used(ctx));
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("kind", 1, kind),
    JS_CFUNC_DEF("tracksLength", 1, tracks_length),
    JS_CFUNC_DEF("copy", 3, copy),
    JS_CFUNC_DEF("heapUsed", 0, heap_used),
};
const cb_binding_t cb_objects_binding = { "objects", functions, sizeof functions / sizeof *functions };
