// What happens to a product before it is stored.
#pragma once

#include "device.cuh"

constexpr int EPILOGUE_NONE = 0;
constexpr int EPILOGUE_GELU_TANH = 1;
constexpr int EPILOGUE_GELU_ERF = 2;
constexpr int EPILOGUE_ADD_TO_OUT = 3;

// Hendrycks and Gimpel 2016: the approximation.
static __device__ __forceinline__ float gelu_tanh(float v) {
  constexpr float ROOT_2_OVER_PI = 0.7978845608028654f;
  return 0.5f * v * (1.0f + tanhf(ROOT_2_OVER_PI * (v + 0.044715f * v * v * v)));
}

// Hendrycks and Gimpel 2016: the definition, v times the normal distribution function.
static __device__ __forceinline__ float gelu_erf(float v) {
  constexpr float ROOT_HALF = 0.7071067811865476f;
  return 0.5f * v * (1.0f + erff(v * ROOT_HALF));
}

// Stores a product, bias added, at out.
static __device__ __forceinline__ float store_product(float* out, float value, int epilogue) {
  switch (epilogue) {
    case EPILOGUE_GELU_TANH:
      value = gelu_tanh(value);
      break;
    case EPILOGUE_GELU_ERF:
      value = gelu_erf(value);
      break;
    case EPILOGUE_ADD_TO_OUT:
      value += *out;
      break;
    default:
      break;
  }
  *out = value;
  return value;
}

// Results of a block on their way out, in shared memory: [SIZE][PITCH]. From there they are stored
// line by line, by a loop that is short, where registers would need one copy of it for each.
template <int SIZE>
struct Results {
  static constexpr int PITCH = SIZE + 4;
  float values[SIZE][PITCH];

  // As rows and columns blockIdx.y · SIZE … and blockIdx.x · SIZE … of out [rows, outputs]. scales
  // [rows] or null, bias [outputs] or null. The block has seen the results before.
  template <int THREADS>
  __device__ __forceinline__ void store(
      float* __restrict__ out, const float* __restrict__ scales, const float* __restrict__ bias,
      int rows, int outputs, int epilogue) const {
    int column = threadIdx.x % SIZE;
    int output = blockIdx.x * SIZE + column;
    if (output >= outputs) {
      return;
    }
    float shift = bias != nullptr ? bias[output] : 0.0f;
#pragma unroll 4
    for (int line = threadIdx.x / SIZE; line < SIZE; line += THREADS / SIZE) {
      int row = blockIdx.y * SIZE + line;
      if (row < rows) {
        float scale = scales != nullptr ? scales[row] : 1.0f;
        float* to = out + static_cast<size_t>(row) * outputs + output;
        store_product(to, values[line][column] * scale + shift, epilogue);
      }
    }
  }
};
