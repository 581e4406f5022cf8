// Products with few rows: [layer norm +] x·W + b [+ GELU, residual] [+ KV append] in one launch.
//
// The time is that of reading W once, so every thread asks for its first 16-byte vectors of W
// before anything else; layer norm runs while they are on their way. A warp, or `splits` warps,
// take a few rows of W (outputs of the product) at a time; x lies in shared memory.
#include "cache.cuh"
#include "epilogue.cuh"
#include "normalize.cuh"

namespace linear_few_rows {

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;

// Elements of x in shared memory at once: 48 KiB.
constexpr int STAGED = 12288;

template <int ROWS>
struct Tile {
  // Outputs per warp: with more rows each element of x, once in a register, must serve more.
  static constexpr int OUTPUTS = ROWS == 1 ? 1 : ROWS < 8 ? 2 : 4;
  // Vectors of each output that a thread asks for at once.
  static constexpr int BATCH = 4 / OUTPUTS;
  // Columns of x in shared memory at once.
  static constexpr int CHUNK = STAGED / ROWS;
};

struct Product {
  float* __restrict__ out;           // [rows, outputs]
  const float* x;                    // [rows, inputs]
  const void* __restrict__ weights;  // [outputs, ld]
  const float* __restrict__ bias;    // [outputs] or null
  int inputs;
  int outputs;
  int ld;
  int rows;
  int epilogue;
  int splits;
};

struct Norm {
  const float* __restrict__ gain;  // [inputs], or null for none
  const float* __restrict__ shift;
  float epsilon;
  float* __restrict__ out;  // [rows, inputs]
};

struct Append {
  void* __restrict__ keys;  // of one layer, or null for none
  void* __restrict__ values;
  const int* slots;
  const int* positions;
  int type;
  CacheShape shape;
};

// x in shared memory, as [ROWS][PLANES][vectors] float4: plane p has elements 4p … 4p + 3 of every
// vector, so that neighbouring lanes read neighbouring float4.
template <typename T, int ROWS>
struct Stage {
  static constexpr int PLANES = Element<T>::PER_VECTOR / 4;
  float* memory;
  int vectors;

  __device__ __forceinline__ void put(int row, int column, float value) const {
    int vector = column / Element<T>::PER_VECTOR;
    int within = column % Element<T>::PER_VECTOR;
    memory[((row * PLANES + within / 4) * vectors + vector) * 4 + within % 4] = value;
  }

  __device__ __forceinline__ float4 get(int row, int plane, int vector) const {
    return reinterpret_cast<const float4*>(memory)[(row * PLANES + plane) * vectors + vector];
  }
};

// Columns from … to - 1 of x, normalised if asked for; zeros where there is no row or column.
template <typename T, int ROWS>
__device__ __forceinline__ void stage(
    const Stage<T, ROWS>& staged, const Product& p, const Norm& norm, const Moments* moments,
    int from, int to, bool store) {
#pragma unroll(4 / ROWS > 0 ? 4 / ROWS : 1)
  for (int k = from + threadIdx.x; k < to; k += THREADS) {
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
      float value = 0;
      if (row < p.rows && k < p.inputs) {
        size_t at = static_cast<size_t>(row) * p.inputs + k;
        value = p.x[at];
        if (norm.gain != nullptr) {
          value = normalized(value, moments[row], norm.gain[k], norm.shift[k]);
          if (store) {
            norm.out[at] = value;
          }
        }
      }
      staged.put(row, k - from, value);
    }
  }
}

// The vectors first, first + step, … of OUTPUTS rows of W; zeros behind the end.
template <typename T, int OUTPUTS, int BATCH>
__device__ __forceinline__ void load(
    uint4 (&to)[OUTPUTS][BATCH], const Product& p, int output, int first, int step, int end) {
  const T* weights = static_cast<const T*>(p.weights);
#pragma unroll
  for (int o = 0; o < OUTPUTS; o++) {
    const T* row = weights + static_cast<size_t>(output + o) * p.ld;
#pragma unroll
    for (int b = 0; b < BATCH; b++) {
      int vector = first + b * step;
      bool inside = vector < end && output + o < p.outputs;
      to[o][b] = inside ? load_vector(row + static_cast<size_t>(vector) * Element<T>::PER_VECTOR)
                        : make_uint4(0, 0, 0, 0);
    }
  }
}

