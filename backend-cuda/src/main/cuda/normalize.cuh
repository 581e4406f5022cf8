// Mean and deviation of a row, shared by layer norm and what is fused with it.
#pragma once

#include "reduce.cuh"

struct Moments {
  // The mean, in two parts: their sum would be rounded, which a mean far from zero magnifies.
  float mean;
  float correction;
  float rstd;
};

// sums: of the distances from mean, and of their squares.
static __device__ __forceinline__ Moments moments_of(
    float mean, float2 sums, int width, float epsilon) {
  float correction = sums.x / width;
  float variance = sums.y / width - correction * correction;
  return {mean, correction, 1.0f / sqrtf(fmaxf(variance, 0.0f) + epsilon)};
}

// Distances from mean, and their squares, summed over every step-th element from first on.
static __device__ __forceinline__ float2 distances(
    const float* x, int width, float mean, int first, int step) {
  float2 sums = make_float2(0.0f, 0.0f);
  for (int i = first; i < width; i += step) {
    float d = x[i] - mean;
    sums.x += d;
    sums.y += d * d;
  }
  return sums;
}

static __device__ __forceinline__ float partial_sum(
    const float* x, int width, int first, int step) {
  float sum = 0;
  for (int i = first; i < width; i += step) {
    sum += x[i];
  }
  return sum;
}

// Of x[width], by the whole block. shared: one float2 per warp.
static __device__ __forceinline__ Moments block_moments(
    const float* x, int width, float epsilon, float2* shared) {
  float sum = partial_sum(x, width, threadIdx.x, blockDim.x);
  float mean = block_sum(sum, reinterpret_cast<float*>(shared)) / width;
  float2 sums = block_sum(distances(x, width, mean, threadIdx.x, blockDim.x), shared);
  return moments_of(mean, sums, width, epsilon);
}

// Of x[width], by one warp.
static __device__ __forceinline__ Moments warp_moments(
    const float* x, int width, float epsilon) {
  float mean = warp_sum(partial_sum(x, width, lane_id(), WARP)) / width;
  float2 sums = distances(x, width, mean, lane_id(), WARP);
  sums = make_float2(warp_sum(sums.x), warp_sum(sums.y));
  return moments_of(mean, sums, width, epsilon);
}

static __device__ __forceinline__ float normalized(
    float x, const Moments& m, float gain, float shift) {
  return ((x - m.mean) - m.correction) * m.rstd * gain + shift;
}
