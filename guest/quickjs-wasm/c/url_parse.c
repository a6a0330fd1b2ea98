/* The basic URL parser of the URL Standard, state by state: each function takes what its state takes and says what is
 * next. Text comes as UTF-8, of which everything beyond ASCII ends up as %XX. */
#include "url_states.h"

/* The default port of a special scheme, 0 for file, and -1 where the scheme is not special. */
static int32_t default_port(cb_span_t scheme)
{
    static const struct {
        const char *name;
        int32_t port;
    } special[] = { { "https", 443 }, { "http", 80 }, { "file", 0 }, { "ws", 80 }, { "wss", 443 }, { "ftp", 21 } };

    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (same(scheme, special[i].name))
            return special[i].port;
    return -1;
}

/* Where the part ends that a slash, ? or # ends. */
static const uint8_t *part_end(const parser_t *p, const uint8_t *at)
{
    while (at < p->end && *at != '?' && *at != '#' && !is_slash(p, at))
        at++;
    return at;
}

static bool take_scheme(parser_t *p, cb_span_t *scheme)
{
    uint8_t *to = p->arena->at;
    const uint8_t *at = p->at;

    if (at == p->end || !is_letter(*at))
        return false;
    for (; at < p->end && *at != ':'; at++) {
        if (!is_letter(*at) && (*at < '0' || *at > '9') && *at != '+' && *at != '-' && *at != '.')
            return false;
        *to++ = *at >= 'A' && *at <= 'Z' ? *at + 32 : *at;
    }
    if (at == p->end)
        return false;
    *scheme = (cb_span_t){ p->arena->at, (size_t)(to - p->arena->at) };
    p->arena->at = to;
    p->at = at + 1;
    return true;
}

static void copy_authority(cb_url_t *url, const cb_url_t *base)
{
    url->username = base->username;
    url->password = base->password;
    url->host = base->host;
    url->has_host = base->has_host;
    url->port = base->port;
}

static state_t after_scheme(parser_t *p)
{
    cb_url_t *url = p->url;
    bool slashes = p->end - p->at >= 2 && p->at[0] == '/' && p->at[1] == '/';

    url->special = default_port(url->scheme) >= 0;
    if (is_file(url))
        return FILE_URL;
    if (url->special && !slashes && p->base && p->base->special && p->base->scheme.len == url->scheme.len &&
        memcmp(p->base->scheme.at, url->scheme.at, url->scheme.len) == 0)
        return RELATIVE;
    if (url->special)
        return SLASHES;
    if (slashes) {
        p->at += 2;
        return AUTHORITY;
    }
    if (p->at < p->end && *p->at == '/') {
        p->at++;
        return PATH;
    }
    url->opaque = true;
    return OPAQUE;
}

static state_t first(parser_t *p)
{
    const cb_url_t *base = p->base;
    cb_url_t *url = p->url;

    if (take_scheme(p, &url->scheme))
        return after_scheme(p);
    if (!base || (base->opaque && (p->at == p->end || *p->at != '#')))
        return FAILED;
    url->scheme = base->scheme;
    url->special = base->special;
    if (!base->opaque)
        return is_file(base) ? FILE_URL : RELATIVE;
    url->path = base->path;
    url->opaque = true;
    url->query = base->query;
    url->has_query = base->has_query;
    p->at++;
    return FRAGMENT;
}

/* What stands behind a path that was taken from the base. */
static state_t after_base_path(parser_t *p, bool shortens)
{
    cb_url_t *url = p->url;

    url->path = p->base->path;
    url->query = p->base->query;
    url->has_query = p->base->has_query;
    if (p->at == p->end)
        return DONE;
    if (*p->at == '?' || *p->at == '#') {
        bool query = *p->at++ == '?';
        return query ? QUERY : FRAGMENT;
    }
    url->has_query = false;
    if (shortens)
        cb_url_shorten(url);
    else
        url->path.len = 0;
    return PATH;
}

static state_t relative(parser_t *p)
{
    if (is_slash(p, p->at)) {
        p->at++;
        return RELATIVE_SLASH;
    }
    copy_authority(p->url, p->base);
    return after_base_path(p, true);
}

