// What attention gives to each position, for those who want to look at it. Not made for speed.
#include "cache.cuh"
#include "reduce.cuh"

namespace attention_probe {

constexpr int THREADS = 128;

// blockIdx: row, head. The scores lie where the probabilities will.
template <typename T>
__device__ __forceinline__ void attention_probe(
    float* __restrict__ probabilities, const float* __restrict__ qkv, const T* __restrict__ keys,
    int slot, int position, float scale, const CacheShape& shape) {
  __shared__ float shared[WARP];
  int head = blockIdx.y;
  size_t rowHead = static_cast<size_t>(blockIdx.x) * shape.heads + head;
  float* out = probabilities + rowHead * shape.capacity;
  if (!shape.has(slot, position)) {
    for (int t = threadIdx.x; t < shape.capacity; t += THREADS) {
      out[t] = NAN;
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
      out[t] = score;
    }
  }
  largest = block_max(largest, shared);
  float sum = 0;
  for (int t = threadIdx.x; t <= position; t += THREADS) {
    sum += expf(out[t] - largest);
  }
  sum = block_sum(sum, shared);
  for (int t = threadIdx.x; t < shape.capacity; t += THREADS) {
    out[t] = t <= position ? expf(out[t] - largest) / sum : 0.0f;
  }
}

// probabilities [rows, heads, capacity], qkv [rows, 3, heads, headSize], keys of one layer.
#define ATTENTION_PROBE(T, suffix)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_probe_##suffix(                  \
      float* probabilities, const float* qkv, const void* keys, const int* slots,                  \
      const int* positions, float scale, int sequences, int heads, int headSize, int capacity) {   \
    attention_probe<T>(                                                                            \
        probabilities, qkv, static_cast<const T*>(keys), slots[blockIdx.x],                        \
        positions[blockIdx.x], scale, {sequences, heads, headSize, capacity});                     \
  }                                                                                                \
  REGISTER_KERNEL(attention_probe_##suffix)

ATTENTION_PROBE(float, f32);
ATTENTION_PROBE(__half, f16);
ATTENTION_PROBE(__nv_bfloat16, bf16);

}  // namespace attention_probe
