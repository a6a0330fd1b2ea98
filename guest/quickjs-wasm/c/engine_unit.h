/* What engine_unit.c offers to the other files: the only door to QuickJS-ng's private structures. */
#ifndef CB_ENGINE_UNIT_H
#define CB_ENGINE_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "quickjs.h"

/* Says whether text may be compiled now; throws and returns 0 where it may not. */
typedef int cb_eval_hook(JSContext *ctx);

void cb_engine_guard_eval(JSContext *ctx, cb_eval_hook *hook);
void cb_engine_guard_recursion(JSContext *ctx);
/* Compiles a script without running it and without asking the hook; the text must be followed by a NUL. */
JSValue cb_engine_compile(JSContext *ctx, const char *text, size_t len, const char *filename, int first_line);
/* Puts a JSON.stringify in place whose depth is bounded. */
void cb_engine_bound_stringify(JSContext *ctx);
void cb_engine_seed(JSContext *ctx, uint64_t seed);
const char *cb_engine_error_kind(JSContext *ctx, JSValueConst value);
size_t cb_engine_heap_used(JSContext *ctx);
bool cb_engine_open_arenas(JSContext *ctx);

#endif
