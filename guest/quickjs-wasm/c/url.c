/* bindings('url'): parsing and changing URLs, and the form encoding of URLSearchParams and querystring.
 *
 * A record is [href, and where in it the parts end]: js/web/url.js slices its answers out of the href. */
#include <string.h>

#include "codecs.h"
#include "guest.h"
#include "url.h"

typedef struct {
    uint8_t *block;
    cb_arena_t arena;
    uint8_t *input;
    size_t len;
} work_t;

/* The text in UTF-8, with room behind it for all that a parser makes of it and of `more` bytes besides. */
static bool work_begin(JSContext *ctx, JSValueConst value, size_t more, work_t *work)
{
    cb_string_t string;
    size_t len, read, room;

    work->block = NULL;
    if (!cb_engine_string(ctx, value, &string))
        return false;
    len = cb_utf8_length(&string);
    room = 4 * len + more + CB_URL_SLACK_BYTES;
    if (len > UINT32_MAX / 8 || more > UINT32_MAX / 8)
        JS_ThrowRangeError(ctx, "the URL is too long");
    else
        work->block = js_malloc(ctx, room + CB_DOMAIN_ANSWER_BYTES_MAX);
    if (work->block) {
        cb_utf8_write(&string, work->block, len, &read);
        work->input = work->block;
        work->len = len;
        work->arena.at = work->block + len;
        work->arena.end = work->block + room + CB_DOMAIN_ANSWER_BYTES_MAX;
    }
    JS_FreeValue(ctx, string.owner);
    return work->block != NULL;
}

static uint8_t *put(uint8_t *to, cb_span_t span)
{
    if (span.len)
        memcpy(to, span.at, span.len);
    return to + span.len;
}

static uint8_t *put_port(uint8_t *to, int32_t port)
{
    if (port >= 10)
        to = put_port(to, port / 10);
    *to++ = (uint8_t)('0' + port % 10);
    return to;
}

enum { PROTOCOL_END, USERNAME_AT, USERNAME_END, PASSWORD_AT, PASSWORD_END, HOST_AT, HOSTNAME_END, HOST_END, PATH_AT,
       PATH_END, SEARCH_END, ENDS };

/* Writes the href and gives its end. */
static uint8_t *serialize(const cb_url_t *url, uint8_t *href, uint32_t ends[ENDS])
{
    uint8_t *to = put(href, url->scheme);
    bool credentials = url->username.len || url->password.len;

    *to++ = ':';
    ends[PROTOCOL_END] = (uint32_t)(to - href);
    if (url->has_host) {
        *to++ = '/';
        *to++ = '/';
    }
    ends[USERNAME_AT] = (uint32_t)(to - href);
    to = put(to, url->username);
    ends[USERNAME_END] = ends[PASSWORD_AT] = (uint32_t)(to - href);
    if (url->password.len) {
        *to++ = ':';
        ends[PASSWORD_AT]++;
        to = put(to, url->password);
    }
    ends[PASSWORD_END] = (uint32_t)(to - href);
    if (credentials)
        *to++ = '@';
    ends[HOST_AT] = (uint32_t)(to - href);
    to = put(to, url->host);
    ends[HOSTNAME_END] = (uint32_t)(to - href);
    if (url->port >= 0) {
        *to++ = ':';
        to = put_port(to, url->port);
    }
    ends[HOST_END] = (uint32_t)(to - href);
    if (!url->has_host && !url->opaque && url->path.len > 1 && url->path.at[0] == '/' && url->path.at[1] == '/') {
        *to++ = '/';
        *to++ = '.';
    }
    ends[PATH_AT] = (uint32_t)(to - href);
    to = put(to, url->path);
    ends[PATH_END] = (uint32_t)(to - href);
    if (url->has_query) {
        *to++ = '?';
        to = put(to, url->query);
    }
    ends[SEARCH_END] = (uint32_t)(to - href);
    if (url->has_fragment) {
        *to++ = '#';
        to = put(to, url->fragment);
    }
    return to;
}

static JSValue new_latin1(JSContext *ctx, const uint8_t *from, const uint8_t *end)
{
    uint8_t *units;
    JSValue string = cb_engine_new_latin1(ctx, (size_t)(end - from), &units);

    if (units)
        memcpy(units, from, (size_t)(end - from));
    return string;
}

