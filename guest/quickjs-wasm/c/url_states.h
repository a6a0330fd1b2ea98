/* The parser's state, and what more than one file of its states uses. A part of url_parse.c and url_path.c alone. */
#ifndef CB_URL_STATES_H
#define CB_URL_STATES_H

#include <string.h>

#include "url.h"

typedef struct {
    cb_arena_t *arena;
    cb_url_t *url;
    const cb_url_t *base;
    const uint8_t *at, *end;
    bool trusted;
    bool set; /* a setter: only its part is read */
} parser_t;

typedef enum { FAILED, DONE, RELATIVE, RELATIVE_SLASH, SLASHES, AUTHORITY, FILE_URL, FILE_SLASH, FILE_HOST, PATH_START,
               PATH, OPAQUE, QUERY, FRAGMENT } state_t;

static inline bool same(cb_span_t span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

static inline bool is_file(const cb_url_t *url)
{
    return url->special && same(url->scheme, "file");
}

static inline bool is_slash(const parser_t *p, const uint8_t *at)
{
    return at < p->end && (*at == '/' || (*at == '\\' && p->url->special));
}

static inline cb_span_t escape(parser_t *p, const uint8_t *from, const uint8_t *end, uint8_t set)
{
    cb_span_t span = { p->arena->at, 0 };

    p->arena->at = cb_url_escape(p->arena->at, from, (size_t)(end - from), set);
    span.len = (size_t)(p->arena->at - span.at);
    return span;
}

static inline bool is_letter(uint8_t byte)
{
    return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

/* url_path.c */
bool cb_url_begins_with_drive(const uint8_t *at, const uint8_t *end);
void cb_url_shorten(cb_url_t *url);
state_t cb_url_path_start(parser_t *p);
state_t cb_url_path(parser_t *p);
state_t cb_url_opaque_path(parser_t *p);
state_t cb_url_query(parser_t *p);
state_t cb_url_fragment(parser_t *p);

#endif
