// Sums and maxima over a warp or a block, in a fixed order, so that results are deterministic.
#pragma once

#include "device.cuh"

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

static __device__ __forceinline__ int lane_id() { return threadIdx.x % WARP; }

static __device__ __forceinline__ int warp_id() { return threadIdx.x / WARP; }

// Over each group of GROUP neighbouring lanes, a power of two; every lane has the result.
template <int GROUP = WARP>
static __device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int offset = GROUP / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(ALL_LANES, value, offset);
  }
  return value;
}

template <int GROUP = WARP>
static __device__ __forceinline__ float warp_max(float value) {
#pragma unroll
  for (int offset = GROUP / 2; offset > 0; offset /= 2) {
    value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, offset));
  }
  return value;
}

// COUNT sums at once, a power of two up to 32: lane l has that of value l / (32 / COUNT). In each
// step two lanes share the work: each adds up the half of the values that the other gives away.
template <int COUNT, int OFFSET = WARP / 2>
static __device__ __forceinline__ float warp_sums(const float (&values)[COUNT]) {
  if constexpr (OFFSET == 0) {
    return values[0];
  } else if constexpr (COUNT == 1) {
    const float sum[1] = {values[0] + __shfl_xor_sync(ALL_LANES, values[0], OFFSET)};
    return warp_sums<1, OFFSET / 2>(sum);
  } else {
    constexpr int HALF = COUNT / 2;
    bool upper = (threadIdx.x & OFFSET) != 0;
    float parts[HALF];
#pragma unroll
    for (int i = 0; i < HALF; i++) {
      float given = upper ? values[i] : values[i + HALF];
      float kept = upper ? values[i + HALF] : values[i];
      parts[i] = kept + __shfl_xor_sync(ALL_LANES, given, OFFSET);
    }
    return warp_sums<HALF, OFFSET / 2>(parts);
  }
}

// Over a block of full warps; every thread has the result. shared: one float per warp, which may be
// used again at once.
static __device__ __forceinline__ float block_sum(float value, float* shared) {
  value = warp_sum(value);
  __syncthreads();
  if (lane_id() == 0) {
    shared[warp_id()] = value;
  }
  __syncthreads();
  int warps = blockDim.x / WARP;
  return warp_sum(lane_id() < warps ? shared[lane_id()] : 0.0f);
}

// Two sums at once. shared: one float2 per warp.
static __device__ __forceinline__ float2 block_sum(float2 value, float2* shared) {
  value = make_float2(warp_sum(value.x), warp_sum(value.y));
  __syncthreads();
  if (lane_id() == 0) {
    shared[warp_id()] = value;
  }
  __syncthreads();
  int warps = blockDim.x / WARP;
  value = lane_id() < warps ? shared[lane_id()] : make_float2(0.0f, 0.0f);
  return make_float2(warp_sum(value.x), warp_sum(value.y));
}

static __device__ __forceinline__ float block_max(float value, float* shared) {
  value = warp_max(value);
  __syncthreads();
  if (lane_id() == 0) {
    shared[warp_id()] = value;
  }
  __syncthreads();
  int warps = blockDim.x / WARP;
  return warp_max(lane_id() < warps ? shared[lane_id()] : -INFINITY);
}
