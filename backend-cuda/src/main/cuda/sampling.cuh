// What the ways of drawing a token share: random numbers, the state of a row, the best candidate.
#pragma once

#include "philox.cuh"
#include "reduce.cuh"

// Gumbel noise −ln(−ln u) with u = (word + 0.5)·2⁻³². For u near 1, which float32 would make 1, −ln
// u is found from 1 − u, which the complement of the word gives without loss.
static __device__ __forceinline__ float gumbel(unsigned word) {
  constexpr float SCALE = 2.3283064365386963e-10f;  // 2⁻³²
  float rest = (static_cast<float>(~word) + 0.5f) * SCALE;
  float u = (static_cast<float>(word) + 0.5f) * SCALE;
  float minusLog = word >= 0x80000000u ? -log1pf(-rest) : -logf(u);
  return -logf(minusLog);
}

// A row's state: its stream, the number of the next draw, the tokens seen.
struct Row {
  unsigned long long seed;
  unsigned long long stream;
  unsigned draw;
  const unsigned* seen;  // one bit per token

  __device__ __forceinline__ bool has_seen(int token) const {
    return (seen[token / 32] >> (token % 32) & 1u) != 0;
  }

  __device__ __forceinline__ Words words(int token) const {
    return philox(seed, static_cast<unsigned>(token) / 4, draw, stream);
  }
};

// What is drawn where logits are no numbers.
constexpr int NO_TOKEN = -1;

// Whether a logit may be one of a distribution: neither NaN nor +infinity.
static __device__ __forceinline__ bool is_number(float logit) { return logit < INFINITY; }

// A logit after the repetition penalty; what filters compare, in float32. A number stays one, and
// -infinity what it is.
static __device__ __forceinline__ float penalised(
    float logit, const Row& row, int token, float penalty) {
  constexpr float LARGEST = 3.402823466e38f;
  if (penalty != 1.0f && logit > -INFINITY && row.has_seen(token)) {
    logit = logit > 0 ? fminf(logit / penalty, LARGEST) : fmaxf(logit * penalty, -LARGEST);
  }
  return logit;
}

// How good a token is in a draw without filters; float64, so that no logit over no temperature
// overflows and no two differ less than in the definition.
struct Scale {
  double penalty;
  double inverseTemperature;
  bool noisy;  // or greedy

  static __device__ __forceinline__ Scale of(float temperature, float penalty) {
    bool noisy = temperature > 0;
    return {penalty, noisy ? 1.0 / temperature : 1.0, noisy};
  }

  // word: the token's own random one.
  __device__ __forceinline__ double score(
      float logit, const Row& row, int token, unsigned word) const {
    double value = logit;
    if (penalty != 1 && row.has_seen(token)) {
      value = value > 0 ? value / penalty : value * penalty;
    }
    // Rounded once, by the same instruction wherever this is compiled.
    return noisy ? fma(value, inverseTemperature, static_cast<double>(gumbel(word))) : value;
  }
};

// A token and how good it is; of equals the lower token is better. Best of all is that there is no
// token to draw.
struct Candidate {
  double score;
  int token;

  static __device__ __forceinline__ Candidate none() { return {-INFINITY, 0x7FFFFFFF}; }

  __device__ __forceinline__ void consider(double otherScore, int otherToken) {
    if (otherScore > score || (otherScore == score && otherToken < token)) {
      score = otherScore;
      token = otherToken;
    }
  }

  // A token with the logit that its score was made of.
  __device__ __forceinline__ void consider_logit(float logit, double tokenScore, int otherToken) {
    bool number = is_number(logit);
    consider(number ? tokenScore : INFINITY, number ? otherToken : NO_TOKEN);
  }

  // That of the lane whose number differs in one bit.
  __device__ __forceinline__ void consider_lane(int bit) {
    double otherScore = __shfl_xor_sync(ALL_LANES, score, bit);
    int otherToken = __shfl_xor_sync(ALL_LANES, token, bit);
    consider(otherScore, otherToken);
  }

  __device__ __forceinline__ void consider_warp() {
#pragma unroll
    for (int bit = WARP / 2; bit > 0; bit /= 2) {
      consider_lane(bit);
    }
  }
};

// The best of a block of full warps; every thread has it. shared: one per warp.
static __device__ __forceinline__ Candidate best_of_block(Candidate mine, Candidate* shared) {
  mine.consider_warp();
  __syncthreads();
  if (lane_id() == 0) {
    shared[warp_id()] = mine;
  }
  __syncthreads();
  int warps = blockDim.x / WARP;
  mine = lane_id() < warps ? shared[lane_id()] : Candidate::none();
  mine.consider_warp();
  return mine;
}

// The row's draw is done: the token, if there is one, is stored and counts as seen. By one thread.
static __device__ __forceinline__ void finish_draw(
    int* tokens, int row, const Candidate& best, int* draws, unsigned* seen) {
  int token = best.score > -INFINITY ? best.token : NO_TOKEN;
  tokens[row] = token;
  draws[row]++;
  if (token != NO_TOKEN) {
    seen[token / 32] |= 1u << token % 32;
  }
}
