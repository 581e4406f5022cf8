// The negative log-probability of each row's target.
#include "reduce.cuh"

namespace cross_entropy {

// losses [m] = ln Σ exp(logit − largest) − (logits[target] − largest), in nats; logits
// [m, vocabulary]. One block per row, which reads it twice.
extern "C" __global__ void __launch_bounds__(512) cross_entropy(
    float* __restrict__ losses, const float* __restrict__ logits, const int* __restrict__ targets,
    int vocabulary) {
  __shared__ float shared[WARP];
  const float* row = logits + static_cast<size_t>(blockIdx.x) * vocabulary;
  float largest = -INFINITY;
  for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
    largest = fmaxf(largest, row[i]);
  }
  largest = block_max(largest, shared);
  float sum = 0;
  for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
    sum += expf(row[i] - largest);
  }
  sum = block_sum(sum, shared);
  if (threadIdx.x == 0) {
    int target = targets[blockIdx.x];
    bool exists = target >= 0 && target < vocabulary;
    losses[blockIdx.x] = exists ? logf(sum) - (row[target] - largest) : NAN;
  }
}
REGISTER_KERNEL(cross_entropy);

}  // namespace cross_entropy
