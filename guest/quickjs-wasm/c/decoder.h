/* What the decoders of TextDecoder share: decoder.c (UTF-8, UTF-16, one byte for a character) and legacy.c. */
#ifndef CB_DECODER_H
#define CB_DECODER_H

#include "codecs.h"

/* js/web/encoding/decoder.js has the same numbers. */
enum {
    CB_DECODE_UTF8,
    CB_DECODE_UTF16LE,
    CB_DECODE_UTF16BE,
    CB_DECODE_SINGLE_BYTE,
    CB_DECODE_GB18030,
    CB_DECODE_BIG5,
    CB_DECODE_EUC_JP,
    CB_DECODE_SHIFT_JIS,
    CB_DECODE_EUC_KR,
    CB_DECODE_ISO_2022_JP,
};

/* What a stream remembers from one piece to the next: bytes that begin a character, and where ISO-2022-JP stands. It lies
 * in an array that only the TextDecoder has. */
typedef struct {
    uint8_t pending, bytes[4], past_start;
    uint8_t mode, output_mode, output, lead;
} cb_stream_t;

/* Characters that have been decoded. What is not in the encoding is U+FFFD, or, if `fatal`, ends it all. */
typedef struct {
    uint16_t *units;
    size_t count;
    bool fatal, failed;
} cb_decoded_t;

static inline void cb_put(cb_decoded_t *out, uint32_t code)
{
    if (code > 0xFFFF) {
        out->units[out->count++] = (uint16_t)(0xD7C0 + (code >> 10));
        code = 0xDC00 + (code & 0x3FF);
    }
    out->units[out->count++] = (uint16_t)code;
}

static inline void cb_put_error(cb_decoded_t *out)
{
    out->failed |= out->fatal;
    out->units[out->count++] = 0xFFFD;
}

typedef struct {
    int kind;
    cb_string_t table, more;
} cb_legacy_t;

/* legacy.c: gives how many bytes were read; those behind them begin a character. At most a unit for each byte comes out,
 * and CB_DECODED_MORE more. */
enum { CB_DECODED_MORE = 8 };
size_t cb_legacy_decode(const cb_legacy_t *legacy, const uint8_t *bytes, size_t len, cb_decoded_t *out);
void cb_iso_2022_jp_decode(const cb_legacy_t *legacy, cb_stream_t *stream, const uint8_t *bytes, size_t len, bool flush,
                           cb_decoded_t *out);

#endif
