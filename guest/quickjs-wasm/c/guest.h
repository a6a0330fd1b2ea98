/* What the guest's own C files share. Each function says who owns what it returns where that is not plain. */
#ifndef CB_GUEST_H
#define CB_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "engine_unit.h"
#include "quickjs.h"

extern JSContext *cb_ctx;

/* execution.c */
void cb_execution_init(void);

/* memory.c; sizes in bytes, NULL where the host refuses to let the memory grow */
void *cb_allocate(size_t size);
void *cb_resize(void *payload, size_t size);
void cb_release(void *payload);
void cb_memory_init(uint32_t end);
void cb_memory_seal(uint32_t low_end);
extern const JSMallocFunctions cb_malloc_functions;

/* text.c: a growing byte buffer outside the JavaScript heap. `failed` is set for good once memory ran out. */
typedef struct {
    char *bytes;
    size_t len, capacity;
    bool failed;
} cb_text_t;

void cb_text_put(cb_text_t *text, const void *bytes, size_t len);
void cb_text_puts(cb_text_t *text, const char *string);
void cb_text_put_number(cb_text_t *text, double number);
/* Puts a JSON string literal, cut to max_len bytes at a character boundary. */
void cb_text_put_json(cb_text_t *text, const char *utf8, size_t len, size_t max_len);

/* denial.c: errors that only the host's rules can raise (SecurityError, CapabilityError, ...). */
void cb_denial_init(JSContext *ctx);
JSValue cb_denial_new(JSContext *ctx, const char *type, const char *message, const char *hint);
JSValue cb_denial_throw(JSContext *ctx, const char *type, const char *message, const char *hint);
/* An error from the host: type, message and hint, separated by newlines. */
JSValue cb_denial_from_host(JSContext *ctx, const char *payload, size_t len);
/* The type of a denial, NULL for every other value; *hint may become NULL. Both are static or live as long as the
 * context. */
const char *cb_denial_type(JSContext *ctx, JSValueConst value, JSValue *hint);

/* report.c: the failure of an execution, as the JSON that ABI.md describes, left in the mailbox. */
int cb_report_exception(JSContext *ctx, JSValue exception);
int cb_report_failure(const char *type, const char *message, const char *hint);

/* log.c */
void cb_log_begin(void);
void cb_log_put(JSContext *ctx, uint32_t level, JSValueConst text);

/* timers.c */
void cb_timers_init(JSContext *ctx, JSValueConst global);
bool cb_timers_any(void);
double cb_timers_next_ms(void);
/* A mark for cb_timers_run_one: timers set after it was taken do not run in this round. */
uint32_t cb_timers_mark(void);
/* Runs one timer that is due and older than the mark. 0: there was none, 1: it ran, -1: it threw. */
int cb_timers_run_one(JSContext *ctx, uint32_t mark);

/* bindings.c: C functions that modules of ours ask for by the name of their file, an object of them for each. */
typedef struct {
    const char *name;
    const JSCFunctionListEntry *functions;
    int count;
} cb_binding_t;

extern const cb_binding_t cb_base64_binding;  /* base64_text.c */
extern const cb_binding_t cb_bytes_binding;   /* bytes.c */
extern const cb_binding_t cb_objects_binding; /* objects.c */
extern const cb_binding_t cb_ticks_binding;   /* ticks.c */
extern const cb_binding_t cb_buffer_binding; /* buffer.c */
extern const cb_binding_t cb_decoder_binding; /* decoder.c */
extern const cb_binding_t cb_digest_binding; /* digest.c */
extern const cb_binding_t cb_inspect_binding; /* inspect.c */
extern const cb_binding_t cb_url_binding; /* url.c */
extern const cb_binding_t cb_cells_binding; /* cells.c */
JSValue cb_binding_new(JSContext *ctx, const char *name);

/* ticks.c: what process.nextTick holds. 1: it ran, 0: there was nothing, -1: it threw. */
bool cb_ticks_any(void);
int cb_ticks_run(JSContext *ctx);

/* bridge.c */
JSValue cb_bridge_new(JSContext *ctx);
void cb_bridge_settle(JSContext *ctx, uint32_t operation_id, bool ok, JSValue value);
bool cb_bridge_permitted(uint32_t bit);

#endif
