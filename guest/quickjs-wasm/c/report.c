/* How a failed execution is told to the host: one JSON object {type, message, line, column, stack, hint}.
 *
 * Everything read from a thrown value is hostile: getters may run (on the guest's fuel), texts are cut, and the type
 * comes from what the value is, never from what it says of itself. */
#include <string.h>

#include "guest.h"

#define MESSAGE_MAX_BYTES 4096
#define STACK_MAX_BYTES 4096
#define NAME_MAX_BYTES 256
#define CODE_FILE "codeblock.js"

static cb_text_t out;

static int publish(void)
{
    static const char no_memory[] = "{\"type\":\"MemoryLimitError\",\"message\":\"\"}";

    if (out.failed) {
        cb_mailbox.out_ptr = (uint32_t)(uintptr_t)no_memory;
        cb_mailbox.out_len = sizeof no_memory - 1;
    } else {
        cb_mailbox.out_ptr = (uint32_t)(uintptr_t)out.bytes;
        cb_mailbox.out_len = (uint32_t)out.len;
    }
    return CB_FAILED;
}

static void put_field(const char *name, const char *utf8, size_t len, size_t max_len)
{
    cb_text_puts(&out, out.len ? ",\"" : "{\"");
    cb_text_puts(&out, name);
    cb_text_puts(&out, "\":");
    cb_text_put_json(&out, utf8, len, max_len);
}

/* A property as text; a getter or a toString that throws counts as absent. */
static const char *property_text(JSContext *ctx, JSValueConst object, const char *name, size_t *len)
{
    JSValue value = JS_GetPropertyStr(ctx, object, name);
    const char *utf8 = NULL;

    if (JS_IsString(value))
        utf8 = JS_ToCStringLen(ctx, len, value);
    JS_FreeValue(ctx, value);
    JS_FreeValue(ctx, JS_GetException(ctx));
    return utf8;
}

static bool frame_is_guest(const char *line, size_t len)
{
    const char *file = memmem(line, len, CODE_FILE ":", sizeof CODE_FILE);
    return file != NULL;
}

static int number_at(const char *text, const char *end)
{
    int number = 0;
    while (text < end && *text >= '0' && *text <= '9' && number < 100000000)
        number = number * 10 + (*text++ - '0');
    return number;
}

typedef struct {
    int line, column;
    bool past_end;
} place_t;

/* Where something is in the caller's own source, in UTF-16 units as editors count. QuickJS-ng counts bytes; and it
 * places what is wrong at the end into the wrapper's line behind the source. */
static place_t place_in_source(int line, int column)
{
    const unsigned char *at = (const unsigned char *)(uintptr_t)cb_mailbox.code_ptr, *end = at + cb_mailbox.code_len;
    place_t place = { 1, 1, false };
    int bytes = 1;

    for (; at < end && (place.line < line || bytes < column); at++) {
        bool separator = *at == 0xE2 && end - at > 2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9);
        if (*at == '\n' || separator) {
            if (place.line == line)
                return place;
            at += separator ? 2 : 0;
            place.line++;
            place.column = bytes = 1;
            continue;
        }
        bytes++;
        place.column += *at >= 0xF0 ? 2 : (*at & 0xC0) != 0x80;
    }
    place.past_end = place.line < line;
    return place;
}

/* Reads the place that a frame names; false for a frame that is not the caller's, or whose place is not known: an
 * instruction without one takes its function's, and for the code block itself that is the wrapper's line, 0. */
static bool read_frame(const char *line, size_t len, const char **at, const char **after, place_t *place)
{
    const char *end = line + len, *colon;
    int number;

    if (!frame_is_guest(line, len))
        return false;
    *at = (const char *)memmem(line, len, CODE_FILE ":", sizeof CODE_FILE) + sizeof CODE_FILE;
    colon = memchr(*at, ':', (size_t)(end - *at));
    number = number_at(*at, end);
    if (number < 1 || !colon)
        return false;
    *place = place_in_source(number, number_at(colon + 1, end));
    for (*after = colon + 1; *after < end && **after >= '0' && **after <= '9'; ++*after)
        ;
    return true;
}

