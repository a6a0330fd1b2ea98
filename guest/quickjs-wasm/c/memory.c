/* The allocator under QuickJS-ng: two-level segregated fit (Masmano et al., "TLSF", ECRTS 2004) over linear memory.
 *
 * Why not wasi-libc's: an execution should write to few pages, and those should lie together, because every written
 * page costs a fault and has to be restored afterwards. So at the end of the boot every fragment that it left free is
 * retired, and what executions allocate lies side by side at the bottom of the memory, where the boot had its stack.
 *
 * While an image is made every block comes from here, packed; in an execution QuickJS-ng carves small objects from
 * arenas of 4 KiB, and only those and larger blocks do (see engine_unit.c). */
#include <stdint.h>
#include <string.h>

#include "guest.h"

#define ALIGN 8u
#define SPLIT_LOG2 4u
#define SPLITS (1u << SPLIT_LOG2)
#define SMALL_LOG2 7u /* sizes below 128 share the first level, in steps of ALIGN */
#define LEVELS (31u - SMALL_LOG2 + 2u)
#define BLOCK_MAX_BYTES (1u << 30)
#define HOT_BYTES (96u * 1024u)
/* Above the address 0, so that no block is NULL. */
#define LOW_FROM 16u
#define GROW_MIN_BYTES (256u * 1024u)
#define PAGE_BYTES 65536u
#define FREE 1u

typedef struct block {
    struct block *previous; /* the block before this one in memory, NULL for a region's first */
    uint32_t size_and_flag; /* of the payload; a size of 0 ends a region */
    struct block *next_free, *previous_free; /* payload of a free block */
} block_t;

#define HEADER_BYTES 8u
#define PAYLOAD_MIN_BYTES 8u

static block_t *bins[LEVELS][SPLITS];
static uint32_t level_map, split_map[LEVELS];
static block_t *region_first, *region_end;

extern uint8_t __heap_base;

static uint32_t size_of(const block_t *block)
{
    return block->size_and_flag & ~FREE;
}

static bool is_free(const block_t *block)
{
    return block->size_and_flag & FREE;
}

static block_t *after(block_t *block)
{
    return (block_t *)((uint8_t *)block + HEADER_BYTES + size_of(block));
}

static void *payload_of(block_t *block)
{
    return (uint8_t *)block + HEADER_BYTES;
}

static block_t *block_of(const void *payload)
{
    return (block_t *)((uint8_t *)payload - HEADER_BYTES);
}

static uint32_t log2_of(uint32_t size)
{
    return 31u - (uint32_t)__builtin_clz(size);
}

static void bin_of(uint32_t size, uint32_t *level, uint32_t *split)
{
    if (size < 1u << SMALL_LOG2) {
        *level = 0;
        *split = size / ALIGN;
        return;
    }
    uint32_t log2 = log2_of(size);
    *split = (size >> (log2 - SPLIT_LOG2)) & (SPLITS - 1);
    *level = log2 - SMALL_LOG2 + 1;
}

static void put_free(block_t *block)
{
    uint32_t level, split;

    bin_of(size_of(block), &level, &split);
    block->size_and_flag |= FREE;
    block->previous_free = NULL;
    block->next_free = bins[level][split];
    if (block->next_free)
        block->next_free->previous_free = block;
    bins[level][split] = block;
    level_map |= 1u << level;
    split_map[level] |= 1u << split;
}

static void take_free(block_t *block)
{
    uint32_t level, split;

    bin_of(size_of(block), &level, &split);
    block->size_and_flag &= ~FREE;
    if (block->next_free)
        block->next_free->previous_free = block->previous_free;
    if (block->previous_free) {
        block->previous_free->next_free = block->next_free;
        return;
    }
    bins[level][split] = block->next_free;
    if (!block->next_free) {
        split_map[level] &= ~(1u << split);
        if (!split_map[level])
            level_map &= ~(1u << level);
    }
}

/* The first bin whose every block is large enough. */
static block_t *find_free(uint32_t size)
{
    uint32_t level, split, map;

    if (size >= 1u << SMALL_LOG2)
        size += (1u << (log2_of(size) - SPLIT_LOG2)) - 1;
    bin_of(size, &level, &split);
    map = split_map[level] & (~0u << split);
    if (!map) {
        uint32_t higher = level_map & (~0u << (level + 1));
        if (!higher)
            return NULL;
        level = (uint32_t)__builtin_ctz(higher);
        map = split_map[level];
    }
    return bins[level][__builtin_ctz(map)];
}

/* Cuts what a used block has beyond `size` off it and frees the rest. */
static void trim(block_t *block, uint32_t size)
{
    uint32_t whole = size_of(block);
    block_t *rest, *next;

    if (whole < size + HEADER_BYTES + PAYLOAD_MIN_BYTES)
        return;
    block->size_and_flag = size;
    rest = after(block);
    rest->previous = block;
    rest->size_and_flag = whole - size - HEADER_BYTES;
    next = after(rest);
    if (is_free(next)) {
        take_free(next);
        rest->size_and_flag += size_of(next) + HEADER_BYTES;
        next = after(rest);
    }
    next->previous = rest;
    put_free(rest);
}

