/* The encodings of East Asia, as the Encoding Standard decodes them. Their indexes are strings that the build makes
 * (legacy_encodings.py): the unit at a pointer is its character, 0 where there is none. */
#include "decoder.h"

static uint32_t unit_of(const cb_string_t *table, size_t pointer)
{
    if (pointer >= table->len)
        return 0;
    return table->wide ? table->utf16[pointer] : table->latin1[pointer];
}

static bool between(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most;
}

/* Puts what two bytes mean. An error leaves the second one to be read again if it is ASCII. */
static size_t put_two(cb_decoded_t *out, uint32_t code, uint8_t trail)
{
    if (code) {
        cb_put(out, code);
        return 2;
    }
    cb_put_error(out);
    return trail < 0x80 ? 1 : 2;
}

/* `more` has pairs of a pointer and the character at it, between which both grow alike. */
static uint32_t gb18030_range(const cb_string_t *ranges, uint32_t pointer)
{
    size_t low = 0, high = ranges->len / 2;

    if (between(pointer, 39420, 188999) || pointer > 1237575)
        return 0;
    if (pointer == 7457)
        return 0xE7C7;
    if (pointer >= 189000)
        return 0x10000 + pointer - 189000;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (unit_of(ranges, 2 * middle) <= pointer)
            low = middle;
        else
            high = middle;
    }
    return unit_of(ranges, 2 * low + 1) + pointer - unit_of(ranges, 2 * low);
}

static size_t gb18030(const cb_legacy_t *legacy, const uint8_t *at, size_t left, cb_decoded_t *out)
{
    uint32_t code = 0;

    if (at[0] == 0x80 || at[0] == 0xFF) {
        at[0] == 0x80 ? cb_put(out, 0x20AC) : cb_put_error(out);
        return 1;
    }
    if (left < 2)
        return 0;
    if (!between(at[1], '0', '9')) {
        if (at[1] >= 0x40 && at[1] != 0x7F && at[1] != 0xFF)
            code = unit_of(&legacy->table, (at[0] - 0x81u) * 190 + at[1] - (at[1] < 0x7F ? 0x40 : 0x41));
        return put_two(out, code, at[1]);
    }
    if (left < 3)
        return 0;
    if (between(at[2], 0x81, 0xFE)) {
        if (left < 4)
            return 0;
        if (between(at[3], '0', '9')) {
            uint32_t pointer = ((at[0] - 0x81u) * 10 + at[1] - '0') * 1260 + (at[2] - 0x81u) * 10 + at[3] - '0';
            code = gb18030_range(&legacy->more, pointer);
            code ? cb_put(out, code) : cb_put_error(out);
            return 4;
        }
    }
    cb_put_error(out);
    return 1;
}

/* A bit of `more` says that a character lies in the plane behind the first two. */
static size_t big5(const cb_legacy_t *legacy, const uint8_t *at, size_t left, cb_decoded_t *out)
{
    uint32_t pointer, code;

    if (!between(at[0], 0x81, 0xFE)) {
        cb_put_error(out);
        return 1;
    }
    if (left < 2)
        return 0;
    if (!between(at[1], 0x40, 0x7E) && !between(at[1], 0xA1, 0xFE))
        return put_two(out, 0, at[1]);
    pointer = (at[0] - 0x81u) * 157 + at[1] - (at[1] < 0x7F ? 0x40 : 0x62);
    if (pointer == 1133 || pointer == 1135 || pointer == 1164 || pointer == 1166) {
        cb_put(out, pointer < 1164 ? 0xCA : 0xEA);
        cb_put(out, pointer == 1133 || pointer == 1164 ? 0x304 : 0x30C);
        return 2;
    }
    code = unit_of(&legacy->table, pointer);
    if (code && unit_of(&legacy->more, pointer / 16) >> pointer % 16 & 1)
        code += 0x20000;
    return put_two(out, code, at[1]);
}

