/* Buffer's readX and writeX: numbers of one to eight bytes, in both orders. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"

/* What a method does, in its magic number: the width in bytes, and: */
enum { BIG = 16, SIGNED = 32, ANY_WIDTH = 64 };
#define WIDTH(magic) ((magic) & 15)

static double limit(int bits)
{
    return ldexp(1, bits);
}

/* Throws what Node throws for an offset (or a count of bytes) that is none. */
static JSValue throw_bounds(JSContext *ctx, JSValueConst value, const char *name, double least, double most)
{
    double number = NAN;
    char range[64];

    if (!JS_IsNumber(value))
        return cb_buffer_throw_type(ctx, name, "number", value);
    JS_ToFloat64(ctx, &number, value);
    if (floor(number) != number)
        return cb_buffer_throw_range(ctx, name, "an integer", JS_DupValue(ctx, value));
    if (most < 0)
        return cb_buffer_throw(ctx, "ERR_BUFFER_OUT_OF_BOUNDS", 0, NULL);
    snprintf(range, sizeof range, ">= %.0f and <= %.0f", least, most);
    return cb_buffer_throw_range(ctx, name, range, JS_DupValue(ctx, value));
}

/* `width` bytes at an offset, or NULL where it throws. */
static uint8_t *place(JSContext *ctx, JSValueConst buffer, JSValueConst offset, size_t width, bool to_write)
{
    double at = 0;
    size_t len;
    uint8_t *bytes;

    if (!JS_IsNumber(offset)) {
        cb_buffer_throw_type(ctx, "offset", "number", offset);
        return NULL;
    }
    JS_ToFloat64(ctx, &at, offset);
    bytes = cb_engine_bytes(ctx, buffer, to_write, &len);
    if (!bytes)
        return NULL;
    if (at >= 0 && at + (double)width <= (double)len && at == floor(at))
        return bytes + (size_t)at;
    throw_bounds(ctx, offset, "offset", 0, (double)len - (double)width);
    return NULL;
}

static JSValue offset_arg(JSContext *ctx, int argc, JSValueConst *argv, int index)
{
    JSValueConst offset = cb_arg(argc, argv, index);

    return JS_IsUndefined(offset) ? JS_NewInt32(ctx, 0) : offset;
}

/* The width that readUIntLE and its kin are told; 0 where it throws. */
static int width_arg(JSContext *ctx, JSValueConst value)
{
    double width = 0;

    /* A symbol or a BigInt cannot be rounded, which is what Node tries. */
    if (JS_IsNumber(value) || JS_IsSymbol(value) || JS_IsBigInt(value)) {
        if (JS_ToFloat64(ctx, &width, value) < 0)
            return 0;
    }
    if (width >= 1 && width <= 6 && width == floor(width))
        return (int)width;
    throw_bounds(ctx, value, "byteLength", 1, 6);
    return 0;
}

static uint64_t load(const uint8_t *at, int width, bool big)
{
    uint64_t bits = 0;

    for (int i = 0; i < width; i++)
        bits = bits << 8 | at[big ? i : width - 1 - i];
    return bits;
}

static void store(uint8_t *at, int width, bool big, uint64_t bits)
{
    for (int i = 0; i < width; i++, bits >>= 8)
        at[big ? width - 1 - i : i] = (uint8_t)bits;
}

static JSValue read_integer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int magic)
{
    int width = WIDTH(magic);
    JSValueConst offset = magic & ANY_WIDTH ? cb_arg(argc, argv, 0) : offset_arg(ctx, argc, argv, 0);
    const uint8_t *at;
    uint64_t bits;

    if (magic & ANY_WIDTH) {
        if (JS_IsUndefined(offset))
            return cb_buffer_throw_type(ctx, "offset", "number", offset);
        width = width_arg(ctx, cb_arg(argc, argv, 1));
        if (!width)
            return JS_EXCEPTION;
    }
    at = place(ctx, this_value, offset, (size_t)width, false);
    if (!at)
        return JS_EXCEPTION;
    bits = load(at, width, magic & BIG);
    if (width == 8)
        return magic & SIGNED ? JS_NewBigInt64(ctx, (int64_t)bits) : JS_NewBigUint64(ctx, bits);
    if (magic & SIGNED)
        return JS_NewInt64(ctx, (int64_t)(bits << (64 - 8 * width)) >> (64 - 8 * width));
    return JS_NewInt64(ctx, (int64_t)bits);
}

