// The scores of attention and what it gives to each position, for those who want to look at them. Not
// made for speed.
#include "cache.cuh"
#include "reduce.cuh"

namespace attention_probe {

constexpr int THREADS = 128;

// blockIdx: row, head. Either result may be null; without memory of their own, the scores lie where
// the probabilities will.
template <typename T>
__device__ __forceinline__ void attention_probe(
    float* scores, float* probabilities, const float* __restrict__ qkv,
    const T* __restrict__ keys, int slot, int position, float scale, const CacheShape& shape) {
  __shared__ float shared[WARP];
  int head = blockIdx.y;
  size_t rowHead = static_cast<size_t>(blockIdx.x) * shape.heads + head;
  size_t first = rowHead * shape.capacity;
  float* s = (scores != nullptr ? scores : probabilities) + first;
  if (!shape.has(slot, position)) {
    for (int t = threadIdx.x; t < shape.capacity; t += THREADS) {
      s[t] = NAN;
      if (probabilities != nullptr) {
        probabilities[first + t] = NAN;
      }
    }
    return;
  }
  const float* q =
      qkv + (3 * static_cast<size_t>(blockIdx.x) * shape.heads + head) * shape.headSize;
  float largest = -INFINITY;
  for (int t = warp_id(); t <= position; t += THREADS / WARP) {
    const T* key = keys + shape.index(slot, head, t);
    float score = 0;
    for (int d = lane_id(); d < shape.headSize; d += WARP) {
      score += q[d] * Element<T>::widen(key[d]);
    }
    score = warp_sum(score) * scale;
    largest = fmaxf(largest, score);
    if (lane_id() == 0) {
      s[t] = score;
    }
  }
  if (scores != nullptr) {
    for (int t = position + 1 + threadIdx.x; t < shape.capacity; t += THREADS) {
      s[t] = -INFINITY;
    }
  }
  if (probabilities == nullptr) {
    return;
  }
  float* p = probabilities + first;
  largest = block_max(largest, shared);
  float sum = 0;
  for (int t = threadIdx.x; t <= position; t += THREADS) {
    sum += expf(s[t] - largest);
  }
  sum = block_sum(sum, shared);
  for (int t = threadIdx.x; t < shape.capacity; t += THREADS) {
    p[t] = t <= position ? expf(s[t] - largest) / sum : 0.0f;
  }
}

// scores, probabilities [rows, heads, capacity], qkv [rows, 3, heads, headSize], keys of one layer.
#define ATTENTION_PROBE(T, suffix)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_probe_##suffix(                  \
      float* scores, float* probabilities, const float* qkv, const void* keys, const int* slots,   \
      const int* positions, float scale, int sequences, int heads, int headSize, int capacity) {   \
    attention_probe<T>(                                                                            \
        scores, probabilities, qkv, static_cast<const T*>(keys), slots[blockIdx.x],                \
        positions[blockIdx.x], scale, {sequences, heads, headSize, capacity});                     \
  }                                                                                                \
  REGISTER_KERNEL(attention_probe_##suffix)

ATTENTION_PROBE(float, f32);
ATTENTION_PROBE(__half, f16);
ATTENTION_PROBE(__nv_bfloat16, bf16);

}  // namespace attention_probe
