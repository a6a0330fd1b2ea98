/* QuickJS-ng as one translation unit with the few accessors that need its private structures.
 *
 * Everything here is a thin reach into JSContext; no policy is decided in this file. Keeping the reach in one place
 * means that an upgrade of QuickJS-ng breaks here, loudly, and nowhere else. */

#include <stdbool.h>

/* Whether small blocks go to memory.c one by one, packed in the order in which they are made, instead of to arenas of
 * 4 KiB for each size. The build puts this name in place of a constant in quickjs.c. An image is made packed: what
 * belongs together, and is touched together, shares pages. An execution has arenas, which are quicker. */
extern bool cb_engine_packs_blocks;

/* See number.c. */
#include <stdlib.h>
double cb_strtod(const char *text, char **end);
#define strtod cb_strtod

/* Called from what the build changes in quickjs.c (compile.py). */
#include "quickjs.h"
struct JSProperty;
bool cb_engine_is_lazy(const struct JSProperty *property);
int cb_engine_make_lazy(JSContext *ctx, JSObject *object, JSAtom name, void *opaque);
bool cb_engine_hides_frame(JSObject *function);
void cb_engine_add_stack(JSContext *ctx, JSValueConst error);
void cb_engine_finish_aggregate(JSContext *ctx, JSValueConst error);
bool cb_engine_has_plain_stack(JSObject *error);
JSValue cb_engine_stack(JSContext *ctx, JSValueConst error, JSValueConst frames);
JSValue cb_engine_stack_made(JSContext *ctx, JSValueConst error, JSValue frames);

#include "quickjs.c"

#include "engine_unit.h"
#include "engine_lazy.h"
#include "engine_stack.h"
#include "engine_pristine.h"
#include "engine_bytes.h"
#include "engine_inspect.h"

bool cb_engine_packs_blocks = true;

#define PROXY_KEYS_DEPTH_MAX 10000

static cb_eval_hook *eval_hook;

/* Every way to turn text into code (direct and indirect eval, the four function constructors) goes through
 * ctx->eval_internal, so one hook here closes all of them; there is no list of names to keep complete. */
static JSValue guarded_eval(JSContext *ctx, JSValueConst this_obj, const char *input, size_t input_len,
                            const char *filename, int line, int flags, int scope_idx)
{
    if (eval_hook && !eval_hook(ctx))
        return JS_EXCEPTION;
    return __JS_EvalInternal(ctx, this_obj, input, input_len, filename, line, flags, scope_idx);
}

void cb_engine_guard_eval(JSContext *ctx, cb_eval_hook *hook)
{
    eval_hook = hook;
    ctx->eval_internal = guarded_eval;
}

/* Three native functions call themselves down a chain of a guest's making without asking how deep they are: `next` of
 * the iterator helpers and of Iterator.from's wrapper, and the keys of a Proxy. Unguarded they run over the end of the
 * stack, into the heap, or out of the native one. */
static JSValue guarded_helper_next(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int *done,
                                   int magic)
{
    *done = false;
    if (js_check_stack_overflow(ctx->rt, 0))
        return JS_ThrowStackOverflow(ctx);
    return js_iterator_helper_next(ctx, this_value, argc, argv, done, magic);
}

static JSValue guarded_wrap_next(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int *done,
                                 int magic)
{
    *done = false;
    if (js_check_stack_overflow(ctx->rt, 0))
        return JS_ThrowStackOverflow(ctx);
    return js_iterator_wrap_next(ctx, this_value, argc, argv, done, magic);
}

/* Takes hardly any of the stack that is measured but much of the native one, so its depth is counted. */
static int guarded_proxy_keys(JSContext *ctx, JSPropertyEnum **keys, uint32_t *len, JSValueConst proxy)
{
    static uint32_t depth;
    int result;

    if (depth == PROXY_KEYS_DEPTH_MAX || js_check_stack_overflow(ctx->rt, 0)) {
        JS_ThrowStackOverflow(ctx);
        return -1;
    }
    depth++;
    result = js_proxy_get_own_property_names(ctx, keys, len, proxy);
    depth--;
    return result;
}

static void guard_iterator(JSContext *ctx, JSValueConst proto, const char *method, JSCFunctionType guarded)
{
    JSValue function = JS_GetPropertyStr(ctx, proto, method);
    JS_VALUE_GET_OBJ(function)->u.cfunc.c_function = guarded;
    JS_FreeValue(ctx, function);
}

void cb_engine_guard_recursion(JSContext *ctx)
{
    static const char *const methods[] = { "next", "return" };
    static JSClassExoticMethods proxy;
    JSClass *proxy_class = &ctx->rt->class_array[JS_CLASS_PROXY];

    proxy = *proxy_class->exotic;
    proxy.get_own_property_names = guarded_proxy_keys;
    proxy_class->exotic = &proxy;
    for (size_t i = 0; i < countof(methods); i++) {
        guard_iterator(ctx, ctx->class_proto[JS_CLASS_ITERATOR_HELPER], methods[i],
                       (JSCFunctionType){ .iterator_next = guarded_helper_next });
        guard_iterator(ctx, ctx->class_proto[JS_CLASS_ITERATOR_WRAP], methods[i],
                       (JSCFunctionType){ .iterator_next = guarded_wrap_next });
    }
}

