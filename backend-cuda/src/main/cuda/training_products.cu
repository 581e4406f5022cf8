// Products of training, with matrices in the layout of checkpoints: activations by parameters, and
// what gradients take. Exact products of float32, in two sizes of tiles, the depth in parts where
// the tiles alone would be too few.
#include "training_products.cuh"

namespace training_products {

// Of rows x columns results a block makes TILE x TILE, from `part` of the depth. With one part, out
// [rows, columns]; with more, their sums are in out [parts, rows, columns], and that is all.
#define TRAINING_PRODUCT(name, FORM, TILE, BLOCKS)                                              \
  extern "C" __global__ void __launch_bounds__(Shape<TILE>::THREADS, BLOCKS) name##_##TILE(     \
      float* out, const float* a, const float* b, const float* bias, int rows, int columns,     \
      int depth, int part) {                                                                    \
    multiply<TILE, FORM>({out, a, b, bias, rows, columns, depth, part});                        \
  }                                                                                             \
  REGISTER_KERNEL(name##_##TILE)

// out = a·b + bias: a [rows, depth], b [depth, columns], bias [columns] or null.
TRAINING_PRODUCT(training_product, Form::PLAIN, 64, 8);
TRAINING_PRODUCT(training_product, Form::PLAIN, 128, 2);
// out = a·bᵀ + bias: a [rows, depth], b [columns, depth].
TRAINING_PRODUCT(training_product_transposed, Form::SECOND_TRANSPOSED, 64, 8);
TRAINING_PRODUCT(training_product_transposed, Form::SECOND_TRANSPOSED, 128, 2);
// out += aᵀ·b + bias: a [depth, rows], b [depth, columns].
TRAINING_PRODUCT(training_product_added, Form::FIRST_TRANSPOSED, 64, 8);
TRAINING_PRODUCT(training_product_added, Form::FIRST_TRANSPOSED, 128, 2);

constexpr int THREADS = 256;

// out [rows, columns] = the sum of parts [parts, rows, columns], plus bias [columns] or null, plus
// out if `add`.
extern "C" __global__ void __launch_bounds__(THREADS) training_add_parts(
    float* out, const float* __restrict__ summands, const float* __restrict__ bias, int columns,
    unsigned long long elements, int parts, int add) {
  size_t at = static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x;
  if (at >= elements) {
    return;
  }
  float sum = 0;
#pragma unroll 4
  for (int i = 0; i < parts; i++) {
    sum += summands[i * elements + at];
  }
  if (bias != nullptr) {
    sum += bias[at % columns];
  }
  out[at] = add != 0 ? out[at] + sum : sum;
}
REGISTER_KERNEL(training_add_parts);

// out [parts, columns]: sums of `part` rows of x [rows, columns] each. blockIdx: 32 columns, part.
extern "C" __global__ void __launch_bounds__(THREADS) training_column_sums(
    float* __restrict__ out, const float* __restrict__ x, int rows, int columns, int part) {
  constexpr int LINES = THREADS / WARP;  // rows at a time, one for each warp
  __shared__ float sums[LINES][WARP];
  int column = blockIdx.x * WARP + lane_id();
  int first = blockIdx.y * part;
  int end = min(rows, first + part);
  float sum = 0;
  if (column < columns) {
#pragma unroll 4
    for (int row = first + warp_id(); row < end; row += LINES) {
      sum += x[static_cast<size_t>(row) * columns + column];
    }
  }
  sums[warp_id()][lane_id()] = sum;
  __syncthreads();
  if (warp_id() == 0 && column < columns) {
    sum = 0;
#pragma unroll
    for (int i = 0; i < LINES; i++) {
      sum += sums[i][lane_id()];
    }
    out[static_cast<size_t>(blockIdx.y) * columns + column] = sum;
  }
}
REGISTER_KERNEL(training_column_sums);

}  // namespace training_products
