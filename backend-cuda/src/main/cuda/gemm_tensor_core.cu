// Products with many rows on tensor cores: f16 or bf16 in, float32 sums.
//
// Rounding the activations to 11 or 8 bits would cost errors of 3e-4 or 3e-3; so each is first
// split into the sum of two halves, 22 or 16 bits together, and a product takes two instructions.
// Both halves are stored before the product, because every block of outputs reads them again, and
// because only what needs no conversion can go to shared memory asynchronously.
#include "elements.cuh"
#include "epilogue.cuh"
#include "reduce.cuh"
#include "tensor_core.cuh"

namespace gemm_tensor_core {

constexpr int SPLIT_THREADS = 256;

// high, low [rows, ld], zeros from inputs on; scales [rows]; x [rows, inputs]: x = scale·(high +
// low). One block per row.
template <typename T>
__device__ __forceinline__ void split_rows(
    T* __restrict__ high, T* __restrict__ low, float* __restrict__ scales,
    const float* __restrict__ x, int inputs, int ld) {
  __shared__ float shared[WARP];
  const float* from = x + static_cast<size_t>(blockIdx.x) * inputs;
  size_t to = static_cast<size_t>(blockIdx.x) * ld;
  float largest = 0;
  for (int i = threadIdx.x; i < inputs; i += SPLIT_THREADS) {
    largest = fmaxf(largest, fabsf(from[i]));
  }
  float scale = split_scale<T>(block_max(largest, shared));
  float inverse = 1.0f / scale;
  for (int i = threadIdx.x; i < ld; i += SPLIT_THREADS) {
    float value = i < inputs ? from[i] * inverse : 0.0f;
    T rounded = Element<T>::narrow(value);
    high[to + i] = rounded;
    if (low != nullptr) {
      low[to + i] = Element<T>::narrow(value - Element<T>::widen(rounded));
    }
  }
  if (threadIdx.x == 0) {
    scales[blockIdx.x] = scale;
  }
}

constexpr int DEPTH = 32;                 // inputs in shared memory per stage
constexpr int PIECE = 8;                  // elements of 16 bytes
constexpr int PIECES = DEPTH / PIECE;     // per row of a stage
constexpr int STAGES = 3;                 // one computed with, two on their way

// A matrix in shared memory, [SIZE][DEPTH]. The 16-byte pieces of a row are permuted so that eight
// neighbouring rows have the same piece in different banks.
template <typename T, int SIZE>
struct Panel {
  T elements[SIZE * DEPTH];

  __device__ __forceinline__ T* piece(int row, int index) {
    return elements + row * DEPTH + (index ^ (row / 2 % PIECES)) * PIECE;
  }

  // Columns from … of rows firstRow … of a matrix [rows, ld]; zeros outside.
  template <int THREADS>
  __device__ __forceinline__ void fetch(
      const T* __restrict__ matrix, int firstRow, int rows, int from, int ld) {
#pragma unroll
    for (int i = threadIdx.x; i < SIZE * PIECES; i += THREADS) {
      int row = i / PIECES;
      int column = from + i % PIECES * PIECE;
      bool inside = firstRow + row < rows && column < ld;
      size_t at = inside ? static_cast<size_t>(firstRow + row) * ld + column : 0;
      cp_async_16(piece(row, i % PIECES), matrix + at, inside ? 16 : 0);
    }
  }
};

// A block makes SIZE x SIZE results. Its warps form a grid of 2 x SIZE / 32; each makes SIZE / 2
// rows of 32 outputs.
template <typename T, int SIZE>
struct Tile {
  static constexpr int THREADS = SIZE * 2;
  static constexpr int ROW_TILES = SIZE / 2 / 16;  // per warp, of 16 rows
  static constexpr int OUTPUT_TILES = 4;           // per warp, of 8 outputs

