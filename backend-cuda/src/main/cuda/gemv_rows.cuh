// Products with few rows, as far as those of a layer and that of the head agree: x in shared memory,
// normalised or not, and rows of W on their way through registers.
#pragma once

#include "elements.cuh"
#include "normalize.cuh"

namespace gemv_rows {

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;

template <int ROWS>
struct Tile {
  // Outputs per warp: with more rows each element of x, once in a register, must serve more.
  static constexpr int OUTPUTS = ROWS == 1 ? 1 : ROWS < 8 ? 2 : 4;
  // Vectors of each output that a thread asks for at once.
  static constexpr int BATCH = 4 / OUTPUTS;
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

// Mean and deviation of each row of x, by the whole block; a barrier must follow.
template <int ROWS>
__device__ __forceinline__ void find_moments(
    Moments (&moments)[ROWS], const Product& p, const Norm& norm, float2* shared) {
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

// The vectors first, first + step, … of OUTPUTS rows of W; zeros from the row `outputs` and from the
// vector `end` on.
template <typename T, int OUTPUTS, int BATCH>
__device__ __forceinline__ void load(
    uint4 (&to)[OUTPUTS][BATCH], const Product& p, int output, int outputs, int first, int step,
    int end) {
  const T* weights = static_cast<const T*>(p.weights);
#pragma unroll
  for (int o = 0; o < OUTPUTS; o++) {
    const T* row = weights + static_cast<size_t>(output + o) * p.ld;
#pragma unroll
    for (int b = 0; b < BATCH; b++) {
      int vector = first + b * step;
      bool inside = vector < end && output + o < outputs;
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

}  // namespace gemv_rows
