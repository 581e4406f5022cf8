// The backward pass of attention in training: probabilities P are computed again, tile by tile, from
// what the forward pass has kept (Dao et al. 2022, §3.1 and appendix B.2). With D the factors of
// dropout, O the output and dO its gradient,
//
//   dV = (D∘P)ᵀ·dO    dP = D∘(dO·Vᵀ)    dS = P∘(dP − Σ dO∘O)·scale    dQ = dS·K    dK = dSᵀ·Q
//
// Each result is made by one block, which meets all that it depends on: nothing is added atomically.
#include "training_attention.cuh"

namespace training_attention {

struct Tiles {
  OwnTile own[2];
  OthersTile others[2];
  Weights weights;
};

struct Backward {
  const float* outGradient;
  const float* logSumExp;
  const float* dots;
  const float* qkv;
  float scale;
  int length;
  int heads;
  int headSize;
  Dropout dropout;

  __device__ __forceinline__ Vectors part_of_qkv(int part, const Place& place) const {
    return Vectors::of(qkv, 3, part, place, heads, length, headSize);
  }

  __device__ __forceinline__ Vectors gradients(const Place& place) const {
    return Vectors::of(outGradient, 1, 0, place, heads, length, headSize);
  }

  // What is kept for a query, 0 if there is none.
  __device__ __forceinline__ float kept(
      const float* __restrict__ from, const Place& place, int query) const {
    size_t line = static_cast<size_t>(place.row + query) * heads;
    return query < length ? from[line + place.head] : 0.0f;
  }

  // The derivative of a score by its probability p and the derivative of that, as dropout leaves it.
  __device__ __forceinline__ float of_score(float p, float gradient, float dot) const {
    return p * (gradient - dot) * scale;
  }
};

// Products of the thread's own and other vectors, for each of two kinds. The block's own chunk is
// the last to be in the tiles.
static __device__ __forceinline__ void multiply(
    float (&scores)[EACH][EACH], float (&gradients)[EACH][EACH], Tiles& tiles,
    const Vectors& own0, const Vectors& own1, const Vectors& others0, const Vectors& others1,
    int first, int start, bool loadOwn) {
  int chunks = gridDim.z;
  for (int i = 1; i <= chunks; i++) {
    int chunk = (blockIdx.z + i) % chunks;
    __syncthreads();
    if (chunks > 1 || loadOwn) {
      own0.fetch(tiles.own[0], first, chunk);
      own1.fetch(tiles.own[1], first, chunk);
    }
    others0.fetch_others(tiles.others[0], start, chunk);
    others1.fetch_others(tiles.others[1], start, chunk);
    await_tiles();
    int size = elements(chunk, own0.headSize);
    add_dots(scores, tiles.own[0], tiles.others[0], size);
    add_dots(gradients, tiles.own[1], tiles.others[1], size);
  }
}

// The block's own positions are queries, the others keys.
static __device__ __forceinline__ void query_gradients(float* qkvGradient, const Backward& b) {
  DYNAMIC_SHARED(Tiles, tiles);
  Place place = Place::of(b.length, true);
  Vectors queries = b.part_of_qkv(0, place);
  Vectors keys = b.part_of_qkv(1, place);
  Vectors values = b.part_of_qkv(2, place);
  Vectors outGradients = b.gradients(place);
  int end = min(place.first + OWN, b.length);
  float logSums[EACH];
  float dots[EACH];
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    logSums[i] = b.kept(b.logSumExp, place, place.first + first_own() + i);
    dots[i] = b.kept(b.dots, place, place.first + first_own() + i);
  }

  Sums sums;
  sums.clear();
  for (int start = 0; start < end; start += OTHERS) {
    float scores[EACH][EACH] = {};
    float gradients[EACH][EACH] = {};
    multiply(
        scores, gradients, *tiles, queries, outGradients, keys, values, place.first, start,
        start == 0);
    int key = start + first_other();
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      int query = place.first + first_own() + i;
      if (b.dropout.drops) {
        Words words = words_of_keys(b.dropout, place, query, key, b.heads, b.length);
#pragma unroll
        for (int j = 0; j < EACH; j++) {
          gradients[i][j] = b.dropout.keep(gradients[i][j], words.word[j]);
        }
      }
#pragma unroll
      for (int j = 0; j < EACH; j++) {
        bool seen = key + j <= query;
        float p = seen ? __expf(scores[i][j] * b.scale - logSums[i]) : 0.0f;
        scores[i][j] = b.of_score(p, gradients[i][j], dots[i]);
      }
    }
    store(tiles->weights, scores);
    __syncthreads();
    sums.add(tiles->weights, tiles->others[0]);
  }
  sums.store(qkvGradient, 3, 0, place, b.heads, b.length, b.headSize);
}