static JSValue throw_value(JSContext *ctx, int width, bool is_signed, bool big_int, JSValue value)
{
    const char *n = big_int ? "n" : "";
    int bits = 8 * width - is_signed;
    char range[96];

    if (width <= 4)
        snprintf(range, sizeof range, ">= %.0f and <= %.0f", is_signed ? -limit(bits) : 0, limit(bits) - 1);
    else if (is_signed)
        snprintf(range, sizeof range, ">= -(2%s ** %d%s) and < 2%s ** %d%s", n, bits, n, n, bits, n);
    else
        snprintf(range, sizeof range, ">= 0%s and < 2%s ** %d%s", n, n, bits, n);
    return cb_buffer_throw_range(ctx, "value", range, value);
}

static JSValue write_integer(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int magic)
{
    JSValueConst offset = magic & ANY_WIDTH ? cb_arg(argc, argv, 1) : offset_arg(ctx, argc, argv, 1);
    bool is_signed = magic & SIGNED;
    int width = WIDTH(magic);
    double value, at, high;
    uint8_t *to;

    if ((magic & ANY_WIDTH) && !(width = width_arg(ctx, cb_arg(argc, argv, 2))))
        return JS_EXCEPTION;
    if (JS_ToFloat64(ctx, &value, cb_arg(argc, argv, 0)) < 0)
        return JS_EXCEPTION;
    if (width == 1 && !JS_IsNumber(offset))
        return cb_buffer_throw_type(ctx, "offset", "number", offset);
    if (value > limit(8 * width - is_signed) - 1 || value < (is_signed ? -limit(8 * width - 1) : 0))
        return throw_value(ctx, width, is_signed, false, JS_NewFloat64(ctx, value));
    to = place(ctx, this_value, offset, (size_t)width, true);
    if (!to)
        return JS_EXCEPTION;
    /* Fractions are cut off in the lower four bytes, and rounded down above them: as Node does it. */
    if (isnan(value))
        value = 0;
    high = floor(value / limit(32));
    store(to, width, magic & BIG, (uint64_t)(int64_t)high << 32 | (uint32_t)(int64_t)value);
    JS_ToFloat64(ctx, &at, offset);
    return JS_NewInt64(ctx, (int64_t)at + width);
}

/* A value of 64 bits; one that does not fit is not the same any more once it is cut to that. */
static JSValue write_big(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int magic)
{
    JSValueConst value = cb_arg(argc, argv, 0), offset = offset_arg(ctx, argc, argv, 1);
    bool is_signed = magic & SIGNED, fits;
    int64_t bits = 0;
    uint8_t *to;
    double at;

    if (JS_IsBigInt(value)) {
        JSValue cut;
        if (JS_ToBigInt64(ctx, &bits, value) < 0)
            return JS_EXCEPTION;
        cut = is_signed ? JS_NewBigInt64(ctx, bits) : JS_NewBigUint64(ctx, (uint64_t)bits);
        fits = JS_IsStrictEqual(ctx, cut, value);
        JS_FreeValue(ctx, cut);
        if (!fits)
            return throw_value(ctx, 8, is_signed, true, JS_DupValue(ctx, value));
    } else if (JS_IsNumber(value)) {
        /* A number is never right, but one out of range is told so first. */
        double number;
        JS_ToFloat64(ctx, &number, value);
        if (number >= limit(64 - is_signed) || number < (is_signed ? -limit(63) : 0))
            return throw_value(ctx, 8, is_signed, true, JS_DupValue(ctx, value));
    }
    to = place(ctx, this_value, offset, 8, true);
    if (!to)
        return JS_EXCEPTION;
    if (!JS_IsBigInt(value))
        return JS_ThrowTypeError(ctx, "Cannot mix BigInt and other types, use explicit conversions");
    store(to, 8, magic & BIG, (uint64_t)bits);
    JS_ToFloat64(ctx, &at, offset);
    return JS_NewInt64(ctx, (int64_t)at + 8);
}

static JSValue read_float(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int magic)
{
    const uint8_t *at = place(ctx, this_value, offset_arg(ctx, argc, argv, 0), (size_t)WIDTH(magic), false);
    uint64_t bits;
    uint32_t half;
    double number;
    float single;

    if (!at)
        return JS_EXCEPTION;
    bits = load(at, WIDTH(magic), magic & BIG);
    half = (uint32_t)bits;
    memcpy(&number, &bits, sizeof number);
    memcpy(&single, &half, sizeof single);
    return JS_NewFloat64(ctx, WIDTH(magic) == 4 ? single : number);
}

