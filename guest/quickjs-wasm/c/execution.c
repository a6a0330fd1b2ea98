/* One execution inside the guest: begin, then resume or settle until the outcome is there. */
#include <math.h>
#include <string.h>

#include "guest.h"

#define INBOX_BYTES (16 * 1024)
/* Heap growth before the first garbage collection: short executions never pay for one. */
#define GC_HEADROOM_BYTES (8 * 1024 * 1024)
#define CODE_FILE "codeblock.js"

cb_mailbox_t cb_mailbox;
static char inbox[INBOX_BYTES] __attribute__((aligned(16)));
static JSValue outcome_promise;

CB_EXPORT("cb_alloc") void *cb_alloc(uint32_t len)
{
    return cb_allocate(len);
}

void cb_execution_init(void)
{
    cb_mailbox.version = CB_ABI_VERSION;
    cb_mailbox.inbox_ptr = (uint32_t)(uintptr_t)inbox;
    cb_mailbox.inbox_len = sizeof inbox;
    cb_mailbox.wake_ms = INFINITY;
    outcome_promise = JS_UNDEFINED;
}

static int leave(int status)
{
    cb_mailbox.status = (uint32_t)status;
    cb_mailbox.heap_used = (uint32_t)cb_engine_heap_used(cb_ctx);
    return status;
}

static void enter(void)
{
    JS_UpdateStackTop(JS_GetRuntime(cb_ctx));
    JS_SetMaxStackSize(JS_GetRuntime(cb_ctx), CB_STACK_MAX_BYTES);
}

/* Puts a wrapper round the code in place, in the room that the host left, and compiles it without running it. */
static JSValue compile_wrapped(const char *head, const char *tail)
{
    size_t head_len = strlen(head), tail_len = strlen(tail);
    char *code = (char *)(uintptr_t)cb_mailbox.code_ptr;

    memcpy(code - head_len, head, head_len);
    memcpy(code + cb_mailbox.code_len, tail, tail_len + 1);
    return cb_engine_compile(cb_ctx, code - head_len, head_len + cb_mailbox.code_len + tail_len, CODE_FILE, 0);
}

/* A text that closes its wrapper and opens another (`return 1 }, async m() { return 2`) fits one wrapper but not two
 * of different shape. Without a closing brace there is nothing to close, and one compilation is enough. */
static JSValue compile_body(void)
{
    if (memchr((char *)(uintptr_t)cb_mailbox.code_ptr, '}', cb_mailbox.code_len)) {
        JSValue declaration = compile_wrapped("async function f(){\n", "\n}");
        if (JS_IsException(declaration))
            return declaration;
        JS_FreeValue(cb_ctx, declaration);
    }
    return compile_wrapped("({async ''(){\n", "\n}})['']");
}

static bool bind_input(void)
{
    JSValue global = JS_GetGlobalObject(cb_ctx);
    JSValue input = JS_ParseJSON(cb_ctx, (const char *)(uintptr_t)cb_mailbox.input_ptr, cb_mailbox.input_len, "input");
    bool ok = !JS_IsException(input);

    if (ok)
        JS_SetPropertyStr(cb_ctx, global, "input", input);
    JS_FreeValue(cb_ctx, global);
    return ok;
}

static int fail_with_prefix(const char *type, const char *prefix)
{
    JSValue exception = JS_GetException(cb_ctx);
    JSValue message = JS_IsError(exception) ? JS_GetPropertyStr(cb_ctx, exception, "message") : JS_UNDEFINED;
    const char *text = JS_IsString(message) ? JS_ToCString(cb_ctx, message) : NULL;
    cb_text_t whole = { 0 };
    int status;

    JS_FreeValue(cb_ctx, JS_GetException(cb_ctx));
    if (cb_mailbox.noted & CB_NOTED_GROWTH_REFUSED &&
        (!text || !strncmp(text, "out of memory", 13) || !strcmp(text, "Invalid error message")))
        return cb_report_exception(cb_ctx, JS_NULL);
    cb_text_puts(&whole, prefix);
    cb_text_puts(&whole, text ? text : "the value cannot be read");
    cb_text_put(&whole, "", 1);
    status = cb_report_failure(type, whole.failed ? prefix : whole.bytes, NULL);
    cb_release(whole.bytes);
    JS_FreeCString(cb_ctx, text);
    JS_FreeValue(cb_ctx, message);
    JS_FreeValue(cb_ctx, exception);
    return status;
}