static size_t euc_kr(const cb_legacy_t *legacy, const uint8_t *at, size_t left, cb_decoded_t *out)
{
    uint32_t code = 0;

    if (!between(at[0], 0x81, 0xFE)) {
        cb_put_error(out);
        return 1;
    }
    if (left < 2)
        return 0;
    if (between(at[1], 0x41, 0xFE))
        code = unit_of(&legacy->table, (at[0] - 0x81u) * 190 + at[1] - 0x41);
    return put_two(out, code, at[1]);
}

static size_t shift_jis(const cb_legacy_t *legacy, const uint8_t *at, size_t left, cb_decoded_t *out)
{
    uint32_t pointer, code = 0;

    if (at[0] == 0x80 || between(at[0], 0xA1, 0xDF)) {
        cb_put(out, at[0] == 0x80 ? 0x80 : 0xFF61u - 0xA1 + at[0]);
        return 1;
    }
    if (at[0] == 0xA0 || at[0] > 0xFC) {
        cb_put_error(out);
        return 1;
    }
    if (left < 2)
        return 0;
    if (between(at[1], 0x40, 0xFC) && at[1] != 0x7F) {
        pointer = (at[0] - (at[0] < 0xA0 ? 0x81u : 0xC1u)) * 188 + at[1] - (at[1] < 0x7F ? 0x40 : 0x41);
        code = between(pointer, 8836, 10715) ? 0xE000 - 8836 + pointer : unit_of(&legacy->table, pointer);
    }
    return put_two(out, code, at[1]);
}

/* `table` is JIS X 0208, `more` JIS X 0212, whose characters have 0x8F before them. */
static size_t euc_jp(const cb_legacy_t *legacy, const uint8_t *at, size_t left, cb_decoded_t *out)
{
    bool three = at[0] == 0x8F;

    if (at[0] != 0x8E && !three && !between(at[0], 0xA1, 0xFE)) {
        cb_put_error(out);
        return 1;
    }
    if (left < 2)
        return 0;
    if (at[0] == 0x8E)
        return put_two(out, between(at[1], 0xA1, 0xDF) ? 0xFF61u - 0xA1 + at[1] : 0, at[1]);
    if (!between(at[1], 0xA1, 0xFE))
        return put_two(out, 0, at[1]);
    if (!three)
        return put_two(out, unit_of(&legacy->table, (at[0] - 0xA1u) * 94 + at[1] - 0xA1), at[1]);
    if (left < 3)
        return 0;
    if (!between(at[2], 0xA1, 0xFE))
        return 1 + put_two(out, 0, at[2]);
    return 1 + put_two(out, unit_of(&legacy->more, (at[1] - 0xA1u) * 94 + at[2] - 0xA1), at[2]);
}

typedef size_t step_t(const cb_legacy_t *, const uint8_t *, size_t, cb_decoded_t *);

size_t cb_legacy_decode(const cb_legacy_t *legacy, const uint8_t *bytes, size_t len, cb_decoded_t *out)
{
    step_t *step = legacy->kind == CB_DECODE_GB18030 ? gb18030 : legacy->kind == CB_DECODE_BIG5 ? big5
                   : legacy->kind == CB_DECODE_EUC_KR ? euc_kr : legacy->kind == CB_DECODE_EUC_JP ? euc_jp : shift_jis;
    size_t at = 0;

    while (at < len && !out->failed) {
        size_t used;
        if (bytes[at] < 0x80) {
            out->units[out->count++] = bytes[at++];
            continue;
        }
        used = step(legacy, bytes + at, len - at, out);
        if (!used)
            break;
        at += used;
    }
    return at;
}

/* Where ISO-2022-JP stands. Zero is where it begins. */
enum { IN_ASCII, IN_ROMAN, IN_KATAKANA, AT_LEAD, AT_TRAIL, AT_ESCAPE, IN_ESCAPE };

typedef struct {
    const cb_legacy_t *legacy;
    cb_stream_t *stream;
    cb_decoded_t *out;
    uint8_t again[3]; /* bytes to be read once more, the next one last */
    int waiting;
} japanese_t;

static void put_japanese(japanese_t *japanese, uint32_t code)
{
    japanese->stream->output = 0;
    code ? cb_put(japanese->out, code) : cb_put_error(japanese->out);
}

