/* MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4) of bytes that are there as a whole or come in parts, and HMAC (RFC 2104)
 * with them. Plain computation, with nothing of the engine in it. */
#ifndef CB_HASHES_H
#define CB_HASHES_H

#include <stddef.h>
#include <stdint.h>

/* js/node/crypto/hashes.js has the same numbers. */
enum { CB_MD5, CB_SHA1, CB_SHA224, CB_SHA256, CB_SHA384, CB_SHA512, CB_SHA512_224, CB_SHA512_256, CB_HASHES };

#define CB_HASH_BLOCK_MAX 128
#define CB_HASH_BYTES_MAX 64

typedef struct {
    int algorithm;
    uint64_t len; /* so far, in bytes */
    union {
        uint32_t small[8];
        uint64_t large[8];
    } state;
    uint8_t block[CB_HASH_BLOCK_MAX];
} cb_hash_t;

/* `algorithm` is one of the numbers above. */
void cb_hash_begin(cb_hash_t *hash, int algorithm);
void cb_hash_put(cb_hash_t *hash, const uint8_t *bytes, size_t len);
/* Writes the digest, and gives its length. */
size_t cb_hash_end(cb_hash_t *hash, uint8_t *digest);
size_t cb_hash_bytes(int algorithm);

/* HMAC: `outer` is kept for the end. */
void cb_hmac_begin(cb_hash_t *inner, cb_hash_t *outer, int algorithm, const uint8_t *key, size_t key_len);
size_t cb_hmac_end(cb_hash_t *inner, cb_hash_t *outer, uint8_t *digest);

#endif
