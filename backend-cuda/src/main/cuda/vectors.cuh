// Four neighbouring float32 at a time, in one access where they lie at a multiple of 16 bytes.
#pragma once

#include "device.cuh"

constexpr int VECTOR = 4;

struct Floats {
  float at[VECTOR];

  static __device__ __forceinline__ Floats zero() { return {{0.0f, 0.0f, 0.0f, 0.0f}}; }

  __device__ __forceinline__ void add(const Floats& other) {
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      at[i] += other.at[i];
    }
  }
};

// Whether all of them may be accessed in vectors.
template <class... T>
static __device__ __forceinline__ bool aligned(const T*... pointers) {
  return ((reinterpret_cast<size_t>(pointers) | ...) % sizeof(float4)) == 0;
}

// The first `count` (at most 4; none if it is negative) from here on, then zeros.
static __device__ __forceinline__ Floats load_floats(const float* from, int count, bool vector) {
  if (vector && count >= VECTOR) {
    float4 v = *reinterpret_cast<const float4*>(from);
    return {{v.x, v.y, v.z, v.w}};
  }
  Floats values;
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    values.at[i] = i < count ? from[i] : 0.0f;
  }
  return values;
}

static __device__ __forceinline__ void store_floats(
    float* to, const Floats& values, int count, bool vector) {
  if (vector && count >= VECTOR) {
    *reinterpret_cast<float4*>(to) =
        make_float4(values.at[0], values.at[1], values.at[2], values.at[3]);
    return;
  }
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    if (i < count) {
      to[i] = values.at[i];
    }
  }
}

// A thread's own four elements of flat arrays.
struct Part {
  unsigned long long group;  // how many fours are before it
  size_t first;
  int count;  // fewer at the end; none behind it

  static __device__ __forceinline__ Part of_thread(unsigned long long elements) {
    unsigned long long group =
        static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    unsigned long long first = group * VECTOR;
    unsigned long long left = first < elements ? elements - first : 0;
    return {group, static_cast<size_t>(first), left < VECTOR ? static_cast<int>(left) : VECTOR};
  }
};
