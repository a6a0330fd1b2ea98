/* Properties that are made when they are first touched, and frames that no stack shows. A part of engine_unit.c.
 *
 * QuickJS-ng makes its own functions on first use (JS_PROP_AUTOINIT), and everything that reflects on a property knows
 * about it: such a property looks like the data property that it will be. Its own makers are C functions that touch
 * nothing else, and it relies on that. Ours run modules, which guest code can get into (a setter on Object.prototype
 * is enough), so the property is looked up anew afterwards, and one that could not be made stays as it was. */

/* Built-in makers have small numbers here; ours is the atom of the key, with this added. One below is an error's stack
 * (engine_stack.h). */
#define LAZY_KEYS_FROM 16u

static JSValue lazy_maker = JS_UNDEFINED;

void cb_engine_set_maker(JSContext *ctx, JSValueConst maker)
{
    lazy_maker = JS_DupValue(ctx, maker);
}

bool cb_engine_is_lazy(const struct JSProperty *property)
{
    return (property->u.init.realm_and_id & 3) == JS_AUTOINIT_ID_BYTECODE &&
           (uintptr_t)property->u.init.opaque >= LAZY_KEYS_FROM - 1;
}

/* Calls what the key stands for: a function of a module of ours, which is loaded now. */
JSValue cb_engine_call_own(JSContext *ctx, const char *key, int argc, JSValueConst *argv)
{
    JSValue name = JS_NewString(ctx, key), function, result;

    if (JS_IsException(name))
        return name;
    function = JS_Call(ctx, lazy_maker, JS_UNDEFINED, 1, (JSValueConst *)&name);
    JS_FreeValue(ctx, name);
    if (JS_IsException(function))
        return function;
    result = JS_Call(ctx, function, JS_UNDEFINED, argc, argv);
    JS_FreeValue(ctx, function);
    return result;
}

static JSValue lazy_value(JSContext *ctx, JSObject *object, uintptr_t opaque)
{
    JSValue key, value;

    if (opaque < LAZY_KEYS_FROM)
        return cb_engine_stack(ctx, JS_MKPTR(JS_TAG_OBJECT, object), object->u.object_data);
    key = JS_AtomToString(ctx, (JSAtom)(opaque - LAZY_KEYS_FROM));
    value = JS_Call(ctx, lazy_maker, JS_UNDEFINED, 1, (JSValueConst *)&key);
    JS_FreeValue(ctx, key);
    return value;
}

/* Called from JS_AutoInitProperty. Its callers look the property up again. */
int cb_engine_make_lazy(JSContext *ctx, JSObject *object, JSAtom name, void *opaque)
{
    JSValue value = lazy_value(ctx, object, (uintptr_t)opaque);
    JSProperty *property;
    JSShapeProperty *shape;

    if (JS_IsException(value))
        return -1;
    shape = find_own_property(&property, object, name);
    if (!shape || (shape->flags & JS_PROP_TMASK) != JS_PROP_AUTOINIT || property->u.init.opaque != opaque) {
        JS_FreeValue(ctx, value);
        return 0;
    }
    if (js_shape_prepare_update(ctx, object, &shape)) {
        JS_FreeValue(ctx, value);
        return -1;
    }
    js_autoinit_free(ctx->rt, property);
    shape->flags &= ~JS_PROP_TMASK;
    property->u.value = value;
    return 0;
}

int cb_engine_define_lazy(JSContext *ctx, JSValueConst object, JSAtom name, JSAtom key, bool enumerable)
{
    int flags = JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE | (enumerable ? JS_PROP_ENUMERABLE : 0);

    if (JS_DeleteProperty(ctx, object, name, 0) < 0)
        return -1;
    return JS_DefineAutoInitProperty(ctx, object, name, JS_AUTOINIT_ID_BYTECODE,
                                     (void *)(uintptr_t)(LAZY_KEYS_FROM + JS_DupAtom(ctx, key)), flags);
}

/* Called while a stack is written down: code of the image is compiled without debug information, so it has no file.
 * What a guest compiles has one. */
bool cb_engine_hides_frame(JSObject *function)
{
    return js_class_has_bytecode(function->class_id) && !function->u.func.function_bytecode->filename;
}
