// Sums weighted by a softmax whose largest score isn't known yet (Milakov and Gimelshein 2018):
// each partial sum is relative to the largest score it has seen, and partial sums can be merged.
#pragma once

#include "device.cuh"

// What a partial sum relative to `largest` is worth relative to `newLargest`. Both are −∞ before
// the first score.
static __device__ __forceinline__ float rescale(float largest, float newLargest) {
  return largest == newLargest ? 1.0f : __expf(largest - newLargest);
}