static int publish_json(JSValue json)
{
    size_t len;
    const char *utf8 = JS_ToCStringLen(cb_ctx, &len, json);

    JS_FreeValue(cb_ctx, json);
    if (!utf8)
        return cb_report_exception(cb_ctx, JS_GetException(cb_ctx));
    if (len > cb_mailbox.result_max_bytes) {
        JS_FreeCString(cb_ctx, utf8);
        return cb_report_failure("ResultTooLargeError", "", NULL);
    }
    cb_mailbox.out_ptr = (uint32_t)(uintptr_t)utf8;
    cb_mailbox.out_len = (uint32_t)len;
    return CB_DONE;
}

/* The result is serialised once, here, by the engine's own stringifier: what a guest put in place of JSON.stringify
 * is not asked. */
static int publish_result(JSValue result)
{
    JSValue json;

    if (JS_IsUndefined(result)) {
        if (cb_bridge_permitted(CB_PERMIT_NO_RETURN))
            return publish_json(JS_NewString(cb_ctx, "null"));
        return cb_report_failure("ValidationError", "The code returned no value (undefined)",
                                 "End the code with `return value`, or return null.");
    }
    JS_SetMaxStackSize(JS_GetRuntime(cb_ctx), CB_STACK_RESULT_MAX_BYTES);
    json = JS_JSONStringify(cb_ctx, result, JS_UNDEFINED, JS_UNDEFINED);
    JS_SetMaxStackSize(JS_GetRuntime(cb_ctx), CB_STACK_MAX_BYTES);
    JS_FreeValue(cb_ctx, result);
    if (JS_IsException(json))
        return fail_with_prefix("RuntimeError", "The result cannot be written as JSON: ");
    if (!JS_IsString(json))
        return cb_report_failure("RuntimeError", "The result cannot be written as JSON: it is a function or a symbol",
                                 "Return plain data: objects, arrays, strings, numbers, booleans or null.");
    return publish_json(json);
}

static int report_deadlock(void)
{
    if (cb_mailbox.noted & CB_NOTED_GROWTH_REFUSED)
        return cb_report_exception(cb_ctx, JS_NULL);
    return cb_report_failure("RuntimeError", "Deadlock: the code waits for a promise that nothing can settle any more",
                             "Resolve or reject every promise that the code awaits.");
}

/* The outcome if the code's promise is settled, CB_IDLE if it is not. */
static int settled(void)
{
    JSPromiseStateEnum state = JS_PromiseState(cb_ctx, outcome_promise);

    if (state == JS_PROMISE_PENDING)
        return CB_IDLE;
    JSValue value = JS_PromiseResult(cb_ctx, outcome_promise);
    return state == JS_PROMISE_FULFILLED ? publish_result(value) : cb_report_exception(cb_ctx, value);
}

/* Runs microtasks until the outcome is there or none is left. What is still queued then is dropped with the
 * instance: it never delays the answer. Ticks run before the first microtask and whenever none is left, as in Node. */
static int drain(void)
{
    JSContext *ctx;
    bool ticks = true;

    for (;;) {
        int status = settled(), ran;
        if (status != CB_IDLE)
            return status;
        ran = ticks ? cb_ticks_run(cb_ctx) : JS_ExecutePendingJob(JS_GetRuntime(cb_ctx), &ctx);
        if (ran < 0)
            return cb_report_exception(cb_ctx, JS_GetException(cb_ctx));
        if (ran == 0 && !ticks && !cb_ticks_any())
            return CB_IDLE;
        ticks = ran == 0 && !ticks;
    }
}

