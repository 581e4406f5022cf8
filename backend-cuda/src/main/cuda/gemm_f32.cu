// Products with many rows on the ordinary float32 units: exact products of float32, for weights
// that are kept in float32, and for the types that a device's tensor cores can't take.
#include "elements.cuh"
#include "epilogue.cuh"

namespace gemm_f32 {

constexpr int THREADS = 256;
constexpr int TILE = 64;      // rows and outputs of a block
constexpr int DEPTH = 16;     // inputs in shared memory at a time
constexpr int PER_THREAD = 4; // rows and outputs of a thread
constexpr int PITCH = TILE + 4;
constexpr int LOADS = TILE * DEPTH / THREADS;

union alignas(16) Memory {
  struct {
    float x[2][DEPTH][PITCH];
    float w[2][DEPTH][PITCH];
  } inputs;
  Results<TILE> results;
};

// What a thread brings from memory for the next step: LOADS elements of x and of W.
template <typename T>
struct Next {
  float x[LOADS];
  float w[LOADS];

  // Neighbouring threads read neighbouring inputs.
  __device__ __forceinline__ void load(
      const float* __restrict__ xs, const T* __restrict__ ws, int inputs, int outputs, int ld,
      int rows, int from) {
    int k = from + threadIdx.x % DEPTH;
#pragma unroll
    for (int i = 0; i < LOADS; i++) {
      int line = threadIdx.x / DEPTH + i * (THREADS / DEPTH);
      int row = blockIdx.y * TILE + line;
      int output = blockIdx.x * TILE + line;
      x[i] = row < rows && k < inputs ? xs[static_cast<size_t>(row) * inputs + k] : 0.0f;
      w[i] = output < outputs && k < inputs
                 ? Element<T>::widen(ws[static_cast<size_t>(output) * ld + k])
                 : 0.0f;
    }
  }

  __device__ __forceinline__ void store(
      float (&sx)[DEPTH][PITCH], float (&sw)[DEPTH][PITCH]) const {
    int k = threadIdx.x % DEPTH;
#pragma unroll
    for (int i = 0; i < LOADS; i++) {
      int line = threadIdx.x / DEPTH + i * (THREADS / DEPTH);
      sx[k][line] = x[i];
      sw[k][line] = w[i];
    }
  }
};

__device__ __forceinline__ void spread(float (&to)[PER_THREAD], const float* from) {
  float4 v = *reinterpret_cast<const float4*>(from);
  to[0] = v.x;
  to[1] = v.y;
  to[2] = v.z;
  to[3] = v.w;
}

// A block makes 64 x 64 results, a thread 4 x 4 of them in registers, so that each float read from
// shared memory serves four products. The next 16 inputs are on their way meanwhile.
template <typename T>
__device__ __forceinline__ void gemm_tiled(
    float* __restrict__ out, const float* __restrict__ x, const T* __restrict__ w,
    const float* __restrict__ bias, int inputs, int outputs, int ld, int rows, int epilogue) {
  __shared__ Memory shared;
  auto& sx = shared.inputs.x;
  auto& sw = shared.inputs.w;
  int firstRow = threadIdx.x / (TILE / PER_THREAD) * PER_THREAD;
  int firstOutput = threadIdx.x % (TILE / PER_THREAD) * PER_THREAD;

  float acc[PER_THREAD][PER_THREAD] = {};
  Next<T> next;
  next.load(x, w, inputs, outputs, ld, rows, 0);
  next.store(sx[0], sw[0]);
  __syncthreads();
  int buffer = 0;
  for (int from = 0; from < inputs; from += DEPTH) {
    bool more = from + DEPTH < inputs;
    if (more) {
      next.load(x, w, inputs, outputs, ld, rows, from + DEPTH);
    }
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
      float a[PER_THREAD];
      float b[PER_THREAD];
      spread(a, &sx[buffer][k][firstRow]);
      spread(b, &sw[buffer][k][firstOutput]);
#pragma unroll
      for (int i = 0; i < PER_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < PER_THREAD; j++) {
          acc[i][j] += a[i] * b[j];
        }
      }
    }
    if (more) {
      next.store(sx[buffer ^ 1], sw[buffer ^ 1]);
    }
    __syncthreads();
    buffer ^= 1;
  }

#pragma unroll
  for (int i = 0; i < PER_THREAD; i++) {
    *reinterpret_cast<float4*>(&shared.results.values[firstRow + i][firstOutput]) =
        make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
  }
  __syncthreads();
  shared.results.store<THREADS>(out, nullptr, bias, rows, outputs, epilogue);
}

// out [rows, outputs], x [rows, inputs], w [outputs, ld], bias [outputs] or null.
#define GEMM_TILED(T, suffix)                                                                      \
  extern "C" __global__ void __launch_bounds__(THREADS, 3) gemm_tiled_##suffix(                    \
      float* out, const float* x, const void* w, const float* bias, int inputs, int outputs,       \
      int ld, int rows, int epilogue) {                                                            \
    gemm_tiled<T>(                                                                                 \
        out, x, static_cast<const T*>(w), bias, inputs, outputs, ld, rows, epilogue);              \
  }                                                                                                \
  REGISTER_KERNEL(gemm_tiled_##suffix)

GEMM_TILED(float, f32);
GEMM_TILED(__half, f16);
GEMM_TILED(__nv_bfloat16, bf16);

}  // namespace gemm_f32
