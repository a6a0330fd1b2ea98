/* bindings('inspect'): what util.inspect, util.types and the comparisons see of an object beside its properties, and
 * its properties many at once, without a descriptor for each. */
#include <string.h>

#include "guest.h"

static JSValue inspect_kind(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return cb_engine_kind(ctx, argv[0]);
}

static JSValue inspect_is_class(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return JS_NewBool(ctx, cb_engine_is_class(ctx, argv[0]));
}

static JSValue inspect_is_dense(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return JS_NewBool(ctx, cb_engine_is_dense(ctx, argv[0]));
}

/* Takes both values. */
static JSValue pair(JSContext *ctx, JSValue first, JSValue second)
{
    JSValue array = JS_NewArray(ctx);

    if (JS_IsException(array)) {
        JS_FreeValue(ctx, first);
        JS_FreeValue(ctx, second);
        return array;
    }
    if (JS_DefinePropertyValueUint32(ctx, array, 0, first, JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, second);
        JS_FreeValue(ctx, array);
        return JS_EXCEPTION;
    }
    if (JS_DefinePropertyValueUint32(ctx, array, 1, second, JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, array);
        return JS_EXCEPTION;
    }
    return array;
}

/* Of a proxy its target and handler, null if it was revoked; undefined for all else. No trap runs. */
static JSValue inspect_proxy(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSValue target, handler;

    (void)this_value, (void)argc;
    if (!JS_IsProxy(argv[0]))
        return JS_UNDEFINED;
    target = JS_GetProxyTarget(ctx, argv[0]);
    if (JS_IsException(target)) {
        /* A revoked proxy: JS_GetProxyTarget throws for it. */
        JS_FreeValue(ctx, JS_GetException(ctx));
        return JS_NULL;
    }
    handler = JS_GetProxyHandler(ctx, argv[0]);
    if (JS_IsException(handler)) {
        JS_FreeValue(ctx, target);
        return handler;
    }
    return pair(ctx, target, handler);
}

/* 0 pending, 1 fulfilled, 2 rejected, with the result; undefined for what is no promise. */
static JSValue inspect_promise(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int state;

    (void)this_value, (void)argc;
    if (!JS_IsPromise(argv[0]))
        return JS_UNDEFINED;
    state = JS_PromiseState(ctx, argv[0]);
    return pair(ctx, JS_NewInt32(ctx, state == JS_PROMISE_PENDING ? 0 : state == JS_PROMISE_FULFILLED ? 1 : 2),
                JS_PromiseResult(ctx, argv[0]));
}

static JSValue inspect_entries(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    bool pairs;
    JSValue entries = cb_engine_entries(ctx, argv[0], &pairs);

    (void)this_value, (void)argc;
    return JS_IsException(entries) ? entries : pair(ctx, entries, JS_NewBool(ctx, pairs));
}

/* The name of the constructor that a property `constructor` of this very object tells, undefined if none does. */
static JSValue own_constructor_name(JSContext *ctx, JSValueConst object, JSValueConst instance, JSAtom key)
{
    JSPropertyDescriptor own;
    JSValue name = JS_UNDEFINED;
    int found = JS_GetOwnProperty(ctx, &own, object, key);

    if (found <= 0)
        return found < 0 ? JS_EXCEPTION : JS_UNDEFINED;
    if (JS_IsFunction(ctx, own.value)) {
        name = JS_GetPropertyStr(ctx, own.value, "name");
        if (!JS_IsException(name)) {
            bool empty = false;
            if (JS_IsString(name)) {
                JSValue length = JS_GetPropertyStr(ctx, name, "length");
                empty = JS_VALUE_GET_TAG(length) == JS_TAG_INT && JS_VALUE_GET_INT(length) == 0;
                JS_FreeValue(ctx, length);
            }
            found = empty ? 0 : JS_IsInstanceOf(ctx, instance, own.value);
            if (found < 0)
                JS_FreeValue(ctx, JS_GetException(ctx));
            if (found <= 0) {
                JS_FreeValue(ctx, name);
                name = JS_UNDEFINED;
            }
        }
    }
    JS_FreeValue(ctx, own.value);
    JS_FreeValue(ctx, own.getter);
    JS_FreeValue(ctx, own.setter);
    return name;
}

