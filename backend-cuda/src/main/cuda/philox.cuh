// Random numbers without a state.
#pragma once

#include "device.cuh"

// Philox4x32-10 (Salmon et al. 2011, section 4.3): four random words for a counter and a key.
struct Words {
  unsigned word[4];

  // The token's own. No indexing, for which the words would have to lie in memory.
  __device__ __forceinline__ unsigned of(int token) const {
    unsigned low = token % 2 == 0 ? word[0] : word[1];
    unsigned high = token % 2 == 0 ? word[2] : word[3];
    return token % 4 < 2 ? low : high;
  }
};

static __device__ __forceinline__ Words philox(
    unsigned long long key, unsigned block, unsigned draw, unsigned long long stream) {
  unsigned c0 = block;
  unsigned c1 = draw;
  unsigned c2 = static_cast<unsigned>(stream);
  unsigned c3 = static_cast<unsigned>(stream >> 32);
  unsigned k0 = static_cast<unsigned>(key);
  unsigned k1 = static_cast<unsigned>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned high0 = __umulhi(0xD2511F53u, c0);
    unsigned low0 = 0xD2511F53u * c0;
    unsigned high1 = __umulhi(0xCD9E8D57u, c2);
    unsigned low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}