static void read_escape(japanese_t *japanese, uint8_t byte)
{
    cb_stream_t *stream = japanese->stream;
    int mode = -1;

    if (stream->lead == '(')
        mode = byte == 'B' ? IN_ASCII : byte == 'J' ? IN_ROMAN : byte == 'I' ? IN_KATAKANA : -1;
    else if (byte == '@' || byte == 'B')
        mode = AT_LEAD;
    if (mode >= 0) {
        stream->mode = stream->output_mode = (uint8_t)mode;
        if (stream->output)
            cb_put_error(japanese->out);
        stream->output = 1;
        return;
    }
    japanese->again[japanese->waiting++] = byte;
    japanese->again[japanese->waiting++] = stream->lead;
    stream->mode = stream->output_mode;
    put_japanese(japanese, 0);
}

static void read_trail(japanese_t *japanese, uint8_t byte)
{
    cb_stream_t *stream = japanese->stream;
    uint32_t code = 0;

    stream->mode = byte == 0x1B ? AT_ESCAPE : AT_LEAD;
    if (between(byte, 0x21, 0x7E))
        code = unit_of(&japanese->legacy->table, (stream->lead - 0x21u) * 94 + byte - 0x21);
    put_japanese(japanese, code);
}

static void read_plain(japanese_t *japanese, uint8_t byte)
{
    cb_stream_t *stream = japanese->stream;

    if (stream->mode == IN_KATAKANA) {
        put_japanese(japanese, between(byte, 0x21, 0x5F) ? 0xFF61u - 0x21 + byte : 0);
    } else if (byte > 0x7F || byte == 0x0E || byte == 0x0F) {
        put_japanese(japanese, 0);
    } else if (stream->mode == IN_ROMAN && (byte == 0x5C || byte == 0x7E)) {
        put_japanese(japanese, byte == 0x5C ? 0xA5 : 0x203E);
    } else {
        stream->output = 0;
        cb_put(japanese->out, byte);
    }
}

static void read_japanese(japanese_t *japanese, uint8_t byte)
{
    cb_stream_t *stream = japanese->stream;

    if (stream->mode == AT_TRAIL) {
        read_trail(japanese, byte);
    } else if (stream->mode == IN_ESCAPE) {
        read_escape(japanese, byte);
    } else if (stream->mode == AT_ESCAPE) {
        if (byte == '$' || byte == '(') {
            stream->lead = byte;
            stream->mode = IN_ESCAPE;
            return;
        }
        japanese->again[japanese->waiting++] = byte;
        stream->mode = stream->output_mode;
        put_japanese(japanese, 0);
    } else if (byte == 0x1B) {
        stream->mode = AT_ESCAPE;
    } else if (stream->mode != AT_LEAD) {
        read_plain(japanese, byte);
    } else if (between(byte, 0x21, 0x7E)) {
        stream->output = 0;
        stream->lead = byte;
        stream->mode = AT_TRAIL;
    } else {
        put_japanese(japanese, 0);
    }
}

/* The end within a character or an escape sequence is an error; what was the second byte of that is read as text. */
static void end_japanese(japanese_t *japanese)
{
    cb_stream_t *stream = japanese->stream;

    if (stream->mode == IN_ESCAPE)
        japanese->again[japanese->waiting++] = stream->lead;
    if (stream->mode < AT_TRAIL)
        return;
    stream->mode = stream->mode == AT_TRAIL ? AT_LEAD : stream->output_mode;
    put_japanese(japanese, 0);
}

void cb_iso_2022_jp_decode(const cb_legacy_t *legacy, cb_stream_t *stream, const uint8_t *bytes, size_t len, bool flush,
                           cb_decoded_t *out)
{
    japanese_t japanese = { legacy, stream, out, { 0 }, 0 };
    size_t at = 0;

    while ((at < len || japanese.waiting) && !out->failed)
        read_japanese(&japanese, japanese.waiting ? japanese.again[--japanese.waiting] : bytes[at++]);
    if (flush && !out->failed)
        end_japanese(&japanese);
    while (japanese.waiting && !out->failed)
        read_japanese(&japanese, japanese.again[--japanese.waiting]);
    if (flush && !out->failed)
        end_japanese(&japanese);
}