/* A proxy can be its own prototype. */
#define PROTOTYPES_MAX 1000

/* [name, steps]: the first constructor along the prototypes that made the object, and how far up it is. The name is
 * null if there is no prototype at all, undefined if there are only prototypes that tell nothing. */
static JSValue inspect_constructor(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    JSAtom key = JS_NewAtom(ctx, "constructor");
    JSValue at = JS_DupValue(ctx, argv[0]), name = JS_UNDEFINED;
    int32_t steps = 0;

    (void)this_value, (void)argc;
    while (key != JS_ATOM_NULL && JS_IsObject(at) && steps < PROTOTYPES_MAX) {
        JSValue next;

        name = own_constructor_name(ctx, at, argv[0], key);
        if (!JS_IsUndefined(name))
            break;
        next = JS_GetPrototype(ctx, at);
        JS_FreeValue(ctx, at);
        at = next;
        steps++;
    }
    JS_FreeAtom(ctx, key);
    if (JS_IsException(at) || JS_IsException(name) || key == JS_ATOM_NULL) {
        JS_FreeValue(ctx, at);
        return JS_EXCEPTION;
    }
    JS_FreeValue(ctx, at);
    if (JS_IsUndefined(name))
        name = steps <= 1 ? JS_NULL : JS_UNDEFINED;
    return pair(ctx, name, JS_NewInt32(ctx, steps));
}

/* Flags of a field; js/internal/inspect has the same numbers. */
enum { FIELD_GET = 1, FIELD_SET = 2, FIELD_HIDDEN = 4 };

static bool is_index(JSContext *ctx, JSAtom key)
{
    JSValue text = JS_AtomToValue(ctx, key);
    cb_string_t string;
    bool index = false;

    if (JS_IsString(text) && cb_engine_string(ctx, text, &string)) {
        uint64_t number = 0;
        index = !string.wide && string.len > 0 && string.len <= 10 && (string.len == 1 || string.latin1[0] != '0');
        for (size_t i = 0; index && i < string.len; i++) {
            index = string.latin1[i] >= '0' && string.latin1[i] <= '9';
            number = number * 10 + (uint64_t)(string.latin1[i] - '0');
        }
        index = index && number < UINT32_MAX;
        JS_FreeValue(ctx, string.owner);
    }
    JS_FreeValue(ctx, text);
    return index;
}

static int put_field(JSContext *ctx, JSValueConst fields, uint32_t *at, JSAtom key, JSPropertyDescriptor *own)
{
    int flags = (own->flags & JS_PROP_ENUMERABLE ? 0 : FIELD_HIDDEN) | (JS_IsUndefined(own->getter) ? 0 : FIELD_GET) |
                (JS_IsUndefined(own->setter) ? 0 : FIELD_SET);
    JSValue value = flags & FIELD_GET ? own->getter : own->value, unused = flags & FIELD_GET ? own->value : own->getter;

    JS_FreeValue(ctx, unused);
    JS_FreeValue(ctx, own->setter);
    if (JS_DefinePropertyValueUint32(ctx, fields, (*at)++, JS_AtomToValue(ctx, key), JS_PROP_C_W_E) < 0 ||
        JS_DefinePropertyValueUint32(ctx, fields, (*at)++, JS_NewInt32(ctx, flags), JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, value);
        return -1;
    }
    return JS_DefinePropertyValueUint32(ctx, fields, (*at)++, value, JS_PROP_C_W_E);
}

/* fields(object, hidden, withoutItems): key, flags and value of each own property, one after the other; the getter
 * where there is one. Not asked for proxies, whose traps would run. */
