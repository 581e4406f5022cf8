// Products with few rows: [layer norm +] x·W + b [+ GELU, residual] [+ KV append] in one launch.
//
// The time is that of reading W once, so every thread asks for its first 16-byte vectors of W
// before anything else; layer norm runs while they are on their way. A warp, or `splits` warps,
// take a few rows of W (outputs of the product) at a time; x lies in shared memory.
#include "cache.cuh"
#include "epilogue.cuh"
#include "gemv_rows.cuh"

namespace gemv {

using namespace gemv_rows;

// Elements of x in shared memory at once: 48 KiB.
constexpr int STAGED = 12288;

struct Append {
  void* __restrict__ keys;  // of one layer, or null for none
  void* __restrict__ values;
  const int* slots;
  const int* positions;
  int type;
  CacheShape shape;
};

// Keys and values of a row of queries, keys and values go to the cache as well.
__device__ __forceinline__ void append(const Append& a, int row, int column, float value) {
  int width = a.shape.heads * a.shape.headSize;
  int slot = a.slots[row];
  int position = a.positions[row];
  if (column < width || !a.shape.has(slot, position)) {
    return;
  }
  void* to = column < 2 * width ? a.keys : a.values;
  int head = column % width / a.shape.headSize;
  int d = column % a.shape.headSize;
  size_t at = a.shape.index(slot, head, position);
  store_element(to, a.type, at + d, value);
  if (d == a.shape.headSize - 1) {
    for (int rest = d + 1; rest < padded(a.shape.headSize); rest++) {
      store_element(to, a.type, at + rest, 0.0f);
    }
  }
}

template <typename T, int ROWS>
__device__ __forceinline__ void gemv(
    const Product& p, const Norm& norm, const Append& cache) {
  constexpr int OUTPUTS = Tile<ROWS>::OUTPUTS;
  constexpr int BATCH = Tile<ROWS>::BATCH;
  constexpr int CHUNK = STAGED / ROWS;  // columns of x in shared memory at once
  constexpr int PER_VECTOR = Element<T>::PER_VECTOR;
  DYNAMIC_SHARED(float, memory);
  __shared__ float sums[WARPS][OUTPUTS * ROWS];
  __shared__ float2 shared[WARP];
  __shared__ Moments moments[ROWS];

  Stage<T, ROWS> staged = {memory, min(p.ld, CHUNK) / PER_VECTOR};
  int groups = WARPS / p.splits;     // groups of warps with OUTPUTS outputs each
  int perBlock = groups * OUTPUTS;   // outputs of the block at a time
  int step = WARP * p.splits;        // vectors of one row of W that its warps take at a time
  int offset = warp_id() % p.splits * WARP + lane_id();
  bool first = true;
  let_next_kernel_start();
  for (int base = blockIdx.x * perBlock; base < p.outputs; base += gridDim.x * perBlock) {
    int output = base + warp_id() / p.splits * OUTPUTS;

    // The thread's part of the end: one result, or none.
    int column = base + threadIdx.x % perBlock;
    int row = threadIdx.x / perBlock;
    bool finishes = row < p.rows && row < ROWS && column < p.outputs;
    float bias = finishes && p.bias != nullptr ? p.bias[column] : 0.0f;

    float acc[OUTPUTS * ROWS] = {};
    for (int from = 0; from < p.ld; from += CHUNK) {
      int to = min(p.ld, from + CHUNK);
      int end = to / PER_VECTOR;
      int vector = from / PER_VECTOR + offset;
      uint4 next[OUTPUTS][BATCH];
      load<T>(next, p, output, p.outputs, vector, step, end);
      if (first) {
        wait_for_kernel_before();
      }
      if (first && norm.gain != nullptr) {
        find_moments(moments, p, norm, shared);
      }
      if (first || p.ld > CHUNK) {
        __syncthreads();
        bool store = blockIdx.x == 0 && base == 0;
        stage(staged, p, norm, moments, from, to, store);
        __syncthreads();
      }
      first = false;
      for (; vector - lane_id() < end; vector += step * BATCH) {
        uint4 current[OUTPUTS][BATCH];
#pragma unroll
        for (int o = 0; o < OUTPUTS; o++) {
#pragma unroll
          for (int b = 0; b < BATCH; b++) {
            current[o][b] = next[o][b];
          }
        }
        load<T>(next, p, output, p.outputs, vector + step * BATCH, step, end);
        int start = from / PER_VECTOR;
        multiply(acc, current, staged, vector - start, step, end - start);
      }
    }

    constexpr int LANES = WARP / (OUTPUTS * ROWS);  // that have the same sum
    float sum = warp_sums(acc);
    if (lane_id() % LANES == 0) {
      sums[warp_id()][lane_id() / LANES] = sum;
    }
    __syncthreads();
    if (finishes) {
      int within = column - base;
      const float(*parts)[OUTPUTS * ROWS] = sums + within / OUTPUTS * p.splits;
      float value = bias;
      for (int split = 0; split < p.splits; split++) {
        value += parts[split][within % OUTPUTS * ROWS + row];
      }
      float* to = p.out + static_cast<size_t>(row) * p.outputs + column;
      value = store_product(to, value, p.epilogue);
      if (cache.keys != nullptr) {
        append(cache, row, column, value);
      }
    }
    __syncthreads();
  }
}

// out [rows, outputs], x [rows, inputs], w [outputs, ld], rows <= R. Dynamic shared memory: R rows
// of min(ld, 12288 / R) floats.
#define GEMV(T, suffix, R, BLOCKS)                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) gemv_##suffix##_r##R(            \
      float* out, const float* x, const void* w, const float* bias, int inputs, int outputs,     \
      int ld, int rows, int epilogue, int splits, const float* gain, const float* shift,         \
      float epsilon, float* normalized, void* keys, void* values, const int* slots,              \
      const int* positions, int cacheType, int sequences, int heads, int headSize,               \
      int capacity) {                                                                            \
    Product product = {out, x, w, bias, inputs, outputs, ld, rows, epilogue, splits};            \
    Norm norm = {gain, shift, epsilon, normalized};                                              \
    Append append = {keys,      values,    slots,                                                \
                     positions, cacheType, {sequences, heads, headSize, capacity}};              \
    gemv<T, R>(product, norm, append);                                                           \
  }                                                                                              \
  REGISTER_KERNEL(gemv_##suffix##_r##R)

GEMV(float, f32, 1, 3);
GEMV(float, f32, 2, 3);
GEMV(float, f32, 4, 2);
GEMV(float, f32, 8, 2);
GEMV(__half, f16, 1, 4);
GEMV(__half, f16, 2, 3);
GEMV(__half, f16, 4, 2);
GEMV(__half, f16, 8, 2);
GEMV(__nv_bfloat16, bf16, 1, 4);
GEMV(__nv_bfloat16, bf16, 2, 3);
GEMV(__nv_bfloat16, bf16, 4, 2);
GEMV(__nv_bfloat16, bf16, 8, 2);

}  // namespace gemv
