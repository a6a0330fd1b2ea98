/* The states of the parser from the path on. */
#include "url_states.h"

/* C: or C|, and behind it nothing or the end of a segment. */
bool cb_url_begins_with_drive(const uint8_t *at, const uint8_t *end)
{
    if (end - at < 2 || !is_letter(at[0]) || (at[1] != ':' && at[1] != '|'))
        return false;
    return end - at == 2 || at[2] == '/' || at[2] == '\\' || at[2] == '?' || at[2] == '#';
}

/* A path is kept as it is written: a slash before each segment. */
void cb_url_shorten(cb_url_t *url)
{
    cb_span_t *path = &url->path;

    if (path->len == 3 && is_file(url) && is_letter(path->at[1]) && path->at[2] == ':')
        return;
    while (path->len && path->at[--path->len] != '/')
        ;
}

state_t cb_url_path_start(parser_t *p)
{
    if (!p->url->special && p->at == p->end) {
        if (p->set && !p->url->has_host)
            p->url->path = (cb_span_t){ (const uint8_t *)"/", 1 };
        return DONE;
    }
    if (!p->url->special && !p->set && (*p->at == '?' || *p->at == '#')) {
        bool query = *p->at++ == '?';
        return query ? QUERY : FRAGMENT;
    }
    if (is_slash(p, p->at))
        p->at++;
    return PATH;
}

/* How many dots a segment is, where it is nothing else: 1, 2, or 0. */
static int dots(const uint8_t *at, const uint8_t *end)
{
    int count = 0;

    while (at < end && count < 3) {
        if (*at == '.')
            at++;
        else if (end - at >= 3 && at[0] == '%' && at[1] == '2' && (at[2] | 32) == 'e')
            at += 3;
        else
            return 0;
        count++;
    }
    return count < 3 ? count : 0;
}

static void append_segment(parser_t *p, const uint8_t *from, const uint8_t *end)
{
    uint8_t *slash = p->arena->at;
    bool drive = p->url->path.len == 0 && end - from == 2 && is_letter(from[0]) && (from[1] == ':' || from[1] == '|');

    *p->arena->at++ = '/';
    escape(p, from, end, CB_SET_PATH);
    if (drive && is_file(p->url))
        slash[2] = ':';
    p->url->path.len += (size_t)(p->arena->at - slash);
}

state_t cb_url_path(parser_t *p)
{
    cb_url_t *url = p->url;
    uint8_t *kept = p->arena->at;

    /* The path grows at the arena's end, so what there is of it goes there first. */
    memcpy(kept, url->path.at ? url->path.at : kept, url->path.len);
    url->path.at = kept;
    for (;;) {
        const uint8_t *from = p->at, *end = from;
        int dot_count;
        while (end < p->end && !is_slash(p, end) && (p->set || (*end != '?' && *end != '#')))
            end++;
        p->arena->at = kept + url->path.len;
        dot_count = dots(from, end);
        if (dot_count == 2)
            cb_url_shorten(url);
        p->arena->at = kept + url->path.len;
        if (dot_count == 0)
            append_segment(p, from, end);
        else if (!is_slash(p, end))
            append_segment(p, end, end);
        p->at = end;
        if (!is_slash(p, end))
            break;
        p->at++;
    }
    if (p->at == p->end)
        return DONE;
    return *p->at++ == '?' ? QUERY : FRAGMENT;
}

/* Only the last of the spaces before ? or # has to be written as %20, so that it stays when that goes. */
state_t cb_url_opaque_path(parser_t *p)
{
    const uint8_t *end = p->at;
    uint8_t *from = p->arena->at;

    while (end < p->end && *end != '?' && *end != '#')
        end++;
    escape(p, p->at, end, CB_SET_CONTROL);
    if (end < p->end && end > p->at && end[-1] == ' ') {
        memcpy(p->arena->at - 1, "%20", 3);
        p->arena->at += 2;
    }
    p->url->path = (cb_span_t){ from, (size_t)(p->arena->at - from) };
    p->at = end;
    if (end == p->end)
        return DONE;
    return *p->at++ == '?' ? QUERY : FRAGMENT;
}

state_t cb_url_query(parser_t *p)
{
    const uint8_t *end = p->set ? NULL : memchr(p->at, '#', (size_t)(p->end - p->at));

    p->url->query = escape(p, p->at, end ? end : p->end, p->url->special ? CB_SET_SPECIAL_QUERY : CB_SET_QUERY);
    p->url->has_query = true;
    p->at = end ? end + 1 : p->end;
    return end ? FRAGMENT : DONE;
}

state_t cb_url_fragment(parser_t *p)
{
    p->url->fragment = escape(p, p->at, p->end, CB_SET_FRAGMENT);
    p->url->has_fragment = true;
    return DONE;
}
