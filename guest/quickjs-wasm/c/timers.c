/* setTimeout, setInterval, setImmediate and their clear functions; queueMicrotask.
 *
 * The queue lives here and not in the host: the host only learns when the next timer is due. So a flood of timers
 * costs the guest its own fuel and memory, and a waiting execution is one wake-up in the host. In C, because code
 * that runs after the guest's must not depend on any built-in that a guest can replace. */
#include <math.h>

#include "guest.h"

#define DELAY_MAX_MS 2147483647.0

typedef struct {
    double due_ms;
    double interval_ms; /* negative: once */
    uint32_t id;        /* ascending, so also the order among timers that are due together */
    uint32_t sequence;
    int argc;
    JSValue callback;
    JSValue *argv;
} entry_t;

static entry_t *heap;
static uint32_t heap_len, heap_capacity, last_id, last_sequence;
static uint32_t running_id;
static bool running_cleared;

static bool before(const entry_t *a, const entry_t *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->sequence < b->sequence;
}

static void swap(uint32_t i, uint32_t j)
{
    entry_t kept = heap[i];
    heap[i] = heap[j];
    heap[j] = kept;
}

static void sift_up(uint32_t i)
{
    for (; i > 0 && before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(i, (i - 1) / 2);
}

static void sift_down(uint32_t i)
{
    for (;;) {
        uint32_t least = i, left = 2 * i + 1;
        for (uint32_t child = left; child <= left + 1 && child < heap_len; child++) {
            if (before(&heap[child], &heap[least]))
                least = child;
        }
        if (least == i)
            return;
        swap(i, least);
        i = least;
    }
}

static entry_t remove_at(uint32_t i)
{
    entry_t removed = heap[i];
    heap[i] = heap[--heap_len];
    if (i < heap_len) {
        sift_down(i);
        sift_up(i);
    }
    return removed;
}

static bool insert(entry_t entry)
{
    if (heap_len == heap_capacity) {
        uint32_t capacity = heap_capacity ? heap_capacity * 2 : 8;
        entry_t *grown = cb_resize(heap, capacity * sizeof *heap);
        if (!grown)
            return false;
        heap = grown;
        heap_capacity = capacity;
    }
    entry.sequence = ++last_sequence;
    heap[heap_len] = entry;
    sift_up(heap_len++);
    return true;
}

static void dispose(JSContext *ctx, entry_t *entry)
{
    JS_FreeValue(ctx, entry->callback);
    for (int i = 0; i < entry->argc; i++)
        JS_FreeValue(ctx, entry->argv[i]);
    js_free(ctx, entry->argv);
}

static bool read_delay(JSContext *ctx, int argc, JSValueConst *argv, double *delay_ms)
{
    *delay_ms = 0;
    if (argc >= 2 && JS_ToFloat64(ctx, delay_ms, argv[1]))
        return false;
    /* Node's rule: what is not within 1..2^31-1 becomes 1, and fractions are dropped. */
    *delay_ms = *delay_ms >= 1 && *delay_ms <= DELAY_MAX_MS ? trunc(*delay_ms) : 1;
    return true;
}

static bool copy_arguments(JSContext *ctx, entry_t *entry, int argc, JSValueConst *argv)
{
    entry->argc = argc > 0 ? argc : 0;
    if (argc <= 0)
        return true;
    entry->argv = js_malloc(ctx, (size_t)entry->argc * sizeof *entry->argv);
    if (!entry->argv)
        return false;
    for (int i = 0; i < entry->argc; i++)
        entry->argv[i] = JS_DupValue(ctx, argv[i]);
    return true;
}

enum { TIMEOUT, INTERVAL, IMMEDIATE };

/* Throws what Node throws for a callback that is no function. */
static JSValue throw_no_function(JSContext *ctx, JSValueConst value)
{
    JSValue name = JS_NewString(ctx, "callback"), result;

    if (JS_IsException(name))
        return name;
    result = cb_engine_call_own(ctx, "internal/validators#validateFunction", 2, (JSValueConst[]){ value, name });
    JS_FreeValue(ctx, name);
    return result;
}

/* Text is compiled when its time has come, and only where the policy lets text become code. */
static JSValue check_callback(JSContext *ctx, JSValueConst value)
{
    if (JS_IsFunction(ctx, value) || (JS_IsString(value) && cb_bridge_permitted(CB_PERMIT_EVAL)))
        return JS_UNDEFINED;
    if (JS_IsString(value))
        return cb_denial_throw(ctx, "SecurityError", "A timer's callback must be a function: text is not compiled",
                               "Pass a function: setTimeout(() => { ... }, ms).");
    return throw_no_function(ctx, value);
}

static JSValue call_back(JSContext *ctx, const entry_t *entry)
{
    size_t len;
    const char *text;
    JSValue result, global;

    if (!JS_IsString(entry->callback)) {
        global = JS_GetGlobalObject(ctx);
        result = JS_Call(ctx, entry->callback, global, entry->argc, (JSValueConst *)entry->argv);
        JS_FreeValue(ctx, global);
        return result;
    }
    text = JS_ToCStringLen(ctx, &len, entry->callback);
    result = text ? JS_Eval(ctx, text, len, "timer.js", JS_EVAL_TYPE_GLOBAL) : JS_EXCEPTION;
    JS_FreeCString(ctx, text);
    return result;
}

static JSValue set_timer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int kind)
{
    entry_t entry = { .interval_ms = -1 };
    double delay_ms = 0;
    int skipped = kind == IMMEDIATE ? 1 : 2;

    (void)this_value;
    if (JS_IsException(check_callback(ctx, argc > 0 ? argv[0] : JS_UNDEFINED)))
        return JS_EXCEPTION;
    if (kind != IMMEDIATE && !read_delay(ctx, argc, argv, &delay_ms))
        return JS_EXCEPTION;
    if (!copy_arguments(ctx, &entry, argc - skipped, argv + skipped))
        return JS_EXCEPTION;
    entry.due_ms = cb_mailbox.elapsed_ms + delay_ms;
    entry.interval_ms = kind == INTERVAL ? delay_ms : -1;
    entry.id = ++last_id;
    entry.callback = JS_DupValue(ctx, argv[0]);
    if (!insert(entry)) {
        dispose(ctx, &entry);
        return JS_ThrowOutOfMemory(ctx);
    }
    return JS_NewUint32(ctx, entry.id);
}

