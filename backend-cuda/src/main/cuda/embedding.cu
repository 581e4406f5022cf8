// Rows picked from tables: token and position embeddings, and the rows whose logits are wanted.
#include "elements.cuh"

namespace embedding {

// out [rows, width] = wte[token] + wpe[position]; both tables [.., ld], of any type each. One
// thread per element: the work is a few hundred kilobytes at most, so the time is that of one
// launch.
extern "C" __global__ void __launch_bounds__(256) embed(
    float* __restrict__ out, const int* tokens, const int* positions,
    const void* __restrict__ wte, const void* __restrict__ wpe, int wteType, int wpeType,
    int vocabulary, int context, int width, int ld) {
  let_next_kernel_start();
  wait_for_kernel_before();
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column >= width) {
    return;
  }
  int token = tokens[blockIdx.x];
  int position = positions[blockIdx.x];
  float sum = NAN;
  if (token >= 0 && token < vocabulary && position >= 0 && position < context) {
    sum = load_element(wte, wteType, static_cast<size_t>(token) * ld + column) +
          load_element(wpe, wpeType, static_cast<size_t>(position) * ld + column);
  }
  out[static_cast<size_t>(blockIdx.x) * width + column] = sum;
}
REGISTER_KERNEL(embed);

// out [m, width] = x[rows[i]]; x [xRows, width].
extern "C" __global__ void __launch_bounds__(256) select_rows(
    float* __restrict__ out, const float* x, const int* rows, int xRows,
    int width) {
  let_next_kernel_start();
  wait_for_kernel_before();
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column >= width) {
    return;
  }
  int row = rows[blockIdx.x];
  bool exists = row >= 0 && row < xRows;
  out[static_cast<size_t>(blockIdx.x) * width + column] =
      exists ? x[static_cast<size_t>(row) * width + column] : NAN;
}
REGISTER_KERNEL(select_rows);

}  // namespace embedding
