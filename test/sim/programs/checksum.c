/* CRC-32 by table and by the CPU's instructions, Adler-32, SHA-256, FNV-1a, and a 64-bit hash with wide products. */
#include "lib/machine.h"

static uint8_t data[4096];

static uint32_t crc_table[256];

static uint32_t crc32_table(const uint8_t *bytes, size_t count) {
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    crc_table[n] = c;
  }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) crc = crc_table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}

#ifdef __ARM_FEATURE_CRC32
#include <arm_acle.h>
static uint32_t crc32_cpu(const uint8_t *bytes, size_t count) {
  uint32_t crc = ~0u;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32d(crc, word);
  }
  for (; count; count--) crc = __crc32b(crc, *bytes++);
  return ~crc;
}
#endif

static uint32_t adler32(const uint8_t *bytes, size_t count) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < count; i++) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

static uint64_t fnv(const uint8_t *bytes, size_t count) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

static uint64_t wide(const uint8_t *bytes, size_t count) {
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (size_t i = 0; i + 8 <= count; i += 8) {
    uint64_t word = 0;
    for (int k = 7; k >= 0; k--) word = word << 8 | bytes[i + k];
    unsigned __int128 product = (unsigned __int128)(hash ^ word) * 0xbf58476d1ce4e5b9u;
    hash = (uint64_t)product ^ (uint64_t)(product >> 64);
  }
  return hash;
}

static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void sha_block(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t v[8];
  memcpy(v, state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t t1 = v[7] + s1 + choice + sha_k[i] + w[i];
    uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
    uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void sha256(const uint8_t *bytes, size_t count, uint32_t state[8]) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(state, first, sizeof first);
  uint8_t tail[128];
  size_t rest = count % 64;
  for (size_t i = 0; i + 64 <= count; i += 64) sha_block(state, bytes + i);
  memset(tail, 0, sizeof tail);
  memcpy(tail, bytes + count - rest, rest);
  tail[rest] = 0x80;
  size_t end = rest < 56 ? 64 : 128;
  for (int i = 0; i < 8; i++) tail[end - 1 - i] = (uint8_t)((uint64_t)count * 8 >> 8 * i);
  for (size_t i = 0; i < end; i += 64) sha_block(state, tail + i);
}

int main(void) {
  uint32_t digest[8];
  print("crc32 of 123456789: %08x\n", crc32_table((const uint8_t *)"123456789", 9));
  sha256((const uint8_t *)"abc", 3, digest);
  print("sha256 of abc: ");
  for (int i = 0; i < 8; i++) print("%08x", digest[i]);
  print("\n");
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random64();
  for (size_t size = 0; size <= sizeof data; size = size * 3 + 1) {
    sha256(data, size, digest);
    print("%4u bytes: crc %08x adler %08x fnv %016lx wide %016lx sha %08x%08x\n", (unsigned)size,
          crc32_table(data, size), adler32(data, size), fnv(data, size), wide(data, size), digest[0], digest[7]);
#ifdef __ARM_FEATURE_CRC32
    if (crc32_cpu(data, size) != crc32_table(data, size)) {
      print("CRC32 of the CPU: %08x\n", crc32_cpu(data, size));
      return 1;
    }
#endif
  }
  return 0;
}
