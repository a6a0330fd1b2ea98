/* bindings('ticks'): what runs before the next microtask. The queue of process.nextTick itself is JavaScript
 * (js/node/process/ticks.js); here is the one function that works it off. */
#include "guest.h"

static JSValue runner;
static bool armed;

/* arm(function): the function is called once, when the microtasks that are running have ended. */
static JSValue arm(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    if (armed)
        return JS_UNDEFINED;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "not a function");
    runner = JS_DupValue(ctx, argv[0]);
    armed = true;
    return JS_UNDEFINED;
}

bool cb_ticks_any(void)
{
    return armed;
}

int cb_ticks_run(JSContext *ctx)
{
    JSValue function = runner, result;
    bool threw;

    if (!armed)
        return 0;
    armed = false;
    result = JS_Call(ctx, function, JS_UNDEFINED, 0, NULL);
    threw = JS_IsException(result);
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, function);
    return threw ? -1 : 1;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("arm", 1, arm),
};
const cb_binding_t cb_ticks_binding = { "ticks", functions, sizeof functions / sizeof *functions };
