// What training does to each number by itself: GELU forward and backward, dropout, residual. Each
// number is read once and written once; the time is that of the memory. A thread takes four.
#include "dropout.cuh"
#include "epilogue.cuh"
#include "vectors.cuh"

namespace training_elementwise {

constexpr int THREADS = 256;

// Derivative of gelu_tanh. With u = √(2/π)·(x + 0.044715 x³) and s = (1 + tanh u)/2 = 1/(1 + e^−2u),
// gelu is x·s and its derivative s + x · 2u′ · s · (1 − s).
__device__ __forceinline__ float gelu_tanh_slope(float x) {
  constexpr float TWICE = 2 * 0.7978845608028654f;
  float cubic = 0.044715f * x * x;
  float s = 1.0f / (1.0f + expf(-TWICE * x * (1.0f + cubic)));
  return s + x * TWICE * (1.0f + 3.0f * cubic) * s * (1.0f - s);
}

// Derivative of gelu_erf: the normal distribution function, and x times its density.
__device__ __forceinline__ float gelu_erf_slope(float x) {
  constexpr float ROOT_HALF = 0.7071067811865476f;
  constexpr float INVERSE_ROOT_2_PI = 0.3989422804014327f;
  return 0.5f * (1.0f + erff(x * ROOT_HALF)) + x * INVERSE_ROOT_2_PI * expf(-0.5f * x * x);
}

// Beyond ±16 the slope is 0 or 1 in float32, and its terms overflow somewhere. NaN stays NaN.
__device__ __forceinline__ float gelu_slope(float x, int form) {
  x = x < -16.0f ? -16.0f : x > 16.0f ? 16.0f : x;
  return form == EPILOGUE_GELU_TANH ? gelu_tanh_slope(x) : gelu_erf_slope(x);
}

// out = gelu(x). form: the epilogue's code.
extern "C" __global__ void __launch_bounds__(THREADS) gelu(
    float* __restrict__ out, const float* __restrict__ x, unsigned long long elements, int form) {
  Part part = Part::of_thread(elements);
  bool vector = aligned(out, x);
  Floats values = load_floats(x + part.first, part.count, vector);
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    float v = values.at[i];
    values.at[i] = form == EPILOGUE_GELU_TANH ? gelu_tanh(v) : gelu_erf(v);
  }
  store_floats(out + part.first, values, part.count, vector);
}
REGISTER_KERNEL(gelu);

// xGradient = outGradient · gelu′(x); may be outGradient.
extern "C" __global__ void __launch_bounds__(THREADS) gelu_backward(
    float* xGradient, const float* outGradient, const float* __restrict__ x,
    unsigned long long elements, int form) {
  Part part = Part::of_thread(elements);
  bool vector = aligned(xGradient, outGradient, x);
  Floats values = load_floats(x + part.first, part.count, vector);
  Floats gradients = load_floats(outGradient + part.first, part.count, vector);
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    gradients.at[i] *= gelu_slope(values.at[i], form);
  }
  store_floats(xGradient + part.first, gradients, part.count, vector);
}
REGISTER_KERNEL(gelu_backward);

__device__ __forceinline__ Floats dropped(Floats values, const Dropout& dropout, const Part& part) {
  if (dropout.drops) {
    Words words = dropout.words(part.group);
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      values.at[i] = dropout.keep(values.at[i], words.word[i]);
    }
  }
  return values;
}

// out = dropout(x); may be x.
extern "C" __global__ void __launch_bounds__(THREADS) dropout(
    float* out, const float* x, unsigned long long elements, const int* pass, unsigned threshold,
    float factor, unsigned long long seed, unsigned long long site) {
  Part part = Part::of_thread(elements);
  bool vector = aligned(out, x);
  Dropout mask = Dropout::of(pass, threshold, factor, seed, site);
  Floats values = load_floats(x + part.first, part.count, vector);
  store_floats(out + part.first, dropped(values, mask, part), part.count, vector);
}
REGISTER_KERNEL(dropout);

// out += dropout(x).
extern "C" __global__ void __launch_bounds__(THREADS) add_residual(
    float* __restrict__ out, const float* __restrict__ x, unsigned long long elements,
    const int* pass, unsigned threshold, float factor, unsigned long long seed,
    unsigned long long site) {
  Part part = Part::of_thread(elements);
  bool vector = aligned(out, x);
  Dropout mask = Dropout::of(pass, threshold, factor, seed, site);
  Floats sums = load_floats(out + part.first, part.count, vector);
  sums.add(dropped(load_floats(x + part.first, part.count, vector), mask, part));
  store_floats(out + part.first, sums, part.count, vector);
}
REGISTER_KERNEL(add_residual);

// out = 0.
extern "C" __global__ void __launch_bounds__(THREADS) zero(
    float* out, unsigned long long elements) {
  Part part = Part::of_thread(elements);
  store_floats(out + part.first, Floats::zero(), part.count, aligned(out));
}
REGISTER_KERNEL(zero);

}  // namespace training_elementwise