static JSValue new_record(JSContext *ctx, const cb_url_t *url)
{
    size_t most = url->scheme.len + url->username.len + url->password.len + url->host.len + url->path.len +
                  url->query.len + url->fragment.len + CB_URL_SLACK_BYTES;
    uint8_t *href = js_malloc(ctx, most);
    uint32_t ends[ENDS];
    JSValue record, values[ENDS + 1];

    if (!href)
        return JS_EXCEPTION;
    values[0] = new_latin1(ctx, href, serialize(url, href, ends));
    js_free(ctx, href);
    if (JS_IsException(values[0]))
        return JS_EXCEPTION;
    for (int i = 0; i < ENDS; i++)
        values[i + 1] = JS_NewUint32(ctx, ends[i]);
    record = JS_NewArrayFrom(ctx, ENDS + 1, values);
    return record;
}

/* parse(input, base) -> record, or `undefined` where it is no URL; `base` is a string or undefined.
 * canParse(input, base) -> boolean */
static JSValue parse(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int record)
{
    work_t base_work = { .block = NULL }, work = { .block = NULL };
    JSValue result = JS_EXCEPTION;
    cb_url_t base, url;
    bool based = !JS_IsUndefined(argv[1]), good = true;

    (void)this_value, (void)argc;
    if (based) {
        if (!work_begin(ctx, argv[1], 0, &base_work))
            return JS_EXCEPTION;
        good = cb_url_parse(&base_work.arena, base_work.input, base_work.len, NULL, false, &base);
    }
    if (good && !work_begin(ctx, argv[0], based ? base.path.len : 0, &work))
        goto done;
    good = good && cb_url_parse(&work.arena, work.input, work.len, based ? &base : NULL, false, &url);
    result = !record ? JS_NewBool(ctx, good) : good ? new_record(ctx, &url) : JS_UNDEFINED;
done:
    js_free(ctx, base_work.block);
    js_free(ctx, work.block);
    return result;
}

/* set(href, part, value) -> record; the href is one that `parse` gave */
static JSValue set(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    work_t old = { .block = NULL }, work = { .block = NULL };
    JSValue result = JS_EXCEPTION;
    int32_t part = -1;
    cb_url_t url;

    (void)this_value, (void)argc;
    if (!JS_IsNumber(argv[1]) || JS_ToInt32(ctx, &part, argv[1]) || !work_begin(ctx, argv[0], 0, &old))
        return JS_EXCEPTION;
    if (!cb_url_parse(&old.arena, old.input, old.len, NULL, true, &url))
        result = JS_ThrowInternalError(ctx, "not the href of a URL");
    else if (work_begin(ctx, argv[2], 0, &work)) {
        cb_url_set(&work.arena, &url, part, work.input, work.len);
        result = new_record(ctx, &url);
    }
    js_free(ctx, old.block);
    js_free(ctx, work.block);
    return result;
}

/* A string of bytes that may be UTF-8, with U+FFFD for what is not. */
static JSValue new_text(JSContext *ctx, const uint8_t *bytes, size_t len)
{
    cb_utf8_facts_t facts = cb_utf8_scan(bytes, len);
    uint16_t *wide;
    uint8_t *narrow;
    JSValue string;

    if (facts.wide || !facts.valid) {
        string = cb_engine_new_utf16(ctx, facts.units, &wide);
        if (wide)
            cb_utf8_to_utf16(bytes, len, wide);
        return string;
    }
    string = cb_engine_new_latin1(ctx, facts.units, &narrow);
    if (narrow)
        cb_utf8_to_latin1(bytes, len, narrow);
    return string;
}

/* One name or value of a form, decoded in place. */
static JSValue form_text(JSContext *ctx, uint8_t *from, uint8_t *end)
{
    for (uint8_t *at = from; at < end; at++)
        if (*at == '+')
            *at = ' ';
    return new_text(ctx, from, (size_t)(cb_url_unescape(from, from, (size_t)(end - from)) - from));
}