static state_t relative_slash(parser_t *p)
{
    if (is_slash(p, p->at)) {
        p->at++;
        return p->url->special ? SLASHES : AUTHORITY;
    }
    copy_authority(p->url, p->base);
    return PATH;
}

static state_t slashes(parser_t *p)
{
    while (is_slash(p, p->at))
        p->at++;
    return AUTHORITY;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Digits, which in a setter may be followed by anything. */
static bool take_port(parser_t *p, const uint8_t *end)
{
    int32_t port = 0;
    const uint8_t *from = p->at;

    for (; p->at < end && is_digit(*p->at); p->at++) {
        port = port * 10 + (*p->at - '0');
        if (port > 65535)
            return false;
    }
    if (p->at == from)
        return p->at == end && !p->set;
    if (p->at < end && !p->set)
        return false;
    p->url->port = port == default_port(p->url->scheme) ? -1 : port;
    return true;
}

/* Host and port, from p->at to `end`. A setter of the host name alone takes no port. */
static bool take_host(parser_t *p, const uint8_t *end, bool name_only)
{
    cb_url_t *url = p->url;
    const uint8_t *from = p->at, *to;
    bool inside = false;
    cb_span_t host;

    for (to = from; to < end && (*to != ':' || inside); to++)
        inside = *to == '[' || (inside && *to != ']');
    if (to == from && (to < end || url->special))
        return false;
    if (to < end && name_only)
        return false;
    if (p->set && to == from && (url->username.len || url->password.len || url->port >= 0))
        return false;
    if (to == from)
        host = (cb_span_t){ from, 0 };
    else if (!cb_url_host(p->arena, (cb_span_t){ from, (size_t)(to - from) }, url->special, p->trusted, &host))
        return false;
    url->host = host;
    url->has_host = true;
    p->at = to;
    if (to == end)
        return true;
    p->at++;
    return take_port(p, end);
}

static state_t authority(parser_t *p)
{
    const uint8_t *end = part_end(p, p->at), *at = end;

    while (at > p->at && at[-1] != '@')
        at--;
    if (at > p->at) {
        const uint8_t *colon = memchr(p->at, ':', (size_t)(at - 1 - p->at)), *last = at - 1;
        p->url->username = escape(p, p->at, colon ? colon : last, CB_SET_USERINFO);
        if (colon)
            p->url->password = escape(p, colon + 1, last, CB_SET_USERINFO);
        if (at == end)
            return FAILED;
        p->at = at;
    }
    return take_host(p, end, false) ? PATH_START : FAILED;
}

static state_t file(parser_t *p)
{
    cb_url_t *url = p->url;

    url->host = (cb_span_t){ p->at, 0 };
    url->has_host = true;
    if (is_slash(p, p->at)) {
        p->at++;
        return FILE_SLASH;
    }
    if (!p->base || !is_file(p->base))
        return PATH;
    url->host = p->base->host;
    url->has_host = p->base->has_host;
    return after_base_path(p, !cb_url_begins_with_drive(p->at, p->end));
}

static state_t file_slash(parser_t *p)
{
    const cb_url_t *base = p->base;

    if (is_slash(p, p->at)) {
        p->at++;
        return FILE_HOST;
    }
    if (!base || !is_file(base))
        return PATH;
    p->url->host = base->host;
    p->url->has_host = base->has_host;
    if (!cb_url_begins_with_drive(p->at, p->end) && base->path.len >= 3 && is_letter(base->path.at[1]) &&
        base->path.at[2] == ':' && (base->path.len == 3 || base->path.at[3] == '/'))
        p->url->path = (cb_span_t){ base->path.at, 3 };
    return PATH;
}

static state_t file_host(parser_t *p)
{
    const uint8_t *end = part_end(p, p->at);
    cb_span_t host = { p->at, 0 };

    if (!p->set && end - p->at == 2 && cb_url_begins_with_drive(p->at, p->end))
        return PATH;
    if (end > p->at && !cb_url_host(p->arena, (cb_span_t){ p->at, (size_t)(end - p->at) }, true, p->trusted, &host))
        return FAILED;
    if (same(host, "localhost"))
        host.len = 0;
    p->url->host = host;
    p->url->has_host = true;
    p->at = end;
    return PATH_START;
}

static void run(parser_t *p, state_t state, bool *failed)
{
    static state_t (*const steps[])(parser_t *) = {
        [RELATIVE] = relative, [RELATIVE_SLASH] = relative_slash, [SLASHES] = slashes, [AUTHORITY] = authority,
        [FILE_URL] = file, [FILE_SLASH] = file_slash, [FILE_HOST] = file_host, [PATH_START] = cb_url_path_start,
        [PATH] = cb_url_path, [OPAQUE] = cb_url_opaque_path, [QUERY] = cb_url_query, [FRAGMENT] = cb_url_fragment,
    };

    while (state > DONE)
        state = steps[state](p);
    *failed = state == FAILED;
}

/* Tabs and line breaks count nowhere; what stands around a whole URL does not either. */
static const uint8_t *tidied(uint8_t *from, size_t *len, bool trims)
{
    uint8_t *end = from + *len, *to;

    for (; trims && end > from && end[-1] <= ' '; end--)
        ;
    for (; trims && from < end && *from <= ' '; from++)
        ;
    to = from;
    for (const uint8_t *at = from; at < end; at++)
        if (*at != '\t' && *at != '\n' && *at != '\r')
            *to++ = *at;
    *len = (size_t)(to - from);
    return from;
}

bool cb_url_parse(cb_arena_t *arena, uint8_t *input, size_t len, const cb_url_t *base, bool trusted, cb_url_t *url)
{
    parser_t p = { .arena = arena, .url = url, .base = base, .trusted = trusted };
    bool failed;
    state_t state;

    *url = (cb_url_t){ .port = -1 };
    p.at = tidied(input, &len, true);
    p.end = p.at + len;
    state = first(&p);
    if (state == FAILED)
        return false;
    run(&p, state, &failed);
    return !failed;
}

static void set_scheme(parser_t *p)
{
    cb_url_t *url = p->url;
    cb_span_t scheme;

    if (!take_scheme(p, &scheme) || (default_port(scheme) >= 0) != url->special)
        return;
    if (same(scheme, "file") && (url->username.len || url->password.len || url->port >= 0))
        return;
    if (is_file(url) && url->host.len == 0)
        return;
    url->scheme = scheme;
    if (url->port == default_port(scheme))
        url->port = -1;
}

static void set_host(parser_t *p, bool name_only)
{
    if (is_file(p->url))
        file_host(p);
    else
        take_host(p, part_end(p, p->at), name_only);
}

static void set_path(parser_t *p)
{
    bool failed;

    p->url->path = (cb_span_t){ NULL, 0 };
    run(p, PATH_START, &failed);
}

/* After a ? or # that may stand before it. */
static void set_tail(parser_t *p, uint8_t mark, state_t state)
{
    bool failed;

    if (p->at < p->end && *p->at == mark)
        p->at++;
    run(p, state, &failed);
}

void cb_url_set(cb_arena_t *arena, cb_url_t *url, int part, uint8_t *value, size_t len)
{
    parser_t p = { .arena = arena, .url = url, .set = true };
    bool has_authority = url->has_host && url->host.len > 0 && !is_file(url);

    p.at = value;
    p.end = value + len;
    if ((part == CB_URL_USERNAME || part == CB_URL_PASSWORD) && has_authority)
        *(part == CB_URL_USERNAME ? &url->username : &url->password) = escape(&p, p.at, p.end, CB_SET_USERINFO);
    if ((part == CB_URL_SEARCH || part == CB_URL_HASH) && len == 0) {
        *(part == CB_URL_SEARCH ? &url->has_query : &url->has_fragment) = false;
        return;
    }
    if (part == CB_URL_PORT && has_authority && len == 0)
        url->port = -1;
    p.at = tidied(value, &len, false);
    p.end = p.at + len;
    if (part == CB_URL_PROTOCOL)
        set_scheme(&p);
    else if (part == CB_URL_HOST || part == CB_URL_HOSTNAME) {
        if (!url->opaque)
            set_host(&p, part == CB_URL_HOSTNAME);
    } else if (part == CB_URL_PORT && has_authority)
        take_port(&p, p.end);
    else if (part == CB_URL_PATHNAME && !url->opaque)
        set_path(&p);
    else if (part == CB_URL_SEARCH)
        set_tail(&p, '?', QUERY);
    else if (part == CB_URL_HASH)
        set_tail(&p, '#', FRAGMENT);
}
