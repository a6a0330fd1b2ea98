/* bindings('digest'): hashes of what is small, where asking the host would cost more than the hash; and comparing in a
 * time that tells nothing of where two texts differ; and the payloads that go to the host. Data are a buffer's bytes, or a string in an encoding (bytes.h). */
#include <string.h>

#include "bytes.h"
#include "guest.h"
#include "hashes.h"

#define AT_ONCE_BYTES 256
#define FIELDS_MAX 12

typedef struct {
    const uint8_t *bytes;
    size_t len;
    cb_string_t string;
    uint8_t *made; /* what was encoded, if it did not fit into `room` */
    uint8_t room[AT_ONCE_BYTES];
} data_t;

static int number_arg(JSContext *ctx, JSValueConst value, int otherwise)
{
    int32_t number = otherwise;

    return JS_IsNumber(value) && JS_ToInt32(ctx, &number, value) == 0 ? number : otherwise;
}

static void release(JSContext *ctx, data_t *data)
{
    JS_FreeValue(ctx, data->string.owner);
    js_free(ctx, data->made);
}

/* The bytes of a string that are in memory as they are, if its encoding makes them so. */
static bool is_plain(const cb_string_t *string, int encoding)
{
    if (string->wide || (encoding != CB_UTF8 && encoding != CB_LATIN1 && encoding != CB_ASCII))
        return false;
    return encoding != CB_UTF8 || cb_ascii_prefix(string->latin1, string->len) == string->len;
}

static bool take_string(JSContext *ctx, JSValueConst value, int encoding, data_t *data)
{
    uint8_t *to = data->room;
    size_t most;

    if (!cb_engine_string(ctx, value, &data->string))
        return false;
    if (is_plain(&data->string, encoding)) {
        data->bytes = data->string.latin1;
        data->len = data->string.len;
        return true;
    }
    most = cb_bytes_length(&data->string, encoding);
    if (most > sizeof data->room)
        to = data->made = js_malloc(ctx, most);
    if (!to) {
        JS_FreeValue(ctx, data->string.owner);
        return false;
    }
    data->bytes = to;
    data->len = cb_bytes_write(&data->string, to, most, encoding);
    return true;
}

/* The bytes of a view are good until JavaScript runs, so they are taken after everything else. */
static bool take(JSContext *ctx, JSValueConst value, int encoding, data_t *data)
{
    data->string.owner = JS_UNDEFINED;
    data->made = NULL;
    if (JS_IsString(value))
        return take_string(ctx, value, encoding, data);
    data->bytes = cb_engine_bytes(ctx, value, false, &data->len);
    return data->bytes != NULL;
}

static JSValue give(JSContext *ctx, const uint8_t *digest, size_t len, int encoding)
{
    uint8_t *bytes;

    if (encoding >= 0)
        return cb_bytes_text(ctx, digest, len, encoding);
    bytes = js_malloc(ctx, len);
    if (!bytes)
        return JS_EXCEPTION;
    memcpy(bytes, digest, len);
    return cb_engine_new_buffer(ctx, bytes, len);
}

/* hash(algorithm, data, encoding, length, outputEncoding) -> string, or ArrayBuffer where that is below 0. Of a buffer
 * the first `length` bytes count, where that is given. */
static JSValue hash(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int algorithm = number_arg(ctx, argv[0], -1), length = number_arg(ctx, argv[3], -1);
    uint8_t digest[CB_HASH_BYTES_MAX];
    cb_hash_t state;
    data_t data;
    size_t len;

    (void)this_value, (void)argc;
    if (algorithm < 0 || algorithm >= CB_HASHES)
        return JS_ThrowRangeError(ctx, "no such hash");
    if (!take(ctx, argv[1], number_arg(ctx, argv[2], CB_UTF8), &data))
        return JS_EXCEPTION;
    cb_hash_begin(&state, algorithm);
    cb_hash_put(&state, data.bytes, length >= 0 && (size_t)length < data.len ? (size_t)length : data.len);
    len = cb_hash_end(&state, digest);
    release(ctx, &data);
    return give(ctx, digest, len, number_arg(ctx, argv[4], -1));
}