// The block's own positions are keys, the others queries.
static __device__ __forceinline__ void key_value_gradients(float* qkvGradient, const Backward& b) {
  DYNAMIC_SHARED(Tiles, tiles);
  Place place = Place::of(b.length, false);
  Vectors queries = b.part_of_qkv(0, place);
  Vectors keys = b.part_of_qkv(1, place);
  Vectors values = b.part_of_qkv(2, place);
  Vectors outGradients = b.gradients(place);

  Sums ofKeys;
  Sums ofValues;
  ofKeys.clear();
  ofValues.clear();
  for (int start = place.first; start < b.length; start += OTHERS) {
    float scores[EACH][EACH] = {};
    float gradients[EACH][EACH] = {};
    multiply(
        scores, gradients, *tiles, keys, values, queries, outGradients, place.first, start,
        start == place.first);
    int key = place.first + first_own();
    float kept[EACH][EACH];  // probabilities as dropout leaves them
#pragma unroll
    for (int j = 0; j < EACH; j++) {
      int query = start + first_other() + j;
      float logSum = b.kept(b.logSumExp, place, query);
      float dot = b.kept(b.dots, place, query);
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        bool seen = key + i <= query && query < b.length;
        scores[i][j] = seen ? __expf(scores[i][j] * b.scale - logSum) : 0.0f;
        kept[i][j] = scores[i][j];
      }
      if (b.dropout.drops) {
        Words words = words_of_keys(b.dropout, place, query, key, b.heads, b.length);
#pragma unroll
        for (int i = 0; i < EACH; i++) {
          gradients[i][j] = b.dropout.keep(gradients[i][j], words.word[i]);
          kept[i][j] = b.dropout.keep(kept[i][j], words.word[i]);
        }
      }
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        scores[i][j] = b.of_score(scores[i][j], gradients[i][j], dot);
      }
    }
    store(tiles->weights, kept);
    __syncthreads();
    ofValues.add(tiles->weights, tiles->others[1]);
    __syncthreads();
    store(tiles->weights, scores);
    __syncthreads();
    ofKeys.add(tiles->weights, tiles->others[0]);
  }
  ofKeys.store(qkvGradient, 3, 1, place, b.heads, b.length, b.headSize);
  ofValues.store(qkvGradient, 3, 2, place, b.heads, b.length, b.headSize);
}

// qkvGradient, qkv [n, 3, heads, headSize], outGradient [n, heads, headSize], logSumExp, dots [n,
// heads]; n a multiple of length.
#define TRAINING_ATTENTION_BACKWARD(name, function)                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, 2) name(                                \
      float* qkvGradient, const float* __restrict__ outGradient,                                \
      const float* __restrict__ logSumExp, const float* __restrict__ dots,                      \
      const float* __restrict__ qkv, float scale, int length, int heads, int headSize,          \
      const int* pass, unsigned threshold, float factor, unsigned long long seed,               \
      unsigned long long site) {                                                                \
    function(                                                                                   \
        qkvGradient, {outGradient, logSumExp, dots, qkv, scale, length, heads, headSize,        \
                      Dropout::of(pass, threshold, factor, seed, site)});                       \
  }                                                                                             \
  REGISTER_KERNEL(name)

TRAINING_ATTENTION_BACKWARD(training_attention_queries, query_gradients);
TRAINING_ATTENTION_BACKWARD(training_attention_keys, key_value_gradients);

constexpr int DOTS_THREADS = 256;

// dots [vectors] = Σ a∘b of a, b [vectors, headSize]. A warp for each.
extern "C" __global__ void __launch_bounds__(DOTS_THREADS) training_attention_dots(
    float* __restrict__ dots, const float* __restrict__ a, const float* __restrict__ b, int vectors,
    int headSize) {
  int vector = blockIdx.x * (DOTS_THREADS / WARP) + warp_id();
  if (vector >= vectors) {
    return;
  }
  size_t first = static_cast<size_t>(vector) * headSize;
  float sum = 0;
  for (int d = lane_id(); d < headSize; d += WARP) {
    sum += a[first + d] * b[first + d];
  }
  sum = warp_sum(sum);
  if (lane_id() == 0) {
    dots[vector] = sum;
  }
}
REGISTER_KERNEL(training_attention_dots);

}  // namespace training_attention
