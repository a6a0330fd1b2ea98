/* The guest's side of the ABI that ABI.md describes: every export and import, and the mailbox.
 *
 * Ownership, in two sentences: what the host allocates with cb_alloc belongs to the guest as soon as an entry point
 * is called with it. What the guest points to from the mailbox belongs to the guest and is valid until the next
 * entry. */
#ifndef CB_ABI_H
#define CB_ABI_H

#include <stdint.h>

#define CB_ABI_VERSION 1
#define CB_EXPORT(name) __attribute__((export_name(name)))
#define CB_IMPORT(name) __attribute__((import_module("host"), import_name(name)))

/* What an entry point returns, also in mailbox.status. */
enum {
    CB_IDLE = 0,
    CB_DONE = 1,    /* out: the result as JSON */
    CB_FAILED = 2,  /* out: the error as JSON */
    CB_WAITING = 3, /* settle an operation, or call cb_resume at wake_ms */
};

/* mailbox.permit: what the policy's `language` and `modules` switch on, as bits. */
enum {
    CB_PERMIT_EVAL = 1,
    CB_PERMIT_CONSOLE = 2,
    CB_PERMIT_NO_RETURN = 4, /* `undefined` is a result (null) instead of an error */
    CB_PERMIT_ALL_MODULES = 8,
    CB_PERMIT_ASK_MODULES = 16, /* the host is asked about each module, whatever is listed */
};

/* mailbox.noted: what the guest's own runtime saw, for the host to judge by. */
enum {
    CB_NOTED_GROWTH_REFUSED = 1,
};

/* Room that the host leaves before and after the code, so that the guest can put a wrapper round it in place. */
#define CB_CODE_HEADROOM 32
#define CB_CODE_TAILROOM 16

/* The native stack takes about 16 times what the shadow stack does, and the host sizes it so (engine.py). */
#define CB_STACK_MAX_BYTES (1792 * 1024)
/* While the result is written: a text nested deeper than a client can read is refused before it costs much. */
#define CB_STACK_RESULT_MAX_BYTES (160 * 1024)

/* One struct at a fixed address (the exported global cb_mailbox), all fields little-endian and naturally aligned.
 * host/sandbox/abi.py has the same layout; a test compares the two. */
typedef struct {
    uint32_t version;
    uint32_t status;
    double clock_ms;    /* host: Unix time, written before every entry and every slice */
    double elapsed_ms;  /* host: since the execution began, never goes back */
    double wake_ms;     /* guest: when the next timer is due, on the elapsed clock; infinity for none */
    uint64_t seed;      /* host: for Math.random */
    uint32_t code_ptr, code_len;       /* host: UTF-8, with CB_CODE_HEADROOM and CB_CODE_TAILROOM around it */
    uint32_t input_ptr, input_len;     /* host: JSON, followed by a NUL */
    uint32_t modules_ptr, modules_len; /* host: allowed module names, separated by newlines */
    uint32_t permit;                   /* host */
    uint32_t result_max_bytes, log_max_bytes; /* host */
    uint32_t operations_open;          /* guest */
    uint32_t noted;                    /* guest */
    uint32_t out_ptr, out_len;         /* guest */
    uint32_t log_ptr, log_len, log_dropped; /* guest: records of log.c */
    uint32_t heap_used;                /* guest: bytes that the runtime has allocated */
    uint32_t inbox_ptr, inbox_len;     /* guest, constant: room for code and input that need no cb_alloc */
    uint32_t bytecode_ptr, bytecode_len; /* host: what cb_compile made of the code, in another instance */
} cb_mailbox_t;

extern cb_mailbox_t cb_mailbox;

/* Imports. `call` gives the length of an answer that `take` then fetches. Below zero the call did not succeed:
 * CB_HOST_FAULT says that the host failed and has noted why; anything lower that the answer, of length -2 - n, is an
 * error: its type, message and hint, separated by newlines. `start` gives an operation id, or the same below zero. */
#define CB_HOST_FAULT (-1)
/* The answer takes its time. The host lets the guest stand still, and gives it no slice before the answer can be asked
 * for with CB_OPERATION_LATER_ANSWER. No error is so short. */
#define CB_HOST_LATER (-2)
#define CB_OPERATION_LATER_ANSWER 3u
CB_IMPORT("call") int32_t cb_host_call(uint32_t operation, const void *payload, uint32_t payload_len);
CB_IMPORT("take") void cb_host_take(void *into, uint32_t len);
CB_IMPORT("start") int32_t cb_host_start(uint32_t operation, const void *payload, uint32_t payload_len);

#endif
