// Attention of few rows: each row's positions are split over several blocks, of which the last one
// to finish puts the parts together.
//
// The time is that of reading keys and values once. A vector of a head lies in 16-byte pieces over
// neighbouring lanes (8 for head size 64 in 16 bits), so a warp reads several positions at a time,
// and keys and values of several steps are asked for at once.
#include "attention_decode.cuh"
#include "cache.cuh"

namespace attention_decode {

constexpr int THREADS = 128;
constexpr int WARPS = THREADS / WARP;
constexpr int MAX_SPLITS = 64;

// Fewer positions are not worth another block.
constexpr int MIN_POSITIONS = 64;

// Floats before the sums in a block's part of the scratch memory: largest score, total weight.
constexpr int HEADER = 8;

struct Query {
  float* out;        // [rows, heads, headSize]
  const float* qkv;  // [rows, 3, heads, headSize]
  const void* keys;  // of one layer
  const void* values;
  const int* slots;
  const int* positions;
  float scale;
  CacheShape shape;
  float* partials;  // [rows, heads, splits, HEADER + padded head size]
  unsigned* counters;
};

// Positions begin … end - 1 of one head. All groups of the block take turns.
template <typename T, int PIECES>
__device__ __forceinline__ void attend(
    Part<T, PIECES>& part, const float (&q)[Part<T, PIECES>::SIZE], const T* keys, const T* values,
    int stored, float scale, int begin, int end, int group) {
  constexpr int UNROLL = PIECES == 1 ? 4 : PIECES == 2 ? 2 : 1;
  constexpr bool AT_ONCE = PIECES < 8;  // else there are no registers for keys and values
  int count = stored / Element<T>::PER_VECTOR;
  int lane = lane_id() % group;
  int groups = THREADS / group;
  int first = begin + threadIdx.x / group;
  // All lanes of a warp take the same number of steps: the sums over a group need them.
  for (int base = begin; base < end; base += groups * UNROLL, first += groups * UNROLL) {
    Pieces<T, PIECES> k[UNROLL];
    Pieces<T, PIECES> v[UNROLL];
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      int position = first + u * groups;
      size_t at = static_cast<size_t>(position) * stored;
      k[u].load(keys + at, position < end, lane, group, count);
      if (AT_ONCE) {
        v[u].load(values + at, position < end, lane, group, count);
      }
    }
    float scores[UNROLL];
    float largest = part.largest;
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      float score = k[u].dot(q);
      for (int offset = group / 2; offset > 0; offset /= 2) {
        score += __shfl_xor_sync(ALL_LANES, score, offset);
      }
      scores[u] = score * scale;
      if (first + u * groups < end) {
        largest = fmaxf(largest, scores[u]);
      }
    }
    float old = rescale(part.largest, largest);
    part.largest = largest;
    part.total *= old;
#pragma unroll
    for (int i = 0; i < Part<T, PIECES>::SIZE; i++) {
      part.sums[i] *= old;
    }
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      int position = first + u * groups;
      if (!AT_ONCE) {
        size_t at = static_cast<size_t>(position) * stored;
        v[u].load(values + at, position < end, lane, group, count);
      }
      float weight = position < end ? __expf(scores[u] - largest) : 0.0f;
      part.total += weight;
      v[u].add_to(part.sums, weight);
    }
  }
}

// The parts of `count` blocks of one head, by the last block. Volatile: written by other blocks.
__device__ __forceinline__ void combine(
    float* __restrict__ out, const volatile float* partials, int count, int stored, int headSize,
    float* factors) {
  int pitch = HEADER + stored;
  if (warp_id() == 0) {
    float largest = -INFINITY;
    for (int s = lane_id(); s < count; s += WARP) {
      largest = fmaxf(largest, partials[s * pitch]);
    }
    largest = warp_max(largest);
    float total = 0;
    for (int s = lane_id(); s < count; s += WARP) {
      float factor = rescale(partials[s * pitch], largest);
      factors[s] = factor;
      total += factor * partials[s * pitch + 1];
    }
    total = warp_sum(total);
    __syncwarp();
    for (int s = lane_id(); s < count; s += WARP) {
      factors[s] /= total;
    }
  }
  __syncthreads();
  for (int d = threadIdx.x; d < headSize; d += THREADS) {
    float sum = 0;
    for (int s = 0; s < count; s++) {
      sum += factors[s] * partials[s * pitch + HEADER + d];
    }
    out[d] = sum;
  }
}