static JSValue inspect_fields(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    bool hidden = JS_ToBool(ctx, argv[1]), without_items = JS_ToBool(ctx, argv[2]);
    int flags = JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK | (hidden ? 0 : JS_GPN_ENUM_ONLY), found = 0;
    JSValue fields = JS_NewArray(ctx);
    JSPropertyEnum *keys = NULL;
    JSPropertyDescriptor own;
    uint32_t count = 0, at = 0;

    (void)this_value, (void)argc;
    if (JS_IsException(fields) || (without_items && !hidden && cb_engine_is_dense(ctx, argv[0])))
        return fields;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, argv[0], flags) < 0) {
        JS_FreeValue(ctx, fields);
        return JS_EXCEPTION;
    }
    for (uint32_t i = 0; i < count && found >= 0; i++) {
        if (without_items && is_index(ctx, keys[i].atom))
            continue;
        found = JS_GetOwnProperty(ctx, &own, argv[0], keys[i].atom);
        if (found > 0)
            found = put_field(ctx, fields, &at, keys[i].atom, &own);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    if (found < 0) {
        JS_FreeValue(ctx, fields);
        return JS_EXCEPTION;
    }
    return fields;
}

/* The escape of a unit within quotes; 0 for one that stands for itself. */
static size_t escape_of(uint32_t unit, uint32_t quote, char *to)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char letters[] = "btn\0fr";

    if (unit == quote || unit == '\\') {
        to[0] = '\\';
        to[1] = (char)unit;
        return 2;
    }
    if (unit >= 8 && unit <= 13 && unit != 11) {
        to[0] = '\\';
        to[1] = letters[unit - 8];
        return 2;
    }
    if (unit < 32 || (unit > 126 && unit < 160)) {
        to[0] = '\\';
        to[1] = 'x';
        to[2] = hex[unit >> 4];
        to[3] = hex[unit & 15];
        return 4;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        to[0] = '\\';
        to[1] = 'u';
        for (int i = 0; i < 4; i++)
            to[2 + i] = (char)(hex[unit >> (12 - 4 * i) & 15] | (unit >> (12 - 4 * i) & 8 ? 0x20 : 0));
        return 6;
    }
    return 0;
}

static uint32_t unit_at(const cb_string_t *string, size_t i)
{
    return string->wide ? string->utf16[i] : string->latin1[i];
}

static bool pair_at(const cb_string_t *string, size_t i)
{
    return (unit_at(string, i) & 0xfc00) == 0xd800 && i + 1 < string->len &&
           (unit_at(string, i + 1) & 0xfc00) == 0xdc00;
}

static void put_unit(uint8_t *latin1, uint16_t *utf16, size_t at, uint32_t unit)
{
    if (latin1)
        latin1[at] = (uint8_t)unit;
    else
        utf16[at] = (uint16_t)unit;
}

/* Writes the string with its escapes, or only counts; between quotes, or without where `quote` is 0. */
static size_t put_escaped(const cb_string_t *string, uint32_t quote, uint32_t escaped, uint8_t *latin1, uint16_t *utf16)
{
    bool writes = latin1 || utf16;
    char escape[8];
    size_t at = 0;

    if (quote && writes)
        put_unit(latin1, utf16, at, quote);
    at += quote != 0;
    for (size_t i = 0; i < string->len; i++) {
        uint32_t unit = unit_at(string, i);
        bool two = pair_at(string, i);
        size_t length = two ? 0 : escape_of(unit, escaped, escape);

        for (size_t j = 0; writes && j < length; j++)
            put_unit(latin1, utf16, at + j, (uint8_t)escape[j]);
        if (!length && writes)
            put_unit(latin1, utf16, at, unit);
        at += length ? length : 1;
        if (two && writes)
            put_unit(latin1, utf16, at, unit_at(string, i + 1));
        at += two;
        i += two;
    }
    if (quote && writes)
        put_unit(latin1, utf16, at, quote);
    return at + (quote != 0);
}