/* JS_Eval2 counts lines from 1 at the least; a wrapper's line is line 0, so that the caller's lines are their own. */
JSValue cb_engine_compile(JSContext *ctx, const char *text, size_t len, const char *filename, int first_line)
{
    int flags = JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY | JS_EVAL_FLAG_BACKTRACE_BARRIER;
    return __JS_EvalInternal(ctx, ctx->global_obj, text, len, filename, first_line, flags, -1);
}

void cb_engine_seed(JSContext *ctx, uint64_t seed)
{
    ctx->random_state = seed ? seed : 1;
}

/* JSON.stringify looks for cycles by comparing each object with all that it is inside of, so the time it takes grows
 * with the square of the depth. With this much stack it gives up (RangeError) at some 8,000 levels instead of 56,000. */
#define STRINGIFY_STACK_BYTES (256u * 1024u)

static JSValue shallow_stringify(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSRuntime *rt = ctx->rt;
    uintptr_t kept = rt->stack_limit, pointer = js_get_stack_pointer();
    JSValue text;

    if (pointer > STRINGIFY_STACK_BYTES && pointer - STRINGIFY_STACK_BYTES > kept)
        rt->stack_limit = pointer - STRINGIFY_STACK_BYTES;
    text = js_json_stringify(ctx, this_value, argc, argv);
    rt->stack_limit = kept;
    return text;
}

void cb_engine_bound_stringify(JSContext *ctx)
{
    JSValue json = JS_GetPropertyStr(ctx, ctx->global_obj, "JSON");
    JSValue function = JS_NewCFunction(ctx, shallow_stringify, "stringify", 3);

    JS_DefinePropertyValueStr(ctx, json, "stringify", function, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, json);
}

/* Which native error a value descends from, read from the prototype chain itself: no property is looked up, so no
 * getter runs and nothing that a guest assigned (a name, a constructor) counts. */
const char *cb_engine_error_kind(JSContext *ctx, JSValueConst value)
{
    static const struct { int index; const char *name; } kinds[] = {
        { JS_SYNTAX_ERROR, "SyntaxError" },
        { JS_REFERENCE_ERROR, "ReferenceError" },
        { JS_TYPE_ERROR, "TypeError" },
        { JS_RANGE_ERROR, "RangeError" },
        { JS_INTERNAL_ERROR, "InternalError" },
    };
    JSObject *proto;

    if (JS_GetClassID(value) == JS_CLASS_DOM_EXCEPTION)
        return "Error";
    if (!JS_IsError(value))
        return NULL;
    proto = JS_VALUE_GET_OBJ(value)->shape->proto;
    for (int depth = 0; proto && depth < 32; depth++, proto = proto->shape->proto) {
        for (size_t i = 0; i < countof(kinds); i++) {
            if (JS_VALUE_GET_OBJ(ctx->native_error_proto[kinds[i].index]) == proto)
                return kinds[i].name;
        }
    }
    return "Error";
}

size_t cb_engine_heap_used(JSContext *ctx)
{
    return ctx->rt->malloc_state.malloc_size;
}

/* An arena of `blocks` blocks, made as arena_new makes one of 4 KiB. */
static bool add_small_arena(JSRuntime *rt, int class, unsigned blocks)
{
    unsigned size = arena_block_sizes[class];
    JSArena *arena = rt->mf.js_malloc(rt->malloc_state.opaque, sizeof(JSArena) + (size_t)blocks * size);

    if (!arena)
        return false;
    arena->block_size_idx = (uint8_t)class;
    /* One block more than there are counts as used for ever: an arena that becomes empty would be freed, and a full
     * one made at the next allocation. */
    arena->n_blocks = (uint16_t)(blocks + 1);
    arena->n_used_blocks = 1;
    arena->first_free_block = 0;
    for (unsigned i = 0; i < blocks; i++) {
        JSMallocBlockHeader *block = arena_get_block(arena, i, size);
        block->u.free_next = (uint16_t)(i + 1 < blocks ? i + 1 : JS_ARENA_FREE_NIL);
        block->block_size_idx = (uint8_t)class;
    }
    list_add(&arena->link, &rt->arena_state.arena_list[class]);
    list_add(&arena->free_link, &rt->arena_state.free_arena_list[class]);
    return true;
}

/* Ends the packing. QuickJS-ng gives each of 31 block sizes pages of its own: the handful of objects of a short
 * execution would dirty a page each, so one small arena for each size is made ready, all of them side by side. What
 * needs more gets full arenas as ever. */
bool cb_engine_open_arenas(JSContext *ctx)
{
    cb_engine_packs_blocks = false;
    for (int class = 0; class < JS_ARENA_BLOCK_SIZE_COUNT; class++) {
        unsigned size = arena_block_sizes[class];
        if (!add_small_arena(ctx->rt, class, size <= 64 ? 24 : size <= 128 ? 12 : size <= 256 ? 6 : 3))
            return false;
    }
    return true;
}