// acc += W·x for what load() has brought; first and end count from the start of the stage.
template <typename T, int ROWS, int OUTPUTS, int BATCH>
__device__ __forceinline__ void multiply(
    float (&acc)[OUTPUTS * ROWS], const uint4 (&w)[OUTPUTS][BATCH], const Stage<T, ROWS>& staged,
    int first, int step, int end) {
#pragma unroll
  for (int b = 0; b < BATCH; b++) {
    int vector = first + b * step;
    if (vector < end) {
      float elements[OUTPUTS][Element<T>::PER_VECTOR];
#pragma unroll
      for (int o = 0; o < OUTPUTS; o++) {
        Element<T>::unpack(w[o][b], elements[o]);
      }
#pragma unroll
      for (int plane = 0; plane < Stage<T, ROWS>::PLANES; plane++) {
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
          float4 x = staged.get(row, plane, vector);
#pragma unroll
          for (int o = 0; o < OUTPUTS; o++) {
            const float* e = elements[o] + 4 * plane;
            acc[o * ROWS + row] += e[0] * x.x + e[1] * x.y + e[2] * x.z + e[3] * x.w;
          }
        }
      }
    }
  }
}

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
__device__ __forceinline__ void linear_few(
    const Product& p, const Norm& norm, const Append& cache) {
  constexpr int OUTPUTS = Tile<ROWS>::OUTPUTS;
  constexpr int BATCH = Tile<ROWS>::BATCH;
  constexpr int CHUNK = Tile<ROWS>::CHUNK;
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
      load<T>(next, p, output, vector, step, end);
      if (first) {
        wait_for_kernel_before();
      }
      if (first && norm.gain != nullptr) {
        if (ROWS == 1) {
          Moments m = block_moments(p.x, p.inputs, norm.epsilon, shared);
          if (threadIdx.x == 0) {
            moments[0] = m;
          }
        } else if (warp_id() < p.rows) {
          const float* x = p.x + static_cast<size_t>(warp_id()) * p.inputs;
          Moments m = warp_moments(x, p.inputs, norm.epsilon);
          if (lane_id() == 0) {
            moments[warp_id()] = m;
          }
        }
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
        load<T>(next, p, output, vector + step * BATCH, step, end);
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
#define LINEAR_FEW(T, suffix, R, BLOCKS)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) linear_few_##suffix##_r##R(      \
      float* out, const float* x, const void* w, const float* bias, int inputs, int outputs,     \
      int ld, int rows, int epilogue, int splits, const float* gain, const float* shift,         \
      float epsilon, float* normalized, void* keys, void* values, const int* slots,              \
      const int* positions, int cacheType, int sequences, int heads, int headSize,               \
      int capacity) {                                                                            \
    Product product = {out, x, w, bias, inputs, outputs, ld, rows, epilogue, splits};            \
    Norm norm = {gain, shift, epsilon, normalized};                                              \
    Append append = {keys,      values,    slots,                                                \
                     positions, cacheType, {sequences, heads, headSize, capacity}};              \
    linear_few<T, R>(product, norm, append);                                                     \
  }                                                                                              \
  REGISTER_KERNEL(linear_few_##suffix##_r##R)

LINEAR_FEW(float, f32, 1, 3);
LINEAR_FEW(float, f32, 2, 3);
LINEAR_FEW(float, f32, 4, 2);
LINEAR_FEW(float, f32, 8, 2);
LINEAR_FEW(__half, f16, 1, 4);
LINEAR_FEW(__half, f16, 2, 3);
LINEAR_FEW(__half, f16, 4, 2);
LINEAR_FEW(__half, f16, 8, 2);
LINEAR_FEW(__nv_bfloat16, bf16, 1, 4);
LINEAR_FEW(__nv_bfloat16, bf16, 2, 3);
LINEAR_FEW(__nv_bfloat16, bf16, 4, 2);
LINEAR_FEW(__nv_bfloat16, bf16, 8, 2);

}  // namespace linear_few_rows
