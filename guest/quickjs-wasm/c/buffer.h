/* What the C files of Buffer share: buffer.c (making buffers), buffer_numbers.c, buffer_methods.c. */
#ifndef CB_BUFFER_H
#define CB_BUFFER_H

#include "bytes.h"
#include "guest.h"

#define CB_BUFFER_BYTES_MAX 4294967296.0 /* Node's kMaxLength */

extern const JSCFunctionListEntry cb_buffer_numbers[], cb_buffer_methods[];
extern const int cb_buffer_numbers_count, cb_buffer_methods_count;

/* Methods of buffers have the number of arguments that Node's have, and may be called with fewer. */
static inline JSValueConst cb_arg(int argc, JSValueConst *argv, int index)
{
    return index < argc ? argv[index] : JS_UNDEFINED;
}

/* Throws an error as nodeError(code, ...) makes it. Takes over the values; always JS_EXCEPTION. */
JSValue cb_buffer_throw(JSContext *ctx, const char *code, int count, JSValue *values);
JSValue cb_buffer_throw_type(JSContext *ctx, const char *name, const char *expected, JSValueConst value);
JSValue cb_buffer_throw_range(JSContext *ctx, const char *name, const char *range, JSValue value);
/* An error that Node makes in C++: its message is not built from arguments. */
JSValue cb_buffer_throw_coded(JSContext *ctx, bool range, const char *code, const char *message);

/* A whole number from `least` to `most`, as Node's validateOffset wants it. False where it throws. */
bool cb_buffer_offset(JSContext *ctx, JSValueConst value, const char *name, double least, double most, double *number);
/* An encoding's name; -1 for one that is none. A value that is no string is made one, which may run code. -2 where that
 * throws. */
int cb_buffer_encoding(JSContext *ctx, JSValueConst value);
JSValue cb_buffer_throw_encoding(JSContext *ctx, JSValueConst name);
/* A Buffer over a part of an array buffer. */
JSValue cb_buffer_view(JSContext *ctx, JSValueConst array_buffer, size_t offset, size_t len);
/* buffer_search.c: indexOf(value, byteOffset, encoding) and its kin */
enum { CB_FORWARDS, CB_BACKWARDS, CB_ANYWHERE };
JSValue cb_buffer_index_of(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int kind);
bool cb_is_uint8_array(JSValueConst value);

#endif
