// Layer norm (Ba et al. 2016, section 3) that keeps its statistics, and its backward pass.
#include "normalize.cuh"
#include "vectors.cuh"

namespace training_norm {

constexpr int WARPS = 8;
constexpr int THREADS = WARPS * WARP;
constexpr int STEP = WARP * VECTOR;  // columns that a warp takes at a time

// A row that a warp works on, four columns a lane. It is read from memory once and again from the
// first cache: eight rows are 24 to 50 KiB in GPT-2.
__device__ __forceinline__ int row_of_warp() { return blockIdx.x * WARPS + warp_id(); }

__device__ __forceinline__ float sum_of(const Floats& v) {
  return (v.at[0] + v.at[1]) + (v.at[2] + v.at[3]);
}

// out, x [rows, width]; mean, rstd [rows]; gain, bias [width].
extern "C" __global__ void __launch_bounds__(THREADS) layer_norm_keeping(
    float* __restrict__ out, float* __restrict__ mean, float* __restrict__ rstd,
    const float* __restrict__ x, const float* __restrict__ gain, const float* __restrict__ bias,
    float epsilon, int rows, int width) {
  int row = row_of_warp();
  if (row >= rows) {
    return;
  }
  bool vector = aligned(out, x, gain, bias) && width % VECTOR == 0;
  const float* from = x + static_cast<size_t>(row) * width;
  float* to = out + static_cast<size_t>(row) * width;
  float sum = 0;
  for (int c = lane_id() * VECTOR; c < width; c += STEP) {
    sum += sum_of(load_floats(from + c, width - c, vector));
  }
  float average = warp_sum(sum) / width;
  float2 sums = make_float2(0.0f, 0.0f);
  for (int c = lane_id() * VECTOR; c < width; c += STEP) {
    Floats values = load_floats(from + c, width - c, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      float distance = c + i < width ? values.at[i] - average : 0.0f;
      sums.x += distance;
      sums.y += distance * distance;
    }
  }
  Moments m =
      moments_of(average, make_float2(warp_sum(sums.x), warp_sum(sums.y)), width, epsilon);
  for (int c = lane_id() * VECTOR; c < width; c += STEP) {
    Floats values = load_floats(from + c, width - c, vector);
    Floats gains = load_floats(gain + c, width - c, vector);
    Floats biases = load_floats(bias + c, width - c, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      values.at[i] = normalized(values.at[i], m, gains.at[i], biases.at[i]);
    }
    store_floats(to + c, values, width - c, vector);
  }
  if (lane_id() == 0) {
    mean[row] = m.mean + m.correction;
    rstd[row] = m.rstd;
  }
}
REGISTER_KERNEL(layer_norm_keeping);

// xGradient += r · (g − mean(g) − x̂ · mean(g · x̂)), with x̂ = (x − mean) · r, r = rstd
// and g = gain · outGradient: mean and deviation follow x too.
extern "C" __global__ void __launch_bounds__(THREADS) layer_norm_backward_rows(
    float* __restrict__ xGradient, const float* __restrict__ outGradient,
    const float* __restrict__ x, const float* __restrict__ gain, const float* __restrict__ mean,
    const float* __restrict__ rstd, int rows, int width) {
  int row = row_of_warp();
  if (row >= rows) {
    return;
  }
  bool vector = aligned(xGradient, outGradient, x, gain) && width % VECTOR == 0;
  const float* from = x + static_cast<size_t>(row) * width;
  const float* gradient = outGradient + static_cast<size_t>(row) * width;
  float* to = xGradient + static_cast<size_t>(row) * width;
  float average = mean[row];
  float r = rstd[row];
  float sumOfG = 0;
  float sumOfProduct = 0;
  for (int c = lane_id() * VECTOR; c < width; c += STEP) {
    Floats values = load_floats(from + c, width - c, vector);
    Floats gradients = load_floats(gradient + c, width - c, vector);
    Floats gains = load_floats(gain + c, width - c, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      float g = gains.at[i] * gradients.at[i];  // 0 behind the end
      sumOfG += g;
      sumOfProduct += g * ((values.at[i] - average) * r);
    }
  }
  float meanOfG = warp_sum(sumOfG) / width;
  float meanOfProduct = warp_sum(sumOfProduct) / width;
  for (int c = lane_id() * VECTOR; c < width; c += STEP) {
    Floats values = load_floats(from + c, width - c, vector);
    Floats gradients = load_floats(gradient + c, width - c, vector);
    Floats gains = load_floats(gain + c, width - c, vector);
    Floats sums = load_floats(to + c, width - c, vector);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      float xHat = (values.at[i] - average) * r;
      sums.at[i] += r * (gains.at[i] * gradients.at[i] - meanOfG - xHat * meanOfProduct);
    }
    store_floats(to + c, sums, width - c, vector);
  }
}
REGISTER_KERNEL(layer_norm_backward_rows);

