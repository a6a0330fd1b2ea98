/* MD5, SHA-1, SHA-2 and HMAC. The constants of MD5 are of the sine of whole numbers, those of SHA-2 of the roots of
 * primes; all of them stand here as the standards print them. */
#include <string.h>

#include "hashes.h"

static const struct {
    uint8_t bytes, block;
} sizes[CB_HASHES] = {
    [CB_MD5] = { 16, 64 },      [CB_SHA1] = { 20, 64 },     [CB_SHA224] = { 28, 64 },      [CB_SHA256] = { 32, 64 },
    [CB_SHA384] = { 48, 128 },  [CB_SHA512] = { 64, 128 },  [CB_SHA512_224] = { 28, 128 }, [CB_SHA512_256] = { 32, 128 },
};

/* The state that each begins with: FIPS 180-4, 5.3; RFC 1321, 3.3. */
static const uint32_t small_begin[][8] = {
    [CB_MD5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
    [CB_SHA1] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 },
    [CB_SHA224] = { 0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4 },
    [CB_SHA256] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
};
static const uint64_t large_begin[][8] = {
    { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
      0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 },
    { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
      0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 },
    { 0x8c3d37c819544da2, 0x73e1996689dcd4d6, 0x1dfab7ae32ff9c82, 0x679dd514582f9fcf, 0x0f6d2b697bd44da8,
      0x77e36f7304c48942, 0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1 },
    { 0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd, 0x96283ee2a88effe3,
      0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2 },
};

