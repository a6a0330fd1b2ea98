/* Making an image: these exports run while the snapshot is taken and are not part of the finished module. */
#include "guest.h"

JSContext *cb_ctx;
static JSValue bootstrap;

static int eval_permitted(JSContext *ctx)
{
    if (cb_bridge_permitted(CB_PERMIT_EVAL))
        return 1;
    cb_denial_throw(ctx, "SecurityError", "The policy does not allow code to be made from text (eval, Function)",
                    "Write the code as functions; a policy may allow this with language.eval: true.");
    return 0;
}

/* Makes the runtime and the context, with the memory below heap_end as the heap; nothing of a clock or a random source may be read here. */
CB_EXPORT("boot_init") int32_t boot_init(uint32_t heap_end)
{
    JSRuntime *runtime;
    JSValue global;

    cb_memory_init(heap_end);
    runtime = JS_NewRuntime2(&cb_malloc_functions, NULL);
    if (!runtime)
        return -1;
    JS_SetMaxStackSize(runtime, 0);
    JS_SetGCThreshold(runtime, (size_t)-1);
    JS_SetCanBlock(runtime, false);
    cb_ctx = JS_NewContext(runtime);
    if (!cb_ctx)
        return -1;
    cb_engine_guard_eval(cb_ctx, eval_permitted);
    cb_engine_bound_stringify(cb_ctx);
    cb_engine_guard_recursion(cb_ctx);
    cb_denial_init(cb_ctx);
    cb_execution_init();
    bootstrap = JS_UNDEFINED;
    global = JS_GetGlobalObject(cb_ctx);
    cb_timers_init(cb_ctx, global);
    JS_DefinePropertyValueStr(cb_ctx, global, "input", JS_UNDEFINED, JS_PROP_C_W_E);
    JS_FreeValue(cb_ctx, global);
    return 0;
}

static int32_t boot_failed(void)
{
    return cb_report_exception(cb_ctx, JS_GetException(cb_ctx)) ? -1 : -1;
}

/* Compiles a script to bytecode without source text, and without debug information unless it is asked for; the
 * bytecode is left in `out`. Code without debug information has no frames in any stack (engine_lazy.h). */
CB_EXPORT("boot_compile") int32_t boot_compile(const char *source, uint32_t len, const char *filename, uint32_t frames)
{
    int flags = JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE | (frames ? 0 : JS_WRITE_OBJ_STRIP_DEBUG);
    JSValue script;
    size_t size;
    uint8_t *bytes;

    script = cb_engine_compile(cb_ctx, source, len, filename, 1);
    if (JS_IsException(script))
        return boot_failed();
    bytes = JS_WriteObject(cb_ctx, &size, script, flags);
    JS_FreeValue(cb_ctx, script);
    if (!bytes)
        return boot_failed();
    cb_mailbox.out_ptr = (uint32_t)(uintptr_t)bytes;
    cb_mailbox.out_len = (uint32_t)size;
    return 0;
}

static JSValue run_bytecode(const uint8_t *bytes, uint32_t len)
{
    JSValue script = JS_ReadObject(cb_ctx, bytes, len, JS_READ_OBJ_BYTECODE);
    return JS_IsException(script) ? script : JS_EvalFunction(cb_ctx, script);
}

/* Runs the bootstrap, a script whose value is a function, with the bridge as its one argument. */
CB_EXPORT("boot_bootstrap") int32_t boot_bootstrap(const uint8_t *bytes, uint32_t len)
{
    JSValue function = run_bytecode(bytes, len), bridge;

    if (JS_IsException(function))
        return boot_failed();
    bridge = cb_bridge_new(cb_ctx);
    bootstrap = JS_Call(cb_ctx, function, JS_UNDEFINED, 1, (JSValueConst *)&bridge);
    JS_FreeValue(cb_ctx, bridge);
    JS_FreeValue(cb_ctx, function);
    return JS_IsException(bootstrap) ? boot_failed() : 0;
}

/* Runs a package's bytecode and keeps its exports under the name, so that `require` finds it ready. */
CB_EXPORT("boot_package") int32_t boot_package(const char *name, const uint8_t *bytes, uint32_t len)
{
    JSValue argv[2], define, result;

    argv[0] = JS_NewString(cb_ctx, name);
    argv[1] = run_bytecode(bytes, len);
    if (JS_IsException(argv[1]))
        return boot_failed();
    define = JS_GetPropertyStr(cb_ctx, bootstrap, "define");
    result = JS_Call(cb_ctx, define, JS_UNDEFINED, 2, (JSValueConst *)argv);
    JS_FreeValue(cb_ctx, define);
    JS_FreeValue(cb_ctx, argv[0]);
    JS_FreeValue(cb_ctx, argv[1]);
    if (JS_IsException(result))
        return boot_failed();
    JS_FreeValue(cb_ctx, result);
    return 0;
}

/* The last thing before the snapshot: no garbage, no trace of what the boot was given. The memory below low_end must be
 * zero and out of this call's way: it is the part of the boot's stack that executions get as their first heap. */
CB_EXPORT("boot_seal") int32_t boot_seal(uint32_t low_end)
{
    JSContext *ctx;

    while (JS_ExecutePendingJob(JS_GetRuntime(cb_ctx), &ctx) > 0)
        ;
    JS_RunGC(JS_GetRuntime(cb_ctx));
    cb_memory_seal(low_end);
    if (!cb_engine_open_arenas(cb_ctx))
        return -1;
    cb_mailbox.out_ptr = cb_mailbox.out_len = 0;
    cb_mailbox.noted = 0;
    return 0;
}