// gainGradient += Σ outGradient · x̂ and biasGradient += Σ outGradient, over the rows of each column.
// A block takes STEP columns of a part of the rows, every WARPS-th row a warp. blockIdx: columns,
// part of the rows. With several parts, their sums go to partials [parts][2][width], and the last
// block of its columns adds them up in order.
extern "C" __global__ void __launch_bounds__(THREADS) layer_norm_backward_columns(
    float* __restrict__ gainGradient, float* __restrict__ biasGradient,
    const float* __restrict__ outGradient, const float* __restrict__ x,
    const float* __restrict__ mean, const float* __restrict__ rstd, int rows, int width,
    float* partials, unsigned* counters) {
  __shared__ float sums[2][WARPS][STEP];
  __shared__ bool last;
  bool vector = aligned(outGradient, x) && width % VECTOR == 0;
  int column = blockIdx.x * STEP + lane_id() * VECTOR;
  int left = width - column;
  int rowsOfPart = (rows + gridDim.y - 1) / gridDim.y;
  int begin = blockIdx.y * rowsOfPart;
  int end = min(begin + rowsOfPart, rows);
  Floats gainSum = Floats::zero();
  Floats biasSum = Floats::zero();
#pragma unroll 4
  for (int row = begin + warp_id(); row < end; row += WARPS) {
    size_t at = static_cast<size_t>(row) * width + column;
    Floats values = load_floats(x + at, left, vector);
    Floats gradients = load_floats(outGradient + at, left, vector);
    float average = mean[row];
    float r = rstd[row];
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      gainSum.at[i] += gradients.at[i] * ((values.at[i] - average) * r);
    }
    biasSum.add(gradients);
  }
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    sums[0][warp_id()][lane_id() * VECTOR + i] = gainSum.at[i];
    sums[1][warp_id()][lane_id() * VECTOR + i] = biasSum.at[i];
  }
  __syncthreads();

  // A thread for each sum of the block.
  static_assert(THREADS == 2 * STEP, "");
  int kind = threadIdx.x / STEP;
  int own = blockIdx.x * STEP + threadIdx.x % STEP;
  bool exists = own < width;
  float sum = 0;
#pragma unroll
  for (int w = 0; w < WARPS; w++) {
    sum += sums[kind][w][threadIdx.x % STEP];
  }
  if (gridDim.y > 1) {
    volatile float* all = partials;
    if (exists) {
      all[(static_cast<size_t>(blockIdx.y) * 2 + kind) * width + own] = sum;
    }
    // What a block has found is visible to the others before it counts as finished.
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      last = atomicAdd(counters + blockIdx.x, 1u) == gridDim.y - 1;
    }
    __syncthreads();
    if (!last) {
      return;
    }
    __threadfence();
    sum = 0;
#pragma unroll 8
    for (int part = 0; part < gridDim.y; part++) {
      sum += exists ? all[(static_cast<size_t>(part) * 2 + kind) * width + own] : 0.0f;
    }
    if (threadIdx.x == 0) {
      counters[blockIdx.x] = 0;
    }
  }
  if (exists) {
    float* to = kind == 0 ? gainGradient : biasGradient;
    to[own] += sum;
  }
}
REGISTER_KERNEL(layer_norm_backward_columns);

}  // namespace training_norm