/* parseForm(text) -> [name, value, name, value, …] */
static JSValue parse_form(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSValue list = JS_NewArray(ctx);
    uint32_t count = 0;
    uint8_t *from, *end, *stop;
    work_t work;

    (void)this_value, (void)argc;
    if (JS_IsException(list) || !work_begin(ctx, argv[0], 0, &work)) {
        JS_FreeValue(ctx, list);
        return JS_EXCEPTION;
    }
    stop = work.input + work.len;
    for (from = work.input; from < stop; from = end + 1) {
        uint8_t *equals;
        JSValue pair[2];
        end = memchr(from, '&', (size_t)(stop - from));
        end = end ? end : stop;
        if (end == from)
            continue;
        equals = memchr(from, '=', (size_t)(end - from));
        equals = equals ? equals : end;
        pair[0] = form_text(ctx, from, equals);
        pair[1] = form_text(ctx, equals < end ? equals + 1 : end, end);
        for (int i = 0; i < 2; i++)
            if (JS_IsException(pair[i]) || JS_DefinePropertyValueUint32(ctx, list, count++, pair[i], JS_PROP_C_W_E) < 0) {
                if (i == 0)
                    JS_FreeValue(ctx, pair[1]);
                goto failed;
            }
    }
    js_free(ctx, work.block);
    return list;
failed:
    js_free(ctx, work.block);
    JS_FreeValue(ctx, list);
    return JS_EXCEPTION;
}

/* escapeForm(text) -> the text as a form has it */
static JSValue escape_form(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    uint8_t *from, *end;
    JSValue result;
    work_t work;

    (void)this_value, (void)argc;
    if (!work_begin(ctx, argv[0], 0, &work))
        return JS_EXCEPTION;
    from = work.arena.at;
    for (end = from; work.len > 0; work.input++, work.len--) {
        if (*work.input == ' ')
            *end++ = '+';
        else
            end = cb_url_escape(end, work.input, 1, CB_SET_FORM);
    }
    result = new_latin1(ctx, from, end);
    js_free(ctx, work.block);
    return result;
}

/* unescape(text, plus) -> the text with its %XX decoded as UTF-8, and + as a space where `plus` */
static JSValue unescape(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSValue result;
    work_t work;

    (void)this_value, (void)argc;
    if (!work_begin(ctx, argv[0], 0, &work))
        return JS_EXCEPTION;
    if (JS_ToBool(ctx, argv[1]))
        result = form_text(ctx, work.input, work.input + work.len);
    else
        result = new_text(ctx, work.input, (size_t)(cb_url_unescape(work.input, work.input, work.len) - work.input));
    js_free(ctx, work.block);
    return result;
}

/* domainToUnicode(domain) -> the domain of a URL as people read it
 * domainToAscii(domain) -> the domain as URLs have it, empty where IDNA refuses it; ASCII stays as it is */
static JSValue domain(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int operation)
{
    bool to_ascii = operation == CB_OPERATION_DOMAIN_TO_ASCII;
    JSValue result;
    work_t work;
    int32_t len = 0;

    (void)this_value, (void)argc;
    if (!work_begin(ctx, argv[0], 0, &work))
        return JS_EXCEPTION;
    if (to_ascii && cb_ascii_prefix(work.input, work.len) == work.len)
        result = new_latin1(ctx, work.input, work.input + work.len);
    else {
        if (work.len <= CB_DOMAIN_BYTES_MAX)
            len = cb_host_call((uint32_t)operation, work.input, (uint32_t)work.len);
        if (len > 0 && len <= work.arena.end - work.arena.at) {
            cb_host_take(work.arena.at, (uint32_t)len);
            result = new_text(ctx, work.arena.at, (size_t)len);
        } else
            result = new_text(ctx, work.input, to_ascii ? 0 : work.len);
    }
    js_free(ctx, work.block);
    return result;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_MAGIC_DEF("parse", 2, parse, true),
    JS_CFUNC_MAGIC_DEF("canParse", 2, parse, false),
    JS_CFUNC_DEF("set", 3, set),
    JS_CFUNC_DEF("parseForm", 1, parse_form),
    JS_CFUNC_DEF("escapeForm", 1, escape_form),
    JS_CFUNC_DEF("unescape", 2, unescape),
    JS_CFUNC_MAGIC_DEF("domainToUnicode", 1, domain, CB_OPERATION_DOMAIN_TO_UNICODE),
    JS_CFUNC_MAGIC_DEF("domainToAscii", 1, domain, CB_OPERATION_DOMAIN_TO_ASCII),
};

const cb_binding_t cb_url_binding = { "url", functions, sizeof functions / sizeof *functions };