/* One round: microtasks, then the timers that were due when the round began, each followed by its microtasks. Timers
 * set meanwhile wait for the next round, so that the host can settle operations in between. */
static int run_round(void)
{
    uint32_t mark = cb_timers_mark();
    int status = drain();

    while (status == CB_IDLE) {
        int ran = cb_timers_run_one(cb_ctx, mark);
        if (ran < 0)
            return cb_report_exception(cb_ctx, JS_GetException(cb_ctx));
        if (ran == 0)
            break;
        status = drain();
    }
    if (status != CB_IDLE)
        return status;
    cb_mailbox.wake_ms = cb_timers_next_ms();
    if (!cb_timers_any() && cb_mailbox.operations_open == 0)
        return report_deadlock();
    return CB_WAITING;
}

/* Compiles the code and gives its bytecode as the result. Nothing of the caller's has run in the instance by then. */
CB_EXPORT("cb_compile") int32_t cb_compile(void)
{
    size_t len;
    uint8_t *bytes = NULL;
    JSValue script;

    enter();
    JS_SetGCThreshold(JS_GetRuntime(cb_ctx), cb_engine_heap_used(cb_ctx) + GC_HEADROOM_BYTES);
    script = compile_body();
    if (!JS_IsException(script)) {
        bytes = JS_WriteObject(cb_ctx, &len, script, JS_WRITE_OBJ_BYTECODE);
        JS_FreeValue(cb_ctx, script);
    }
    if (!bytes)
        return leave(cb_report_exception(cb_ctx, JS_GetException(cb_ctx)));
    cb_mailbox.out_ptr = (uint32_t)(uintptr_t)bytes;
    cb_mailbox.out_len = (uint32_t)len;
    return leave(CB_DONE);
}

CB_EXPORT("cb_begin") int32_t cb_begin(void)
{
    enter();
    cb_log_begin();
    cb_engine_seed(cb_ctx, cb_mailbox.seed);
    JS_SetGCThreshold(JS_GetRuntime(cb_ctx), cb_engine_heap_used(cb_ctx) + GC_HEADROOM_BYTES);
    if (!bind_input())
        return leave(fail_with_prefix("ValidationError", "The input cannot be read: "));
    /* Made by cb_compile in an instance that ran nothing; errors find their place in the text. */
    JSValue script = JS_ReadObject(cb_ctx, (uint8_t *)(uintptr_t)cb_mailbox.bytecode_ptr, cb_mailbox.bytecode_len,
                                   JS_READ_OBJ_BYTECODE);
    if (JS_IsException(script))
        return leave(cb_report_exception(cb_ctx, JS_GetException(cb_ctx)));
    JSValue function = JS_EvalFunction(cb_ctx, script);
    outcome_promise = JS_Call(cb_ctx, function, JS_UNDEFINED, 0, NULL);
    JS_FreeValue(cb_ctx, function);
    if (JS_IsException(outcome_promise))
        return leave(cb_report_exception(cb_ctx, JS_GetException(cb_ctx)));
    return leave(run_round());
}

CB_EXPORT("cb_resume") int32_t cb_resume(void)
{
    enter();
    return leave(run_round());
}

/* The payload, from cb_alloc, is bytes where the operation went well and an error (see abi.h) where it did not. */
CB_EXPORT("cb_settle") int32_t cb_settle(uint32_t operation_id, uint32_t ok, uint8_t *payload, uint32_t len)
{
    JSValue value;

    enter();
    value = ok ? JS_NewUint8ArrayCopy(cb_ctx, payload, len) : cb_denial_from_host(cb_ctx, (const char *)payload, len);
    cb_release(payload);
    if (JS_IsException(value))
        return leave(cb_report_exception(cb_ctx, JS_GetException(cb_ctx)));
    cb_bridge_settle(cb_ctx, operation_id, ok != 0, value);
    return leave(run_round());
}
