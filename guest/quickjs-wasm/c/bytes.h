/* Strings and bytes in the encodings that Buffer knows (bytes.c). */
#ifndef CB_BYTES_H
#define CB_BYTES_H

#include "codecs.h"

/* js/internal/encodings.js has the same numbers. */
enum { CB_UTF8, CB_UCS2, CB_LATIN1, CB_ASCII, CB_BASE64, CB_BASE64URL, CB_HEX };

/* How many bytes a string has at most in an encoding; exactly, but for base64 and hexadecimal digits that are none. */
size_t cb_bytes_length(const cb_string_t *string, int encoding);
/* Writes whole characters while there is room; gives the bytes written. */
size_t cb_bytes_write(const cb_string_t *string, uint8_t *to, size_t room, int encoding);
/* A string of bytes. Nothing may move them meanwhile. */
JSValue cb_bytes_text(JSContext *ctx, const uint8_t *bytes, size_t len, int encoding);

#endif
