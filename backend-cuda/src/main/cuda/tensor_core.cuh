// Products of 16-bit fragments, and float32 split into two of 16 bits.
#pragma once

#include "elements.cuh"

// c += a·b: tiles of 16 x 8 results, 16 deep.
template <typename T>
static __device__ __forceinline__ void multiply(
    float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]);

template <>
__device__ __forceinline__ void multiply<__half>(
    float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  mma_m16n8k16_f16(c, a, b);
}

#ifdef HAS_BF16_TENSOR_CORES
template <>
__device__ __forceinline__ void multiply<__nv_bfloat16>(
    float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  mma_m16n8k16_bf16(c, a, b);
}
#endif

// The power of two by which numbers up to `largest` are divided before they are split. Of a float16
// the largest gets an exponent of 14, near the largest there is, so that the low halves lose as
// little as possible; a bfloat16 has the range of a float32.
template <typename T>
static __device__ __forceinline__ float split_scale(float largest) {
  if (Element<T>::FLOAT32_RANGE) {
    return 1.0f;
  }
  if (!(largest > 0.0f && largest < INFINITY)) {
    return 1.0f;
  }
  constexpr int BIAS = 127;
  constexpr int LEAST = BIAS - 100;  // so that the inverse exists
  int exponent = max(static_cast<int>(__float_as_uint(largest) >> 23), LEAST) - 14;
  return __uint_as_float(static_cast<unsigned>(exponent) << 23);
}

// Two neighbours as one register of a fragment: the halves that are nearest, and what is left.
template <typename T>
static __device__ __forceinline__ void split_pair(
    float first, float second, unsigned& high, unsigned& low) {
  union Pair {
    T elements[2];
    unsigned word;
  };
  Pair h;
  Pair l;
  h.elements[0] = Element<T>::narrow(first);
  h.elements[1] = Element<T>::narrow(second);
  l.elements[0] = Element<T>::narrow(first - Element<T>::widen(h.elements[0]));
  l.elements[1] = Element<T>::narrow(second - Element<T>::widen(h.elements[1]));
  high = h.word;
  low = l.word;
}
