// Softmax and cross-entropy of each row, forward and backward at once.
#include "reduce.cuh"
#include "vectors.cuh"

namespace training_loss {

constexpr int THREADS = 512;
constexpr int IGNORED_TARGET = -100;

// Calls body(at, count, vector) for all of [0, size), a few elements at a time: whole vectors from
// the first element of `row` at a multiple of 16 bytes on, single elements before and behind.
// `alike`: whether what is accessed lies as `row` does; else all are single.
template <class Body>
__device__ __forceinline__ void for_each(const float* row, int size, bool alike, Body body) {
  int head = static_cast<int>((0 - reinterpret_cast<size_t>(row)) % sizeof(float4) / sizeof(float));
  head = alike ? min(head, size) : 0;
  int vectors = alike ? (size - head) / VECTOR : 0;
  int rest = head + vectors * VECTOR;
  for (int i = threadIdx.x; i < vectors; i += THREADS) {
    body(head + i * VECTOR, VECTOR, true);
  }
  if (threadIdx.x < head) {
    body(threadIdx.x, 1, false);
  }
  for (int i = rest + threadIdx.x; i < size; i += THREADS) {
    body(i, 1, false);
  }
}

// The sum of exp(logit − largest) over what was seen so far (Milakov and Gimelshein 2018).
struct Softmax {
  float largest;
  float sum;

  __device__ __forceinline__ void consider(const Floats& logits, int count) {
    float most = logits.at[0];
#pragma unroll
    for (int i = 1; i < VECTOR; i++) {
      most = i < count ? fmaxf(most, logits.at[i]) : most;
    }
    if (most > largest) {
      sum *= expf(largest - most);
      largest = most;
    }
    if (largest == -INFINITY && most == -INFINITY) {
      return;  // exp(−∞ − −∞)
    }
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      sum += i < count ? expf(logits.at[i] - largest) : 0.0f;
    }
  }

  // By the whole block; every thread has the result.
  __device__ __forceinline__ Softmax of_block(float* shared) const {
    float most = block_max(largest, shared);
    float part = largest == -INFINITY && sum == 0.0f ? 0.0f : sum * expf(largest - most);
    return {most, block_sum(part, shared)};
  }
};

// losses [rows] = ln Σ exp(logit − largest) − (logits[target] − largest), in nats; logitsGradient
// [rows, vocabulary] = scale[0] · (softmax − onehot(target)), may be logits. Rows whose target is
// ignored get zeros. One block per row, which reads it twice, the second time from the second cache
// if the rows in work find room there, and writes it once.
extern "C" __global__ void __launch_bounds__(THREADS) softmax_cross_entropy(
    float* __restrict__ losses, float* logitsGradient, const float* logits,
    const int* __restrict__ targets, const float* __restrict__ scale, int vocabulary) {
  __shared__ float shared[WARP];
  size_t skipped = static_cast<size_t>(blockIdx.x) * vocabulary;
  const float* row = logits + skipped;
  float* gradient = logitsGradient + skipped;
  bool alike = (reinterpret_cast<size_t>(row) - reinterpret_cast<size_t>(gradient)) %
                   sizeof(float4) == 0;
  int target = targets[blockIdx.x];
  if (target == IGNORED_TARGET) {
    for_each(gradient, vocabulary, true, [&](int at, int count, bool vector) {
      store_floats(gradient + at, Floats::zero(), count, vector);
    });
    if (threadIdx.x == 0) {
      losses[blockIdx.x] = 0;
    }
    return;
  }
  bool exists = target >= 0 && target < vocabulary;
  // Before any thread has come to the barriers below, behind which it may be overwritten.
  float logit = exists ? row[target] : NAN;

  Softmax softmax = {-INFINITY, 0.0f};
  for_each(row, vocabulary, true, [&](int at, int count, bool vector) {
    softmax.consider(load_floats(row + at, count, vector), count);
  });
  softmax = softmax.of_block(shared);

  float largest = softmax.largest;
  float inverse = exists ? 1.0f / softmax.sum : NAN;
  float factor = scale[0];
  for_each(row, vocabulary, alike, [&](int at, int count, bool vector) {
    Floats values = load_floats(row + at, count, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      float p = expf(values.at[i] - largest) * inverse;
      values.at[i] = factor * (at + i == target ? p - 1.0f : p);
    }
    store_floats(gradient + at, values, count, vector);
  });
  if (threadIdx.x == 0) {
    losses[blockIdx.x] = logf(softmax.sum) - (logit - largest);
  }
}
REGISTER_KERNEL(softmax_cross_entropy);

}  // namespace training_loss
