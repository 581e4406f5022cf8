// How numbers are stored. A new type of weights is one more specialisation of Element.
#pragma once

#include "device.cuh"

// The codes of a DataType, where it is a parameter of a launch.
constexpr int TYPE_F32 = 0;
constexpr int TYPE_F16 = 1;
constexpr int TYPE_BF16 = 2;

// Rows of weights, tables and caches are padded to a multiple of this many elements.
constexpr int PADDING = 8;

static __device__ __forceinline__ int padded(int size) {
  return (size + PADDING - 1) / PADDING * PADDING;
}

// Elements per 16-byte vector, whether the exponents are those of float32, and conversion from and
// to float32 (to nearest, ties to even).
template <typename T>
struct Element;

template <>
struct Element<float> {
  static constexpr int PER_VECTOR = 4;
  static constexpr bool FLOAT32_RANGE = true;

  static __device__ __forceinline__ float widen(float value) { return value; }

  static __device__ __forceinline__ float narrow(float value) { return value; }

  static __device__ __forceinline__ void unpack(const uint4& v, float (&to)[PER_VECTOR]) {
    to[0] = __uint_as_float(v.x);
    to[1] = __uint_as_float(v.y);
    to[2] = __uint_as_float(v.z);
    to[3] = __uint_as_float(v.w);
  }
};

template <>
struct Element<__half> {
  static constexpr int PER_VECTOR = 8;
  static constexpr bool FLOAT32_RANGE = false;

  static __device__ __forceinline__ float widen(__half value) { return __half2float(value); }

  static __device__ __forceinline__ __half narrow(float value) { return __float2half_rn(value); }

  static __device__ __forceinline__ void unpack(const uint4& v, float (&to)[PER_VECTOR]) {
    union {
      uint4 vector;
      __half elements[PER_VECTOR];
    } packed = {v};
#pragma unroll
    for (int i = 0; i < PER_VECTOR; i++) {
      to[i] = __half2float(packed.elements[i]);
    }
  }
};

template <>
struct Element<__nv_bfloat16> {
  static constexpr int PER_VECTOR = 8;
  static constexpr bool FLOAT32_RANGE = true;

  static __device__ __forceinline__ float widen(__nv_bfloat16 value) {
    return __bfloat162float(value);
  }

  static __device__ __forceinline__ __nv_bfloat16 narrow(float value) {
    return __float2bfloat16_rn(value);
  }

  // A bfloat16 is the upper half of a float32.
  static __device__ __forceinline__ void unpack(const uint4& v, float (&to)[PER_VECTOR]) {
    const unsigned words[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      to[2 * i] = __uint_as_float(words[i] << 16);
      to[2 * i + 1] = __uint_as_float(words[i] & 0xFFFF0000u);
    }
  }
};

// One element of an array whose type is only known when launched.
static __device__ __forceinline__ float load_element(const void* from, int type, size_t index) {
  switch (type) {
    case TYPE_F32:
      return static_cast<const float*>(from)[index];
    case TYPE_F16:
      return __half2float(static_cast<const __half*>(from)[index]);
    default:
      return __bfloat162float(static_cast<const __nv_bfloat16*>(from)[index]);
  }
}

static __device__ __forceinline__ void store_element(
    void* to, int type, size_t index, float value) {
  switch (type) {
    case TYPE_F32:
      static_cast<float*>(to)[index] = value;
      break;
    case TYPE_F16:
      static_cast<__half*>(to)[index] = __float2half_rn(value);
      break;
    default:
      static_cast<__nv_bfloat16*>(to)[index] = __float2bfloat16_rn(value);
      break;
  }
}

// Of memory that no kernel writes meanwhile.
static __device__ __forceinline__ uint4 load_vector(const void* from) {
  return __ldg(static_cast<const uint4*>(from));
}
