// CUDA's keywords and built-in vector types.
#pragma once

#include <cfloat>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

#define __global__
// The driver takes the bounds from the PTX, as a real one does.
#define __launch_bounds__(...)
#define __device__
#define __host__
#define __constant__ static
#define __managed__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __restrict__ __restrict
#define __grid_constant__
#define __CUDA_ARCH__ 800

// A block runs on one thread of the host, so what is local to that thread is the block's. Used: the
// compiler must not take what no code writes for zero.
#define __shared__ static thread_local __attribute__((used))

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

struct uint3 {
  unsigned x, y, z;
};

#define GPT2J_VECTOR_TYPES(type, name)                                     \
  struct alignas(2 * sizeof(type)) name##2 { type x, y; };                 \
  struct name##3 { type x, y, z; };                                        \
  struct alignas(sizeof(type) < 4 ? 4 * sizeof(type) : 16) name##4 {       \
    type x, y, z, w;                                                       \
  };                                                                       \
  inline name##2 make_##name##2(type x, type y) { return {x, y}; }         \
  inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; } \
  inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

GPT2J_VECTOR_TYPES(signed char, char)
GPT2J_VECTOR_TYPES(unsigned char, uchar)
GPT2J_VECTOR_TYPES(short, short)
GPT2J_VECTOR_TYPES(unsigned short, ushort)
GPT2J_VECTOR_TYPES(int, int)
GPT2J_VECTOR_TYPES(float, float)
#undef GPT2J_VECTOR_TYPES

struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

struct alignas(16) longlong2 {
  long long x, y;
};
struct alignas(16) ulonglong2 {
  unsigned long long x, y;
};
struct alignas(16) double2 {
  double x, y;
};
inline longlong2 make_longlong2(long long x, long long y) { return {x, y}; }
inline ulonglong2 make_ulonglong2(unsigned long long x, unsigned long long y) { return {x, y}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