static const uint32_t md5_sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/* The first half of each is the constant of SHA-256, where that has as many rounds. */
static const uint64_t roots[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static uint32_t left(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t right(uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

static uint64_t right64(uint64_t word, int bits)
{
    return word >> bits | word << (64 - bits);
}

static uint32_t big32(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, 4);
    return __builtin_bswap32(word);
}

static uint64_t big64(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return __builtin_bswap64(word);
}

#define MD5_ROUND(f, at, shift)                                                                                         \
    do {                                                                                                                \
        uint32_t turned = left(a + (f) + md5_sines[i] + words[at], shift);                                              \
        a = d, d = c, c = b, b += turned;                                                                               \
    } while (0)

static void md5_block(uint32_t *state, const uint8_t *bytes)
{
    static const uint8_t shifts[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], words[16];
    int i = 0;

    memcpy(words, bytes, sizeof words);
    for (; i < 16; i++)
        MD5_ROUND(d ^ (b & (c ^ d)), i, shifts[0][i & 3]);
    for (; i < 32; i++)
        MD5_ROUND(c ^ (d & (b ^ c)), (5 * i + 1) & 15, shifts[1][i & 3]);
    for (; i < 48; i++)
        MD5_ROUND(b ^ c ^ d, (3 * i + 5) & 15, shifts[2][i & 3]);
    for (; i < 64; i++)
        MD5_ROUND(c ^ (b | ~d), (7 * i) & 15, shifts[3][i & 3]);
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

#define SHA1_ROUND(f, constant)                                                                                         \
    do {                                                                                                                \
        uint32_t turned = left(a, 5) + (f) + e + (constant) + words[i];                                                 \
        e = d, d = c, c = left(b, 30), b = a, a = turned;                                                               \
    } while (0)

static void sha1_block(uint32_t *state, const uint8_t *bytes)
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], words[80];
    int i = 0;

    for (; i < 16; i++)
        words[i] = big32(bytes + 4 * i);
    for (; i < 80; i++)
        words[i] = left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    for (i = 0; i < 20; i++)
        SHA1_ROUND(d ^ (b & (c ^ d)), 0x5a827999);
    for (; i < 40; i++)
        SHA1_ROUND(b ^ c ^ d, 0x6ed9eba1);
    for (; i < 60; i++)
        SHA1_ROUND((b & c) | (d & (b | c)), 0x8f1bbcdc);
    for (; i < 80; i++)
        SHA1_ROUND(b ^ c ^ d, 0xca62c1d6);
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void sha256_block(uint32_t *state, const uint8_t *bytes)
{
    uint32_t words[64], v[8];
    int i = 0;

    for (; i < 16; i++)
        words[i] = big32(bytes + 4 * i);
    for (; i < 64; i++) {
        uint32_t early = words[i - 15], late = words[i - 2];
        words[i] = words[i - 16] + (right(early, 7) ^ right(early, 18) ^ early >> 3) + words[i - 7] +
                   (right(late, 17) ^ right(late, 19) ^ late >> 10);
    }
    memcpy(v, state, sizeof v);
    for (i = 0; i < 64; i++) {
        uint32_t a = v[0], e = v[4];
        uint32_t one = v[7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + (v[6] ^ (e & (v[5] ^ v[6]))) +
                       (uint32_t)(roots[i] >> 32) + words[i];
        uint32_t two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & v[1]) | (v[2] & (a | v[1])));
        v[7] = v[6], v[6] = v[5], v[5] = e, v[4] = v[3] + one, v[3] = v[2], v[2] = v[1], v[1] = a, v[0] = one + two;
    }
    for (i = 0; i < 8; i++)
        state[i] += v[i];
}

static void sha512_block(uint64_t *state, const uint8_t *bytes)
{
    uint64_t words[80], v[8];
    int i = 0;

    for (; i < 16; i++)
        words[i] = big64(bytes + 8 * i);
    for (; i < 80; i++) {
        uint64_t early = words[i - 15], late = words[i - 2];
        words[i] = words[i - 16] + (right64(early, 1) ^ right64(early, 8) ^ early >> 7) + words[i - 7] +
                   (right64(late, 19) ^ right64(late, 61) ^ late >> 6);
    }
    memcpy(v, state, sizeof v);
    for (i = 0; i < 80; i++) {
        uint64_t a = v[0], e = v[4];
        uint64_t one = v[7] + (right64(e, 14) ^ right64(e, 18) ^ right64(e, 41)) + (v[6] ^ (e & (v[5] ^ v[6]))) +
                       roots[i] + words[i];
        uint64_t two = (right64(a, 28) ^ right64(a, 34) ^ right64(a, 39)) + ((a & v[1]) | (v[2] & (a | v[1])));
        v[7] = v[6], v[6] = v[5], v[5] = e, v[4] = v[3] + one, v[3] = v[2], v[2] = v[1], v[1] = a, v[0] = one + two;
    }
    for (i = 0; i < 8; i++)
        state[i] += v[i];
}

static void compress(cb_hash_t *hash, const uint8_t *block)
{
    if (hash->algorithm == CB_MD5)
        md5_block(hash->state.small, block);
    else if (hash->algorithm == CB_SHA1)
        sha1_block(hash->state.small, block);
    else if (hash->algorithm <= CB_SHA256)
        sha256_block(hash->state.small, block);
    else
        sha512_block(hash->state.large, block);
}

size_t cb_hash_bytes(int algorithm)
{
    return sizes[algorithm].bytes;
}

void cb_hash_begin(cb_hash_t *hash, int algorithm)
{
    hash->algorithm = algorithm;
    hash->len = 0;
    if (algorithm < CB_SHA384)
        memcpy(hash->state.small, small_begin[algorithm], sizeof small_begin[0]);
    else
        memcpy(hash->state.large, large_begin[algorithm - CB_SHA384], sizeof large_begin[0]);
}

void cb_hash_put(cb_hash_t *hash, const uint8_t *bytes, size_t len)
{
    size_t size = sizes[hash->algorithm].block, used = (size_t)(hash->len % size);

    hash->len += len;
    if (used) {
        size_t taken = size - used < len ? size - used : len;
        memcpy(hash->block + used, bytes, taken);
        bytes += taken, len -= taken;
        if (used + taken < size)
            return;
        compress(hash, hash->block);
    }
    for (; len >= size; bytes += size, len -= size)
        compress(hash, bytes);
    memcpy(hash->block, bytes, len);
}

static void put_big64(uint8_t *to, uint64_t word)
{
    word = __builtin_bswap64(word);
    memcpy(to, &word, 8);
}

/* A bit that is set, zeros, and the length in bits at the end of a block. */
static void pad(cb_hash_t *hash)
{
    size_t size = sizes[hash->algorithm].block, used = (size_t)(hash->len % size), room = size == 64 ? 8 : 16;
    uint64_t bits = hash->len << 3;

    hash->block[used++] = 0x80;
    if (used > size - room) {
        memset(hash->block + used, 0, size - used);
        compress(hash, hash->block);
        used = 0;
    }
    memset(hash->block + used, 0, size - used);
    if (hash->algorithm == CB_MD5)
        memcpy(hash->block + size - 8, &bits, 8);
    else
        put_big64(hash->block + size - 8, bits);
    if (room == 16)
        hash->block[size - 9] = (uint8_t)(hash->len >> 61);
    compress(hash, hash->block);
}

size_t cb_hash_end(cb_hash_t *hash, uint8_t *digest)
{
    size_t bytes = sizes[hash->algorithm].bytes;
    uint8_t whole[CB_HASH_BYTES_MAX];

    pad(hash);
    if (hash->algorithm == CB_MD5)
        memcpy(whole, hash->state.small, 16);
    else if (hash->algorithm <= CB_SHA256)
        for (int i = 0; i < 8; i++) {
            uint32_t word = __builtin_bswap32(hash->state.small[i]);
            memcpy(whole + 4 * i, &word, 4);
        }
    else
        for (int i = 0; i < 8; i++)
            put_big64(whole + 8 * i, hash->state.large[i]);
    memcpy(digest, whole, bytes);
    return bytes;
}

void cb_hmac_begin(cb_hash_t *inner, cb_hash_t *outer, int algorithm, const uint8_t *key, size_t key_len)
{
    uint8_t pads[CB_HASH_BLOCK_MAX] = { 0 };
    size_t size = sizes[algorithm].block;

    if (key_len > size) {
        cb_hash_begin(inner, algorithm);
        cb_hash_put(inner, key, key_len);
        cb_hash_end(inner, pads);
    } else {
        memcpy(pads, key, key_len);
    }
    for (size_t i = 0; i < size; i++)
        pads[i] ^= 0x36;
    cb_hash_begin(inner, algorithm);
    cb_hash_put(inner, pads, size);
    for (size_t i = 0; i < size; i++)
        pads[i] ^= 0x36 ^ 0x5c;
    cb_hash_begin(outer, algorithm);
    cb_hash_put(outer, pads, size);
}

size_t cb_hmac_end(cb_hash_t *inner, cb_hash_t *outer, uint8_t *digest)
{
    size_t bytes = cb_hash_end(inner, digest);

    cb_hash_put(outer, digest, bytes);
    return cb_hash_end(outer, digest);
}