/* Single quotes, unless there is one in the string and no double one, or no backtick and nothing to fill in. */
static uint32_t best_quote(const cb_string_t *string)
{
    bool single = false, twice = false, tick = false;

    for (size_t i = 0; i < string->len; i++) {
        uint32_t unit = unit_at(string, i);
        single |= unit == '\'';
        twice |= unit == '"';
        tick |= unit == '`' || (unit == '$' && i + 1 < string->len && unit_at(string, i + 1) == '{');
    }
    return !single ? '\'' : !twice ? '"' : !tick ? '`' : '\'';
}

static JSValue escaped_string(JSContext *ctx, JSValueConst value, bool quotes)
{
    uint8_t *latin1 = NULL;
    uint16_t *utf16 = NULL;
    cb_string_t string;
    uint32_t quote;
    JSValue result;
    size_t len;

    if (!cb_engine_string(ctx, value, &string))
        return JS_EXCEPTION;
    quote = quotes ? best_quote(&string) : 0;
    /* A quote of another kind than the single one is not in the string; within no quotes the single one is escaped. */
    len = put_escaped(&string, quote, quotes ? quote == '\'' ? '\'' : '\\' : '\'', NULL, NULL);
    result = string.wide ? cb_engine_new_utf16(ctx, len, &utf16) : cb_engine_new_latin1(ctx, len, &latin1);
    if (latin1 || utf16)
        put_escaped(&string, quote, quotes ? quote == '\'' ? '\'' : '\\' : '\'', latin1, utf16);
    JS_FreeValue(ctx, string.owner);
    return result;
}

static JSValue inspect_quote(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return escaped_string(ctx, argv[0], true);
}

static JSValue inspect_escape(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    (void)this_value, (void)argc;
    return escaped_string(ctx, argv[0], false);
}

/* Whether a key can stand without quotes. */
static JSValue inspect_is_name(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_string_t string;
    bool name;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    name = !string.wide && string.len > 0 && !(string.latin1[0] >= '0' && string.latin1[0] <= '9');
    for (size_t i = 0; name && i < string.len; i++) {
        uint8_t unit = string.latin1[i];
        name = (unit >= '0' && unit <= '9') || ((unit | 0x20) >= 'a' && (unit | 0x20) <= 'z') || unit == '_';
    }
    JS_FreeValue(ctx, string.owner);
    return JS_NewBool(ctx, name);
}

/* The columns of a text of printable ASCII, -1 for any other. */
static JSValue inspect_columns(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    cb_string_t string;
    int32_t columns;

    (void)this_value, (void)argc;
    if (!cb_engine_string(ctx, argv[0], &string))
        return JS_EXCEPTION;
    columns = string.wide ? -1 : (int32_t)string.len;
    for (size_t i = 0; columns >= 0 && i < string.len; i++)
        if (string.latin1[i] < 32 || string.latin1[i] > 126)
            columns = -1;
    JS_FreeValue(ctx, string.owner);
    return JS_NewInt32(ctx, columns);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("kind", 1, inspect_kind),
    JS_CFUNC_DEF("isClass", 1, inspect_is_class),
    JS_CFUNC_DEF("isDense", 1, inspect_is_dense),
    JS_CFUNC_DEF("proxy", 1, inspect_proxy),
    JS_CFUNC_DEF("promise", 1, inspect_promise),
    JS_CFUNC_DEF("entries", 1, inspect_entries),
    JS_CFUNC_DEF("constructorOf", 1, inspect_constructor),
    JS_CFUNC_DEF("fields", 3, inspect_fields),
    JS_CFUNC_DEF("quote", 1, inspect_quote),
    JS_CFUNC_DEF("escape", 1, inspect_escape),
    JS_CFUNC_DEF("isName", 1, inspect_is_name),
    JS_CFUNC_DEF("columns", 1, inspect_columns),
};

const cb_binding_t cb_inspect_binding = { "inspect", functions, sizeof functions / sizeof *functions };
