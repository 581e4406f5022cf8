// What a library's product of matrices lacks: scale, bias, GELU, residual.
#include "epilogue.cuh"

namespace linear_epilogue {

constexpr int THREADS = 256;

// out [rows, outputs] = epilogue(scale·product + bias). product [rows, outputs] may be out, unless
// it is added to. scales [rows] or null, bias [outputs] or null. blockIdx: row, part of the outputs.
extern "C" __global__ void __launch_bounds__(THREADS) linear_epilogue(
    float* out, const float* product, const float* __restrict__ scales,
    const float* __restrict__ bias, int outputs, int rows, int epilogue) {
  int row = blockIdx.x;
  int output = blockIdx.y * THREADS + threadIdx.x;
  if (row >= rows || output >= outputs) {
    return;
  }
  size_t at = static_cast<size_t>(row) * outputs + output;
  float value = product[at];
  if (scales != nullptr) {
    value *= scales[row];
  }
  if (bias != nullptr) {
    value += bias[output];
  }
  store_product(out + at, value, epilogue);
}
REGISTER_KERNEL(linear_epilogue);

}  // namespace linear_epilogue