// blockIdx: split, head, row.
template <typename T, int PIECES>
__device__ __forceinline__ void attention_decode(const Query& a) {
  constexpr int PER_VECTOR = Element<T>::PER_VECTOR;
  constexpr int SIZE = Part<T, PIECES>::SIZE;
  __shared__ float largest[WARPS];
  __shared__ float totals[WARPS];
  __shared__ float sums[WARPS][WARP * SIZE];
  __shared__ float factors[MAX_SPLITS];
  __shared__ bool last;

  let_next_kernel_start();
  wait_for_kernel_before();
  int head = blockIdx.y;
  int headSize = a.shape.headSize;
  int stored = padded(headSize);
  size_t rowHead = static_cast<size_t>(blockIdx.z) * a.shape.heads + head;
  float* out = a.out + rowHead * headSize;
  int slot = a.slots[blockIdx.z];
  int position = a.positions[blockIdx.z];
  if (!a.shape.has(slot, position)) {
    for (int d = threadIdx.x; blockIdx.x == 0 && d < headSize; d += THREADS) {
      out[d] = NAN;
    }
    return;
  }
  int length = position + 1;
  int active = min(static_cast<int>(gridDim.x), (length + MIN_POSITIONS - 1) / MIN_POSITIONS);
  if (blockIdx.x >= active) {
    return;
  }
  int share = (length + active - 1) / active;
  int begin = blockIdx.x * share;
  int end = min(length, begin + share);

  int group = WARP;  // lanes that share a vector: a power of two
  if (PIECES == 1) {
    for (group = 1; group * PER_VECTOR < stored; group *= 2) {
    }
  }
  int lane = lane_id() % group;
  const float* query =
      a.qkv + (3 * static_cast<size_t>(blockIdx.z) * a.shape.heads + head) * headSize;
  float q[SIZE];
#pragma unroll
  for (int i = 0; i < SIZE; i++) {
    int d = (lane + i / PER_VECTOR * group) * PER_VECTOR + i % PER_VECTOR;
    q[i] = d < headSize ? query[d] : 0.0f;
  }

  Part<T, PIECES> part;
  size_t from = a.shape.index(slot, head, 0);
  attend(
      part, q, static_cast<const T*>(a.keys) + from, static_cast<const T*>(a.values) + from, stored,
      a.scale, begin, end, group);
  for (int offset = group; offset < WARP; offset *= 2) {
    part.merge_with_lane(offset);
  }
  if (lane_id() < group) {
    largest[warp_id()] = part.largest;
    totals[warp_id()] = part.total;
#pragma unroll
    for (int i = 0; i < SIZE; i++) {
      int d = (lane + i / PER_VECTOR * group) * PER_VECTOR + i % PER_VECTOR;
      sums[warp_id()][d] = part.sums[i];
    }
  }
  __syncthreads();

  float both = -INFINITY;
  for (int w = 0; w < WARPS; w++) {
    both = fmaxf(both, largest[w]);
  }
  float weights[WARPS];
  float total = 0;
#pragma unroll
  for (int w = 0; w < WARPS; w++) {
    weights[w] = rescale(largest[w], both);
    total += weights[w] * totals[w];
  }
  bool alone = active == 1;
  float* partials = a.partials + rowHead * gridDim.x * (HEADER + stored);
  float* mine = partials + blockIdx.x * (HEADER + stored);
  for (int d = threadIdx.x; d < headSize; d += THREADS) {
    float sum = 0;
#pragma unroll
    for (int w = 0; w < WARPS; w++) {
      sum += weights[w] * sums[w][d];
    }
    if (alone) {
      out[d] = sum / total;
    } else {
      mine[HEADER + d] = sum;
    }
  }
  if (alone) {
    return;
  }
  if (threadIdx.x == 0) {
    mine[0] = both;
    mine[1] = total;
  }
  // What a block has written is visible to the others before it counts as finished.
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(a.counters + rowHead, 1u) == active - 1u;
  }
  __syncthreads();
  if (last) {
    __threadfence();
    combine(out, partials, active, stored, headSize, factors);
    if (threadIdx.x == 0) {
      a.counters[rowHead] = 0;
    }
  }
}

// out [rows, heads, headSize], qkv [rows, 3, heads, headSize], headSize <= 128 · V for f32 and
// 256 · V otherwise.
#define ATTENTION_DECODE(T, suffix, V)                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, 2) attention_decode_##suffix##_v##V(       \
      float* out, const float* qkv, const void* keys, const void* values, const int* slots,        \
      const int* positions, float scale, int sequences, int heads, int headSize, int capacity,     \
      float* partials, unsigned* counters) {                                                       \
    attention_decode<T, V>(                                                                        \
        {out, qkv, keys, values, slots, positions, scale,                                          \
         {sequences, heads, headSize, capacity}, partials, counters});                             \
  }                                                                                                \
  REGISTER_KERNEL(attention_decode_##suffix##_v##V)

ATTENTION_DECODE(float, f32, 1);
ATTENTION_DECODE(float, f32, 2);
ATTENTION_DECODE(float, f32, 8);
ATTENTION_DECODE(__half, f16, 1);
ATTENTION_DECODE(__half, f16, 2);
ATTENTION_DECODE(__half, f16, 8);
ATTENTION_DECODE(__nv_bfloat16, bf16, 1);
ATTENTION_DECODE(__nv_bfloat16, bf16, 2);
ATTENTION_DECODE(__nv_bfloat16, bf16, 8);

}  // namespace attention_decode
