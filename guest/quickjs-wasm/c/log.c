/* The console's output: records in guest memory, read by the host whenever the execution is at rest.
 *
 * A record is: level u32, length u32, at_ms f64, then the bytes, padded to 8. Once log_max_bytes is reached further
 * records are only counted, so that a flood of console calls costs its own fuel and nothing else. A record's head
 * counts too: a flood of empty texts is a flood for the host all the same. */
#include <string.h>

#include "guest.h"

typedef struct {
    uint32_t level, len;
    double at_ms;
} record_t;

static cb_text_t records;
static uint32_t used_bytes;

void cb_log_begin(void)
{
    memset(&records, 0, sizeof records);
    used_bytes = 0;
}

/* Makes room by moving, and says where the records are before it frees where they were: the host may look between any
 * two instructions. */
static void make_room(size_t more)
{
    size_t capacity = records.capacity ? records.capacity : 256;
    char *bytes, *old = records.bytes;

    if (records.failed || records.len + more <= records.capacity)
        return;
    while (capacity < records.len + more)
        capacity *= 2;
    bytes = cb_allocate(capacity);
    if (!bytes) {
        records.failed = true;
        return;
    }
    if (old)
        memcpy(bytes, old, records.len);
    records.bytes = bytes;
    records.capacity = capacity;
    cb_mailbox.log_ptr = (uint32_t)(uintptr_t)bytes;
    cb_release(old);
}

void cb_log_put(JSContext *ctx, uint32_t level, JSValueConst value)
{
    static const char padding[8];
    size_t len;
    const char *utf8;
    record_t record;

    if (used_bytes >= cb_mailbox.log_max_bytes) {
        cb_mailbox.log_dropped++;
        return;
    }
    utf8 = JS_ToCStringLen(ctx, &len, value);
    if (!utf8)
        return;
    if (len + sizeof record > cb_mailbox.log_max_bytes - used_bytes) {
        cb_mailbox.log_dropped++;
        used_bytes = cb_mailbox.log_max_bytes;
    } else {
        record = (record_t){ level, (uint32_t)len, cb_mailbox.elapsed_ms };
        make_room(sizeof record + len + 8);
        cb_text_put(&records, &record, sizeof record);
        cb_text_put(&records, utf8, len);
        cb_text_put(&records, padding, (8 - len % 8) % 8);
        used_bytes += (uint32_t)(len + sizeof record);
        if (!records.failed)
            cb_mailbox.log_len = (uint32_t)records.len;
    }
    JS_FreeCString(ctx, utf8);
}