static JSValue clear_timer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    double id;

    (void)this_value;
    if (argc < 1 || !(JS_IsNumber(argv[0]) || JS_IsString(argv[0])))
        return JS_UNDEFINED;
    if (JS_ToFloat64(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    if (running_id && id == running_id)
        running_cleared = true;
    for (uint32_t i = 0; i < heap_len; i++) {
        if (heap[i].id == id) {
            entry_t removed = remove_at(i);
            dispose(ctx, &removed);
            break;
        }
    }
    return JS_UNDEFINED;
}

static JSValue microtask(JSContext *ctx, int argc, JSValueConst *argv)
{
    (void)argc;
    return JS_Call(ctx, argv[0], JS_UNDEFINED, 0, NULL);
}

static JSValue queue_microtask(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value;
    (void)argc;
    if (!JS_IsFunction(ctx, argv[0]))
        return throw_no_function(ctx, argv[0]);
    return JS_EnqueueJob(ctx, microtask, 1, argv) ? JS_EXCEPTION : JS_UNDEFINED;
}

static void define(JSContext *ctx, JSValueConst global, const char *name, JSValue function)
{
    JS_DefinePropertyValueStr(ctx, global, name, function, JS_PROP_C_W_E);
}

void cb_timers_init(JSContext *ctx, JSValueConst global)
{
    static const char *const setters[] = { "setTimeout", "setInterval", "setImmediate" };
    static const char *const clearers[] = { "clearTimeout", "clearInterval", "clearImmediate" };

    for (int kind = TIMEOUT; kind <= IMMEDIATE; kind++) {
        define(ctx, global, setters[kind],
               JS_NewCFunctionMagic(ctx, set_timer, setters[kind], kind == IMMEDIATE ? 1 : 2, JS_CFUNC_generic_magic,
                                    kind));
        define(ctx, global, clearers[kind], JS_NewCFunction(ctx, clear_timer, clearers[kind], 1));
    }
    define(ctx, global, "queueMicrotask", JS_NewCFunction(ctx, queue_microtask, "queueMicrotask", 1));
}

bool cb_timers_any(void)
{
    return heap_len > 0;
}

double cb_timers_next_ms(void)
{
    return heap_len ? heap[0].due_ms : INFINITY;
}

uint32_t cb_timers_mark(void)
{
    return last_sequence;
}

int cb_timers_run_one(JSContext *ctx, uint32_t mark)
{
    entry_t entry;
    JSValue result;
    bool threw;

    if (!heap_len || heap[0].due_ms > cb_mailbox.elapsed_ms || heap[0].sequence > mark)
        return 0;
    entry = remove_at(0);
    running_id = entry.id;
    running_cleared = false;
    result = call_back(ctx, &entry);
    threw = JS_IsException(result);
    JS_FreeValue(ctx, result);
    running_id = 0;
    if (entry.interval_ms >= 0 && !threw && !running_cleared) {
        entry.due_ms = cb_mailbox.elapsed_ms + entry.interval_ms;
        if (insert(entry))
            return 1;
        JS_ThrowOutOfMemory(ctx);
        threw = true;
    }
    dispose(ctx, &entry);
    return threw ? -1 : 1;
}
