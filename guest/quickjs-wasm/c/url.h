/* What url_host.c, url_parse.c and url.c share: a URL taken apart, as the URL Standard has it. */
#ifndef CB_URL_H
#define CB_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else's. All of a parsed URL is ASCII. */
typedef struct {
    const uint8_t *at;
    size_t len;
} cb_span_t;

/* Bytes that a parser writes to, one block of a known size: what comes out is never longer than three times what goes
 * in. `at` is the first free one. */
typedef struct {
    uint8_t *at, *end;
} cb_arena_t;

typedef struct {
    cb_span_t scheme, username, password, host, path, query, fragment;
    int32_t port; /* -1: none, or the scheme's own */
    bool special, opaque, has_host, has_query, has_fragment;
} cb_url_t;

/* A domain that holds more than ASCII is the host's to encode; longer ones are refused, because that takes time with
 * the square of the length. */
#define CB_DOMAIN_BYTES_MAX 2048u
#define CB_DOMAIN_ANSWER_BYTES_MAX 8192u
/* Room for an address in its usual spelling, and for what stands between the parts. */
#define CB_URL_SLACK_BYTES 128u

/* Operations of the host (ABI.md). */
#define CB_OPERATION_DOMAIN_TO_ASCII 10u
#define CB_OPERATION_DOMAIN_TO_UNICODE 11u

/* Sets of characters that are written as %XX; controls and what is not ASCII are in every one. */
enum {
    CB_SET_CONTROL = 0,
    CB_SET_FRAGMENT = 1,
    CB_SET_QUERY = 2,
    CB_SET_SPECIAL_QUERY = 4,
    CB_SET_PATH = 8,
    CB_SET_USERINFO = 16,
    CB_SET_FORM = 32,
};

/* url_text.c; both give the end of what they wrote, which is at most three times as long */
bool cb_url_escapes(uint8_t byte, uint8_t set);
uint8_t *cb_url_escape(uint8_t *to, const uint8_t *from, size_t len, uint8_t set);
uint8_t *cb_url_unescape(uint8_t *to, const uint8_t *from, size_t len);

/* url_host.c: the host as it is written in a URL; false where it is none. `trusted`: it stood in a URL already. */
bool cb_url_host(cb_arena_t *arena, cb_span_t written, bool special, bool trusted, cb_span_t *host);

/* url_parse.c; `input` may be changed */
bool cb_url_parse(cb_arena_t *arena, uint8_t *input, size_t len, const cb_url_t *base, bool trusted, cb_url_t *url);
/* js/web/url.js has the same numbers. */
enum { CB_URL_PROTOCOL, CB_URL_USERNAME, CB_URL_PASSWORD, CB_URL_HOST, CB_URL_HOSTNAME, CB_URL_PORT, CB_URL_PATHNAME,
       CB_URL_SEARCH, CB_URL_HASH };
void cb_url_set(cb_arena_t *arena, cb_url_t *url, int part, uint8_t *value, size_t len);

#endif