/* hmac(algorithm, data, encoding, length, outputEncoding, key): the same with a key, which is a buffer */
static JSValue hmac(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    int algorithm = number_arg(ctx, argv[0], -1), length = number_arg(ctx, argv[3], -1);
    uint8_t digest[CB_HASH_BYTES_MAX];
    cb_hash_t inner, outer;
    data_t data;
    const uint8_t *key;
    size_t key_len, len;

    (void)this_value, (void)argc;
    if (algorithm < 0 || algorithm >= CB_HASHES)
        return JS_ThrowRangeError(ctx, "no such hash");
    if (!take(ctx, argv[1], number_arg(ctx, argv[2], CB_UTF8), &data))
        return JS_EXCEPTION;
    key = cb_engine_bytes(ctx, argv[5], false, &key_len);
    if (!key) {
        release(ctx, &data);
        return JS_EXCEPTION;
    }
    cb_hmac_begin(&inner, &outer, algorithm, key, key_len);
    cb_hash_put(&inner, data.bytes, length >= 0 && (size_t)length < data.len ? (size_t)length : data.len);
    len = cb_hmac_end(&inner, &outer, digest);
    release(ctx, &data);
    return give(ctx, digest, len, number_arg(ctx, argv[4], -1));
}

/* same(view, view): whether two views of one length hold the same bytes */
static JSValue same(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    size_t len, other_len;
    const uint8_t *one = cb_engine_bytes(ctx, argv[0], false, &len);
    const uint8_t *other = one ? cb_engine_bytes(ctx, argv[1], false, &other_len) : NULL;
    volatile uint8_t differing = 0;

    (void)this_value, (void)argc;
    if (!other)
        return JS_EXCEPTION;
    if (len != other_len)
        return JS_FALSE;
    for (size_t i = 0; i < len; i++)
        differing = differing | (one[i] ^ other[i]);
    return JS_NewBool(ctx, differing == 0);
}

#define ABSENT 0xFFFFFFFFu

static void put_length(uint8_t *to, uint32_t length)
{
    memcpy(to, &length, sizeof length);
}

/* The bytes of one field, which may be text, a whole number, a view, or `undefined` (then `bytes` is NULL). */
static bool take_field(JSContext *ctx, JSValueConst value, data_t *data)
{
    JSValue text;
    bool taken;

    data->bytes = NULL;
    data->len = 0;
    data->string.owner = JS_UNDEFINED;
    data->made = NULL;
    if (JS_IsUndefined(value))
        return true;
    if (!JS_IsNumber(value))
        return take(ctx, value, CB_UTF8, data);
    text = JS_ToString(ctx, value);
    taken = !JS_IsException(text) && take_string(ctx, text, CB_UTF8, data);
    JS_FreeValue(ctx, text);
    return taken;
}

static JSValue join(JSContext *ctx, data_t *fields, int count)
{
    size_t total = 0, at = 0;
    uint8_t *payload;
    JSValue buffer;

    for (int i = 0; i < count; i++)
        total += 4 + fields[i].len;
    payload = js_malloc(ctx, total ? total : 1);
    if (!payload)
        return JS_EXCEPTION;
    for (int i = 0; i < count; i++) {
        put_length(payload + at, fields[i].bytes ? (uint32_t)fields[i].len : ABSENT);
        if (fields[i].len)
            memcpy(payload + at + 4, fields[i].bytes, fields[i].len);
        at += 4 + fields[i].len;
    }
    buffer = cb_engine_new_buffer(ctx, payload, total);
    return buffer;
}

/* pack(field, …) -> ArrayBuffer: a row of at most 12 fields, each its length (u32; all ones where it is absent) and its
 * bytes. Nothing of a guest's runs between the first field and the last. */
static JSValue pack(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv)
{
    data_t *fields = NULL;
    JSValue packed = JS_EXCEPTION;
    int taken = 0;

    (void)this_value;
    if (argc > FIELDS_MAX)
        return JS_ThrowRangeError(ctx, "too many fields");
    fields = js_malloc(ctx, sizeof *fields * (size_t)(argc + 1));
    if (!fields)
        return JS_EXCEPTION;
    while (taken < argc && take_field(ctx, argv[taken], &fields[taken]))
        taken++;
    if (taken == argc)
        packed = join(ctx, fields, argc);
    while (taken-- > 0)
        release(ctx, &fields[taken]);
    js_free(ctx, fields);
    return packed;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("hash", 5, hash),
    JS_CFUNC_DEF("hmac", 6, hmac),
    JS_CFUNC_DEF("same", 2, same),
    JS_CFUNC_DEF("pack", 0, pack),
};

const cb_binding_t cb_digest_binding = { "digest", functions, sizeof functions / sizeof *functions };
