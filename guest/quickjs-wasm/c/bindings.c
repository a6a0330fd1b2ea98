/* The C functions of modules: one object for each file of them, made when a module of ours asks for it by name. Until
 * then it costs an execution nothing. */
#include <string.h>

#include "guest.h"

/* One line for each file. */
static const cb_binding_t *const bindings[] = {
    &cb_base64_binding,
    &cb_buffer_binding,
    &cb_bytes_binding,
    &cb_objects_binding,
    &cb_ticks_binding,
    &cb_decoder_binding,
    &cb_digest_binding,
    &cb_inspect_binding,
    &cb_url_binding,
    &cb_cells_binding,
};

JSValue cb_binding_new(JSContext *ctx, const char *name)
{
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        JSValue object;
        if (strcmp(bindings[i]->name, name))
            continue;
        object = JS_NewObjectProto(ctx, JS_NULL);
        if (!JS_IsException(object))
            JS_SetPropertyFunctionList(ctx, object, bindings[i]->functions, bindings[i]->count);
        return object;
    }
    return JS_ThrowInternalError(ctx, "there are no bindings %s", name);
}