static void give_back(block_t *block)
{
    block_t *next = after(block), *previous = block->previous;

    if (is_free(next)) {
        take_free(next);
        block->size_and_flag += size_of(next) + HEADER_BYTES;
    }
    if (previous && is_free(previous)) {
        take_free(previous);
        previous->size_and_flag += size_of(block) + HEADER_BYTES;
        block = previous;
    }
    after(block)->previous = block;
    put_free(block);
}

static void add_region(uint8_t *from, uint8_t *to)
{
    block_t *first = (block_t *)from, *end = (block_t *)(to - HEADER_BYTES);

    if (region_end && (uint8_t *)region_end + HEADER_BYTES == from)
        first = region_end; /* the old end becomes part of what follows it */
    else
        first->previous = NULL;
    first->size_and_flag = (uint32_t)((uint8_t *)end - (uint8_t *)first) - HEADER_BYTES;
    end->previous = first;
    end->size_and_flag = 0;
    region_end = end;
    give_back(first);
}

static bool grow(uint32_t size)
{
    uint32_t want = size + 4 * HEADER_BYTES, held = (uint32_t)__builtin_wasm_memory_size(0) * PAGE_BYTES;
    /* The search rounds a size up to its bin, so a block must be that much larger to be found. */
    uint32_t least = want + (want >> SPLIT_LOG2), step = held / 4 > GROW_MIN_BYTES ? held / 4 : GROW_MIN_BYTES;

    for (uint32_t bytes = least > step ? least : step;; bytes = least) {
        uint32_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
        size_t was = __builtin_wasm_memory_grow(0, pages);
        if (was != (size_t)-1) {
            add_region((uint8_t *)(was * PAGE_BYTES), (uint8_t *)((was + pages) * PAGE_BYTES));
            return true;
        }
        if (bytes == least)
            return false;
    }
}

void *cb_allocate(size_t size)
{
    uint32_t rounded = ((uint32_t)size + ALIGN - 1) & ~(ALIGN - 1);
    block_t *block = NULL;

    if (rounded < PAYLOAD_MIN_BYTES)
        rounded = PAYLOAD_MIN_BYTES;
    if (size <= BLOCK_MAX_BYTES) {
        block = find_free(rounded);
        if (!block && grow(rounded))
            block = find_free(rounded);
    }
    if (!block) {
        /* What a guest does with the failure (catch it, lose it in a promise job) says nothing about its cause. */
        cb_mailbox.noted |= CB_NOTED_GROWTH_REFUSED;
        return NULL;
    }
    take_free(block);
    trim(block, rounded);
    return payload_of(block);
}

void cb_release(void *payload)
{
    if (payload)
        give_back(block_of(payload));
}

void *cb_resize(void *payload, size_t size)
{
    uint32_t rounded = ((uint32_t)size + ALIGN - 1) & ~(ALIGN - 1);
    block_t *block, *next;
    void *moved;

    if (!payload)
        return cb_allocate(size);
    block = block_of(payload);
    next = after(block);
    if (size <= BLOCK_MAX_BYTES && rounded > size_of(block) && is_free(next) &&
        size_of(block) + HEADER_BYTES + size_of(next) >= rounded) {
        take_free(next);
        block->size_and_flag += size_of(next) + HEADER_BYTES;
        after(block)->previous = block;
    }
    if (size <= size_of(block)) {
        trim(block, rounded < PAYLOAD_MIN_BYTES ? PAYLOAD_MIN_BYTES : rounded);
        return payload;
    }
    moved = cb_allocate(size);
    if (moved) {
        memcpy(moved, payload, size_of(block));
        cb_release(payload);
    }
    return moved;
}

/* Makes everything from the end of the linker's data to `end` the first region. */
void cb_memory_init(uint32_t end)
{
    uint8_t *from = (uint8_t *)(((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15);

    region_first = (block_t *)from;
    add_region(from, (uint8_t *)(uintptr_t)end);
}

/* Retires every free block of the first region for good, and makes the memory below `low_end`, which was the boot's
 * stack, the region that executions allocate from first. It is left as a small part and the rest, with a block between
 * them that stays: the small part is found first, so that a short execution writes to it alone, bookkeeping included. */
void cb_memory_seal(uint32_t low_end)
{
    void *hot, *between;

    for (block_t *block = region_first; size_of(block); block = after(block))
        block->size_and_flag &= ~FREE;
    memset(bins, 0, sizeof bins);
    memset(split_map, 0, sizeof split_map);
    level_map = 0;
    region_end = NULL;
    add_region((uint8_t *)LOW_FROM, (uint8_t *)(uintptr_t)low_end);
    hot = cb_allocate(HOT_BYTES);
    between = cb_allocate(PAYLOAD_MIN_BYTES);
    if (between)
        cb_release(hot);
}

static void *js_allocate_zeroed(void *opaque, size_t count, size_t size)
{
    void *payload = cb_allocate(count * size);

    (void)opaque;
    return payload ? memset(payload, 0, count * size) : NULL;
}

static void *js_allocate(void *opaque, size_t size)
{
    (void)opaque;
    return cb_allocate(size);
}

static void js_release(void *opaque, void *payload)
{
    (void)opaque;
    cb_release(payload);
}

static void *js_resize(void *opaque, void *payload, size_t size)
{
    (void)opaque;
    return cb_resize(payload, size);
}

static size_t js_usable_size(const void *payload)
{
    return size_of(block_of(payload));
}

const JSMallocFunctions cb_malloc_functions = { js_allocate_zeroed, js_allocate, js_release, js_resize, js_usable_size };
