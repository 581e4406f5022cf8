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