/* Where the frames begin in a stack: behind the message in its headline, which may read like frames itself. */
static const char *frames_of(const char *stack, size_t stack_len, const char *message, size_t len)
{
    const char *newline = memchr(stack, '\n', stack_len);
    const char *said = len ? memmem(stack, stack_len, message, len) : NULL;

    return said && newline && said < newline && strncmp(stack, "    at ", 7) ? said + len : stack;
}

/* Keeps the frames of the caller's own source; gives the place of the first, or line 0. */
static place_t keep_frames(cb_text_t *kept, const char *stack, size_t len)
{
    const char *end = stack + len, *at, *after;
    place_t first = { 0 }, place;

    for (const char *line = stack; line < end && kept->len <= STACK_MAX_BYTES;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *line_end = newline ? newline : end;
        if (read_frame(line, (size_t)(line_end - line), &at, &after, &place)) {
            cb_text_puts(kept, kept->len ? "\n" : "");
            cb_text_put(kept, line, (size_t)(at - line));
            cb_text_put_number(kept, place.line);
            cb_text_puts(kept, ":");
            cb_text_put_number(kept, place.column);
            cb_text_put(kept, after, (size_t)(line_end - after));
            if (!first.line)
                first = place;
        }
        line = line_end + 1;
    }
    return first;
}

static void put_place(place_t place)
{
    if (!place.line)
        return;
    cb_text_puts(&out, ",\"line\":");
    cb_text_put_number(&out, place.line);
    cb_text_puts(&out, ",\"column\":");
    cb_text_put_number(&out, place.column);
}

/* The parser met the wrapper's closing bracket, which the caller has not written. */
static bool is_about_wrapper(const char *message, const char *type, place_t place)
{
    return place.past_end && !strcmp(type, "SyntaxError") && message && !strncmp(message + 1, "nexpected token", 15) &&
           (strstr(message, "'}'") || strstr(message, "')'"));
}

static void put_message(const char *name, size_t name_len, const char *message, size_t len)
{
    cb_text_t whole = { 0 };

    if (name) {
        while (name_len > NAME_MAX_BYTES || (name_len && ((unsigned char)name[name_len] & 0xC0) == 0x80))
            name_len--;
        cb_text_put(&whole, name, name_len);
        cb_text_puts(&whole, len ? ": " : "");
    }
    cb_text_put(&whole, message, len);
    put_field("message", whole.len ? whole.bytes : "", whole.len, MESSAGE_MAX_BYTES);
    cb_release(whole.bytes);
}

static void put_error(JSContext *ctx, JSValueConst error, const char *type, const char *kind)
{
    static const char incomplete[] = "Unexpected end of the code: a bracket or an operand is missing, or a bracket too many";
    size_t len = 0, name_len = 0, stack_len;
    const char *name = property_text(ctx, error, "name", &name_len);
    const char *message = property_text(ctx, error, "message", &len);
    const char *stack = property_text(ctx, error, "stack", &stack_len);
    cb_text_t kept = { 0 };
    place_t place = { 0 };
    bool named = name && name_len && strcmp(name, "Error") && strcmp(name, type) && strcmp(name, kind);

    if (stack) {
        const char *frames = frames_of(stack, stack_len, message ? message : "", len);
        place = keep_frames(&kept, frames, stack_len - (size_t)(frames - stack));
    }
    put_field("type", type, strlen(type), 64);
    if (is_about_wrapper(message, type, place))
        put_message(NULL, 0, incomplete, sizeof incomplete - 1);
    else
        put_message(named ? name : NULL, name_len, message ? message : "", len);
    put_place(place);
    if (kept.len)
        put_field("stack", kept.bytes, kept.len, STACK_MAX_BYTES);
    cb_release(kept.bytes);
    JS_FreeCString(ctx, stack);
    JS_FreeCString(ctx, message);
    JS_FreeCString(ctx, name);
}