  struct Stage {
    Panel<T, SIZE> high;
    Panel<T, SIZE> low;
    Panel<T, SIZE> weights;
  };
};

struct Product {
  float* __restrict__ out;           // [rows, outputs]
  const void* __restrict__ high;     // [rows, ld]
  const void* __restrict__ low;      // [rows, ld] or null
  const float* __restrict__ scales;  // [rows]
  const void* __restrict__ weights;  // [outputs, ld]
  const float* __restrict__ bias;    // [outputs] or null
  int outputs;
  int ld;
  int rows;
  int epilogue;
};

template <typename T, int SIZE>
__device__ __forceinline__ void fetch(
    typename Tile<T, SIZE>::Stage& stage, const Product& p, int from) {
  constexpr int THREADS = Tile<T, SIZE>::THREADS;
  int row = blockIdx.y * SIZE;
  int output = blockIdx.x * SIZE;
  stage.high.template fetch<THREADS>(static_cast<const T*>(p.high), row, p.rows, from, p.ld);
  if (p.low != nullptr) {
    stage.low.template fetch<THREADS>(static_cast<const T*>(p.low), row, p.rows, from, p.ld);
  }
  stage.weights.template fetch<THREADS>(
      static_cast<const T*>(p.weights), output, p.outputs, from, p.ld);
}

template <typename T, int SIZE>
__device__ __forceinline__ void gemm(const Product& p) {
  using Shape = Tile<T, SIZE>;
  constexpr int RT = Shape::ROW_TILES;
  constexpr int OT = Shape::OUTPUT_TILES;
  DYNAMIC_SHARED(typename Shape::Stage, stages);
  int warpRow = warp_id() % 2 * (SIZE / 2);
  int warpOutput = warp_id() / 2 * 32;
  int lane = lane_id();

  float acc[RT][OT][4] = {};
  int steps = (p.ld + DEPTH - 1) / DEPTH;
#pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (s < steps) {
      fetch<T, SIZE>(stages[s], p, s * DEPTH);
    }
    cp_async_commit();
  }
  for (int step = 0; step < steps; step++) {
    // The stage has arrived for everyone, and everyone is done with the one before it, which the
    // next fetch overwrites.
    cp_async_wait<STAGES - 2>();
    __syncthreads();
    int ahead = step + STAGES - 1;
    if (ahead < steps) {
      fetch<T, SIZE>(stages[ahead % STAGES], p, ahead * DEPTH);
    }
    cp_async_commit();

    typename Shape::Stage& stage = stages[step % STAGES];
#pragma unroll
    for (int piece = 0; piece < PIECES; piece += 2) {
      unsigned b[OT][2];
#pragma unroll
      for (int n = 0; n < OT; n += 2) {
        // Two tiles of 8 outputs, each with its two pieces.
        int row = warpOutput + n * 8 + lane / 16 * 8 + lane % 8;
        unsigned r[4];
        ldmatrix_x4(r, stage.weights.piece(row, piece + lane / 8 % 2));
        b[n][0] = r[0];
        b[n][1] = r[1];
        b[n + 1][0] = r[2];
        b[n + 1][1] = r[3];
      }
#pragma unroll
      for (int m = 0; m < RT; m++) {
        int row = warpRow + m * 16 + lane % 16;
        unsigned a[4];
        ldmatrix_x4(a, stage.high.piece(row, piece + lane / 16));
#pragma unroll
        for (int n = 0; n < OT; n++) {
          multiply<T>(acc[m][n], a, b[n]);
        }
        if (p.low != nullptr) {
          ldmatrix_x4(a, stage.low.piece(row, piece + lane / 16));
#pragma unroll
          for (int n = 0; n < OT; n++) {
            multiply<T>(acc[m][n], a, b[n]);
          }
        }
      }
    }
  }

  // The stages are done with; the results take their place. Of each 16 x 8 tile a lane has two
  // neighbours in row lane / 4, and two eight rows below.
  cp_async_wait<0>();
  __syncthreads();
  auto& results = *reinterpret_cast<Results<SIZE>*>(stages);
  static_assert(sizeof(results) <= STAGES * sizeof(typename Shape::Stage), "no room for results");
#pragma unroll
  for (int m = 0; m < RT; m++) {
#pragma unroll
    for (int n = 0; n < OT; n++) {
      int row = warpRow + m * 16 + lane / 4;
      int output = warpOutput + n * 8 + lane % 4 * 2;
      const float* c = acc[m][n];
      *reinterpret_cast<float2*>(&results.values[row][output]) = make_float2(c[0], c[1]);
      *reinterpret_cast<float2*>(&results.values[row + 8][output]) = make_float2(c[2], c[3]);
    }
  }
  __syncthreads();
  results.template store<Shape::THREADS>(p.out, p.scales, p.bias, p.rows, p.outputs, p.epilogue);
}

#define SPLIT_ROWS(T, suffix)                                                               \
  extern "C" __global__ void __launch_bounds__(SPLIT_THREADS) split_rows_##suffix(          \
      void* high, void* low, float* scales, const float* x, int inputs, int ld) {           \
    split_rows(static_cast<T*>(high), static_cast<T*>(low), scales, x, inputs, ld);         \
  }                                                                                         \
  REGISTER_KERNEL(split_rows_##suffix)

SPLIT_ROWS(__half, f16);
SPLIT_ROWS(__nv_bfloat16, bf16);

// out [rows, outputs] = epilogue(scale·(high + low)·Wᵀ + bias); high, low [rows, ld], w [outputs,
// ld].
#define GEMM_TENSOR_CORE(T, suffix, SIZE)                                                      \
  extern "C" __global__ void __launch_bounds__(SIZE * 2, 256 / SIZE)                           \
      gemm_tc_##suffix##_##SIZE(                                                               \
          float* out, const void* high, const void* low, const float* scales, const void* w,   \
          const float* bias, int inputs, int outputs, int ld, int rows, int epilogue) {        \
    gemm<T, SIZE>({out, high, low, scales, w, bias, outputs, ld, rows, epilogue});             \
  }                                                                                            \
  REGISTER_KERNEL(gemm_tc_##suffix##_##SIZE)

GEMM_TENSOR_CORE(__half, f16, 64);
GEMM_TENSOR_CORE(__half, f16, 128);
#ifdef HAS_BF16_TENSOR_CORES
GEMM_TENSOR_CORE(__nv_bfloat16, bf16, 64);
GEMM_TENSOR_CORE(__nv_bfloat16, bf16, 128);
#endif

}  // namespace gemm_tensor_core
