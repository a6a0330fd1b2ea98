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

/* engine_lazy.h: a property that `maker(key)` makes when it is first touched. */
void cb_engine_set_maker(JSContext *ctx, JSValueConst maker);
JSValue cb_engine_call_own(JSContext *ctx, const char *key, int argc, JSValueConst *argv);
int cb_engine_define_lazy(JSContext *ctx, JSValueConst object, JSAtom name, JSAtom key, bool enumerable);

/* engine_pristine.h: an object whose properties are built-ins as they were, by Node's names for them. */
JSValue cb_engine_primordials(JSContext *ctx);

/* engine_inspect.h */
JSValue cb_engine_kind(JSContext *ctx, JSValueConst value);
bool cb_engine_is_class(JSContext *ctx, JSValueConst value);
bool cb_engine_is_dense(JSContext *ctx, JSValueConst value);
JSValue cb_engine_entries(JSContext *ctx, JSValueConst value, bool *pairs);

/* engine_bytes.h */
typedef struct {
    JSValue owner; /* to be freed by the caller */
    size_t len;    /* in units */
    bool wide;
    const uint8_t *latin1;
    const uint16_t *utf16;
} cb_string_t;

/* The units of a string; throws and gives false for any other value. */
bool cb_engine_string(JSContext *ctx, JSValueConst value, cb_string_t *string);
/* The bytes of an array buffer or of any view; throws and gives NULL where there are none, or none to write to. */
uint8_t *cb_engine_bytes(JSContext *ctx, JSValueConst value, bool to_write, size_t *len);
/* Whether a view grows and shrinks with its buffer. */
bool cb_engine_tracks_length(JSValueConst view);
/* Strings to be filled. Where `len` is 0, `*units` is NULL. */
JSValue cb_engine_new_latin1(JSContext *ctx, size_t len, uint8_t **units);
JSValue cb_engine_new_utf16(JSContext *ctx, size_t len, uint16_t **units);
/* A buffer of bytes from js_malloc, which it owns from now on, also where this fails. */
JSValue cb_engine_new_buffer(JSContext *ctx, uint8_t *bytes, size_t len);

#endif
