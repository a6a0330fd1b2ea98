/* `stack` of errors as V8 and Node have it. A part of engine_unit.c.
 *
 * QuickJS-ng keeps the frames alone, and an accessor on Error.prototype reads them. Code for Node expects a property of
 * the error itself, the first of them, and a text that begins with what the error says. So an error gets a property
 * that is made when it is first touched, as Node writes a stack when it is first read: until then it costs its place
 * in the shape alone. The accessor stays for whoever asks it. */

/* What the opaque of such a property is: not among the small numbers of QuickJS-ng's own makers, nor of ours. */
#define LAZY_STACK (LAZY_KEYS_FROM - 1)

bool cb_engine_is_lazy_stack(const JSProperty *property)
{
    return (property->u.init.realm_and_id & 3) == JS_AUTOINIT_ID_BYTECODE &&
           (uintptr_t)property->u.init.opaque == LAZY_STACK;
}

/* Called for each error that is made. Without memory for it there is the accessor. */
void cb_engine_add_stack(JSContext *ctx, JSValueConst error)
{
    JS_DefineAutoInitProperty(ctx, error, JS_ATOM_stack, JS_AUTOINIT_ID_BYTECODE, (void *)(uintptr_t)LAZY_STACK,
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
}

/* The error of Promise.any, which QuickJS-ng makes without a message and without a stack. */
void cb_engine_finish_aggregate(JSContext *ctx, JSValueConst error)
{
    JSValue message = JS_NewString(ctx, "All promises were rejected");

    cb_engine_add_stack(ctx, error);
    if (JS_IsException(message))
        JS_FreeValue(ctx, JS_GetException(ctx));
    else
        JS_DefinePropertyValue(ctx, error, JS_ATOM_message, message, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    build_backtrace(ctx, error, JS_UNDEFINED, NULL, 0, 0, 0);
}

/* Whether nothing has been put in the place of an error's `stack`. */
bool cb_engine_has_plain_stack(JSObject *error)
{
    JSProperty *property;
    JSShapeProperty *shape = find_own_property(&property, error, JS_ATOM_stack);

    return !shape || ((shape->flags & JS_PROP_TMASK) == JS_PROP_AUTOINIT && cb_engine_is_lazy_stack(property));
}

/* The text before the frames; never an exception: what a getter or a toString throws counts as no name. */
static JSValue headline(JSContext *ctx, JSValueConst error)
{
    JSValue pending = JS_GetException(ctx), text = js_error_toString(ctx, error, 0, NULL);

    if (JS_IsException(text)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        text = JS_AtomToString(ctx, JS_ATOM_Error);
    }
    JS_Throw(ctx, pending);
    return text;
}

/* The stack of an error with these frames. What a guest's own prepareStackTrace made is no string of ours and stays. */
JSValue cb_engine_stack(JSContext *ctx, JSValueConst error, JSValueConst frames)
{
    JSValue text;
    uint32_t len;

    if (JS_VALUE_GET_TAG(frames) != JS_TAG_STRING)
        return js_dup(frames);
    text = headline(ctx, error);
    len = JS_VALUE_GET_STRING(frames)->len;
    if (!len || JS_IsException(text))
        return text;
    text = JS_ConcatString3(ctx, "", text, "\n");
    if (JS_IsException(text))
        return text;
    return JS_ConcatString(ctx, text, js_sub_string(ctx, JS_VALUE_GET_STRING(frames), 0, (int)len - 1));
}

/* The same for a stack that becomes a property while it is made. It takes ownership of the frames. */
JSValue cb_engine_stack_made(JSContext *ctx, JSValueConst error, JSValue frames)
{
    JSValue text = cb_engine_stack(ctx, error, frames);

    JS_FreeValue(ctx, frames);
    return JS_IsException(text) ? JS_NULL : text;
}
