// Layer norm (Ba et al. 2016, section 3) of each row by itself.
#include "normalize.cuh"

namespace layer_norm {

// out, x [rows, width]; gain, shift [width]. One block per row. The row is read three times, the
// second and third time from the first cache: a row is 3 to 6 KiB in GPT-2.
extern "C" __global__ void __launch_bounds__(256) layer_norm(
    float* __restrict__ out, const float* x, const float* __restrict__ gain,
    const float* __restrict__ shift, float epsilon, int width) {
  __shared__ float2 shared[WARP];
  const float* from = x + static_cast<size_t>(blockIdx.x) * width;
  float* to = out + static_cast<size_t>(blockIdx.x) * width;
  let_next_kernel_start();
  wait_for_kernel_before();
  Moments m = block_moments(from, width, epsilon, shared);
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    to[i] = normalized(from[i], m, gain[i], shift[i]);
  }
}
REGISTER_KERNEL(layer_norm);

}  // namespace layer_norm