static void put_other(JSContext *ctx, JSValueConst value)
{
    size_t len = 0;
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    const char *utf8 = NULL;
    cb_text_t message = { 0 };

    if (JS_IsString(value))
        utf8 = JS_ToCStringLen(ctx, &len, value);
    else if (JS_IsString(json))
        utf8 = JS_ToCStringLen(ctx, &len, json);
    else if (!JS_IsObject(value))
        utf8 = JS_ToCStringLen(ctx, &len, value);
    JS_FreeValue(ctx, JS_GetException(ctx));
    cb_text_puts(&message, "thrown: ");
    if (utf8)
        cb_text_put(&message, utf8, len);
    else
        cb_text_puts(&message, JS_IsFunction(ctx, value) ? "a function" : "a value without a text");
    put_field("type", "RuntimeError", 12, 64);
    put_field("message", message.bytes, message.len, MESSAGE_MAX_BYTES);
    cb_release(message.bytes);
    JS_FreeCString(ctx, utf8);
    JS_FreeValue(ctx, json);
}

int cb_report_failure(const char *type, const char *message, const char *hint)
{
    memset(&out, 0, sizeof out);
    put_field("type", type, strlen(type), 64);
    put_field("message", message, strlen(message), MESSAGE_MAX_BYTES);
    if (hint)
        put_field("hint", hint, strlen(hint), MESSAGE_MAX_BYTES);
    cb_text_puts(&out, "}");
    return publish();
}

/* An error made without memory for its own text has QuickJS-ng's substitute for one, or none. */
static bool is_out_of_memory(JSContext *ctx, JSValueConst value)
{
    size_t len = 0;
    const char *message;
    bool is;

    if (!(cb_mailbox.noted & CB_NOTED_GROWTH_REFUSED))
        return false;
    if (JS_IsNull(value))
        return true;
    if (!JS_IsError(value) || strcmp(cb_engine_error_kind(ctx, value), "InternalError"))
        return false;
    message = property_text(ctx, value, "message", &len);
    is = !message || !len || !strncmp(message, "out of memory", 13) || !strcmp(message, "Invalid error message");
    JS_FreeCString(ctx, message);
    return is;
}

/* An error's cause says what its own message does not: `fetch failed`, because of what? */
static void put_cause(JSContext *ctx, JSValueConst error)
{
    size_t len = 0, said_len = 0;
    JSValue cause = JS_GetPropertyStr(ctx, error, "cause");
    const char *message = JS_IsError(cause) ? property_text(ctx, cause, "message", &len) : NULL;
    const char *said = property_text(ctx, error, "message", &said_len);
    cb_text_t hint = { 0 };

    JS_FreeValue(ctx, JS_GetException(ctx));
    if (message && len && (!said || len != said_len || memcmp(message, said, len))) {
        cb_text_puts(&hint, "Its cause: ");
        cb_text_put(&hint, message, len);
        put_field("hint", hint.bytes, hint.len, MESSAGE_MAX_BYTES);
        cb_release(hint.bytes);
    }
    JS_FreeCString(ctx, said);
    JS_FreeCString(ctx, message);
    JS_FreeValue(ctx, cause);
}

/* Takes ownership of the exception. */
int cb_report_exception(JSContext *ctx, JSValue exception)
{
    JSValue hint;
    size_t len;
    const char *type, *kind, *text;

    if (is_out_of_memory(ctx, exception)) {
        JS_FreeValue(ctx, exception);
        return cb_report_failure("MemoryLimitError", "", NULL);
    }
    memset(&out, 0, sizeof out);
    type = cb_denial_type(ctx, exception, &hint);
    kind = cb_engine_error_kind(ctx, exception);
    if (kind) {
        /* QuickJS-ng's own InternalError is a limit of the engine's: a string too long, an expression too deep. */
        if (!type)
            type = !strcmp(kind, "Error") ? "RuntimeError" : !strcmp(kind, "InternalError") ? "RangeError" : kind;
        put_error(ctx, exception, type, kind);
        text = JS_IsString(hint) ? JS_ToCStringLen(ctx, &len, hint) : NULL;
        if (text)
            put_field("hint", text, len, MESSAGE_MAX_BYTES);
        else
            put_cause(ctx, exception);
        JS_FreeCString(ctx, text);
    } else {
        put_other(ctx, exception);
    }
    cb_text_puts(&out, "}");
    JS_FreeValue(ctx, hint);
    JS_FreeValue(ctx, exception);
    return publish();
}