static JSValue write_float(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int magic)
{
    JSValueConst offset = offset_arg(ctx, argc, argv, 1);
    double number, at;
    uint32_t half;
    uint64_t bits;
    float single;
    uint8_t *to;

    if (JS_ToFloat64(ctx, &number, cb_arg(argc, argv, 0)) < 0)
        return JS_EXCEPTION;
    to = place(ctx, this_value, offset, (size_t)WIDTH(magic), true);
    if (!to)
        return JS_EXCEPTION;
    single = (float)number;
    memcpy(&half, &single, sizeof half);
    memcpy(&bits, &number, sizeof bits);
    store(to, WIDTH(magic), magic & BIG, WIDTH(magic) == 4 ? half : bits);
    JS_ToFloat64(ctx, &at, offset);
    return JS_NewInt64(ctx, (int64_t)at + WIDTH(magic));
}

#define METHOD(name, length, function, magic) \
    { name, JS_PROP_C_W_E, JS_DEF_CFUNC, magic, { .func = { length, JS_CFUNC_generic_magic, { .generic_magic = function } } } }
#define ALIAS(name, of) { name, JS_PROP_C_W_E, JS_DEF_ALIAS, 0, { .alias = { of, -1 } } }
#define BOTH_ORDERS(name, width, flags) \
    METHOD("read" name "LE", 0, read_integer, width | flags), METHOD("read" name "BE", 0, read_integer, width | flags | BIG), \
    METHOD("write" name "LE", 1, write_integer, width | flags), METHOD("write" name "BE", 1, write_integer, width | flags | BIG)
#define BIG_INTEGERS(name, flags) \
    METHOD("read" name "LE", 0, read_integer, 8 | flags), METHOD("read" name "BE", 0, read_integer, 8 | flags | BIG), \
    METHOD("write" name "LE", 1, write_big, 8 | flags), METHOD("write" name "BE", 1, write_big, 8 | flags | BIG)
#define ANY(name, flags) \
    METHOD("read" name "LE", 2, read_integer, ANY_WIDTH | flags), METHOD("read" name "BE", 2, read_integer, ANY_WIDTH | flags | BIG), \
    METHOD("write" name "LE", 3, write_integer, ANY_WIDTH | flags), METHOD("write" name "BE", 3, write_integer, ANY_WIDTH | flags | BIG)
#define ALIASES(name, of) \
    ALIAS("read" name "LE", "read" of "LE"), ALIAS("read" name "BE", "read" of "BE"), \
    ALIAS("write" name "LE", "write" of "LE"), ALIAS("write" name "BE", "write" of "BE")
#define FLOATS(name, width) \
    METHOD("read" name "LE", 0, read_float, width), METHOD("read" name "BE", 0, read_float, width | BIG), \
    METHOD("write" name "LE", 1, write_float, width), METHOD("write" name "BE", 1, write_float, width | BIG)

const JSCFunctionListEntry cb_buffer_numbers[] = {
    BIG_INTEGERS("BigUInt64", 0),
    ALIASES("BigUint64", "BigUInt64"),
    BIG_INTEGERS("BigInt64", SIGNED),
    ANY("UInt", 0),
    BOTH_ORDERS("UInt32", 4, 0),
    BOTH_ORDERS("UInt16", 2, 0),
    METHOD("readUInt8", 0, read_integer, 1),
    METHOD("writeUInt8", 1, write_integer, 1),
    ALIASES("Uint", "UInt"),
    ALIASES("Uint32", "UInt32"),
    ALIASES("Uint16", "UInt16"),
    ALIAS("readUint8", "readUInt8"),
    ALIAS("writeUint8", "writeUInt8"),
    ANY("Int", SIGNED),
    BOTH_ORDERS("Int32", 4, SIGNED),
    BOTH_ORDERS("Int16", 2, SIGNED),
    METHOD("readInt8", 0, read_integer, 1 | SIGNED),
    METHOD("writeInt8", 1, write_integer, 1 | SIGNED),
    FLOATS("Float", 4),
    FLOATS("Double", 8),
};
const int cb_buffer_numbers_count = sizeof cb_buffer_numbers / sizeof *cb_buffer_numbers;
