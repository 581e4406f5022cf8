// The norm of all gradients, and AdamW.
#include "reduce.cuh"
#include "vectors.cuh"

namespace training_optimizer {

constexpr int THREADS = 256;
constexpr int MOST_TENSORS = 32;
constexpr int CHUNK = 1 << 15;  // elements that a block takes

// Parameters of a launch, the last ones; `elements` 0: not there.
struct Gradients {
  struct {
    const float* values;
    unsigned long long elements;
  } tensors[MOST_TENSORS];
};

__device__ __forceinline__ double warp_sum(double value) {
#pragma unroll
  for (int offset = WARP / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(ALL_LANES, value, offset);
  }
  return value;
}

// By the whole block; every thread has the result. shared: one per warp.
__device__ __forceinline__ double block_sum(double value, double* shared) {
  value = warp_sum(value);
  __syncthreads();
  if (lane_id() == 0) {
    shared[warp_id()] = value;
  }
  __syncthreads();
  return warp_sum(lane_id() < THREADS / WARP ? shared[lane_id()] : 0.0);
}

// sums[block] = Σ gradient² over a chunk, in float64. Blocks are numbered through the chunks of the
// first tensor, of the second, and so on.
extern "C" __global__ void __launch_bounds__(THREADS) squared_norms(
    double* __restrict__ sums, const __grid_constant__ Gradients gradients) {
  __shared__ double shared[WARP];
  unsigned long long chunk = blockIdx.x;
  int tensor = 0;
  while (tensor < MOST_TENSORS - 1) {
    unsigned long long chunks = (gradients.tensors[tensor].elements + CHUNK - 1) / CHUNK;
    if (chunk < chunks) {
      break;
    }
    chunk -= chunks;
    tensor++;
  }
  const float* values = gradients.tensors[tensor].values + chunk * CHUNK;
  unsigned long long elements = gradients.tensors[tensor].elements;
  unsigned long long rest = elements > chunk * CHUNK ? elements - chunk * CHUNK : 0;
  int count = rest < CHUNK ? static_cast<int>(rest) : CHUNK;
  bool vector = aligned(values);
  double sum[VECTOR] = {};
#pragma unroll 4
  for (int at = threadIdx.x * VECTOR; at < count; at += THREADS * VECTOR) {
    Floats four = load_floats(values + at, count - at, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      double value = four.at[i];
      sum[i] += value * value;
    }
  }
  double all = block_sum((sum[0] + sum[1]) + (sum[2] + sum[3]), shared);
  if (threadIdx.x == 0) {
    sums[blockIdx.x] = all;
  }
}
REGISTER_KERNEL(squared_norms);

// out[0] = √Σ sums, out[1] = min(1, maximum / (out[0] + 1e-6)) (Pascanu et al. 2013, section 3.2).
// One block.
extern "C" __global__ void __launch_bounds__(THREADS) clip_factor(
    float* __restrict__ out, const double* __restrict__ sums, int count, float maximum) {
  __shared__ double shared[WARP];
  double sum = 0;
#pragma unroll 8
  for (int i = threadIdx.x; i < count; i += THREADS) {
    sum += sums[i];
  }
  double norm = sqrt(block_sum(sum, shared));
  if (threadIdx.x == 0) {
    double factor = maximum / (norm + 1e-6);
    out[0] = static_cast<float>(norm);
    out[1] = static_cast<float>(factor >= 1.0 ? 1.0 : factor);  // NaN stays
  }
}
REGISTER_KERNEL(clip_factor);

// One update (Loshchilov and Hutter 2019, Algorithm 2), gradients zeroed: eight accesses of memory
// for each number, in one pass. norm [2], schedule [3]: rate, c1, c2; rest1 = 1 − beta1, rest2 the
// same.
extern "C" __global__ void __launch_bounds__(THREADS) adamw(
    float* __restrict__ parameter, float* __restrict__ gradient, float* __restrict__ firstMoment,
    float* __restrict__ secondMoment, const float* __restrict__ norm,
    const float* __restrict__ schedule, unsigned long long elements, float beta1, float rest1,
    float beta2, float rest2, float epsilon, float weightDecay) {
  Part part = Part::of_thread(elements);
  bool vector = aligned(parameter, gradient, firstMoment, secondMoment);
  Floats p = load_floats(parameter + part.first, part.count, vector);
  Floats g = load_floats(gradient + part.first, part.count, vector);
  Floats m = load_floats(firstMoment + part.first, part.count, vector);
  Floats v = load_floats(secondMoment + part.first, part.count, vector);
  float clip = norm[1];
  float rate = schedule[0];
  float decay = rate * weightDecay;
  float step = rate / schedule[1];
  float rootFactor = 1.0f / sqrtf(schedule[2]);
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    float clipped = clip * g.at[i];
    m.at[i] = beta1 * m.at[i] + rest1 * clipped;
    v.at[i] = beta2 * v.at[i] + rest2 * clipped * clipped;
    float decayed = p.at[i] - decay * p.at[i];
    p.at[i] = decayed - step * m.at[i] / (sqrtf(v.at[i]) * rootFactor + epsilon);
  }
  store_floats(parameter + part.first, p, part.count, vector);
  store_floats(firstMoment + part.first, m, part.count, vector);
  store_floats(secondMoment + part.first, v, part.count, vector);
  store_floats(gradient + part.first, Floats::zero(), part.count, vector);
}
REGISTER_KERNEL(adamw);

}  // namespace training_optimizer
