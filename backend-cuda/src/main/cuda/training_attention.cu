// Causal attention within whole sequences, forward, tile by tile with an online softmax (Dao et al.
// 2022), dropout on the probabilities. What the backward pass needs to compute them again is kept:
// the logarithm of each softmax's denominator.
#include "softmax.cuh"
#include "training_attention.cuh"

namespace training_attention {

// out [n, heads, headSize], logSumExp [n, heads], qkv [n, 3, heads, headSize]; n a multiple of
// length.
extern "C" __global__ void __launch_bounds__(THREADS, 3) training_attention(
    float* out, float* logSumExp, const float* __restrict__ qkv, float scale, int length, int heads,
    int headSize, const int* pass, unsigned threshold, float factor, unsigned long long seed,
    unsigned long long site) {
  __shared__ __align__(16) OwnTile queries;
  __shared__ __align__(16) OthersTile keys;
  __shared__ __align__(16) OthersTile values;
  __shared__ __align__(16) Weights weights;
  Dropout dropout = Dropout::of(pass, threshold, factor, seed, site);
  Place place = Place::of(length, true);
  Vectors fromQueries = Vectors::of(qkv, 3, 0, place, heads, length, headSize);
  Vectors fromKeys = Vectors::of(qkv, 3, 1, place, heads, length, headSize);
  Vectors fromValues = Vectors::of(qkv, 3, 2, place, heads, length, headSize);
  int chunks = gridDim.z;
  int end = min(place.first + OWN, length);

  Sums sums;
  sums.clear();
  float largest[EACH];
  float totals[EACH];
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    largest[i] = -INFINITY;
    totals[i] = 0;
  }
  for (int start = 0; start < end; start += OTHERS) {
    float scores[EACH][EACH] = {};
    for (int i = 1; i <= chunks; i++) {
      int chunk = (blockIdx.z + i) % chunks;  // the block's own is the last
      __syncthreads();
      if (chunks > 1 || start == 0) {
        fromQueries.fetch(queries, place.first, chunk);
      }
      fromKeys.fetch_others(keys, start, chunk);
      if (i == chunks) {
        fromValues.fetch_others(values, start, chunk);
      }
      await_tiles();
      add_dots(scores, queries, keys, elements(chunk, headSize));
    }
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      int query = place.first + first_own() + i;
      int key = start + first_other();
      float most = largest[i];
#pragma unroll
      for (int j = 0; j < EACH; j++) {
        scores[i][j] *= scale;
        most = key + j <= query ? fmaxf(most, scores[i][j]) : most;
      }
      most = warp_max<SIDE>(most);
      float old = rescale(largest[i], most);
      largest[i] = most;
      totals[i] *= old;
      sums.scale(i, old);
#pragma unroll
      for (int j = 0; j < EACH; j++) {
        float weight = key + j <= query ? __expf(scores[i][j] - most) : 0.0f;
        totals[i] += weight;
        scores[i][j] = weight;
      }
      if (dropout.drops) {
        Words words = words_of_keys(dropout, place, query, key, heads, length);
#pragma unroll
        for (int j = 0; j < EACH; j++) {
          scores[i][j] = dropout.keep(scores[i][j], words.word[j]);
        }
      }
    }
    store(weights, scores);
    __syncthreads();
    sums.add(weights, values);
  }

#pragma unroll
  for (int i = 0; i < EACH; i++) {
    float total = warp_sum<SIDE>(totals[i]);
    sums.scale(i, 1.0f / total);
    int position = place.first + first_own() + i;
    if (position < length && side() == 0 && blockIdx.z == 0) {
      size_t line = static_cast<size_t>(place.row + position) * heads;
      logSumExp[line + place.head] = largest[i] + logf(total);
    }
  }
  sums.store(out, 1, 0, place, heads, length, headSize);
}
REGISTER_KERNEL(training_attention);

}  // namespace training_attention
