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

// What is drawn where logits are no numbers.
constexpr int NO_TOKEN = -1;

// Whether a logit may be one of a distribution: neither NaN nor +infinity.
static __device__ __forceinline__ bool is_number(float logit) { return logit < INFINITY; }

// How a row draws, as the host writes it.
struct Settings {
  float temperature;
  float topP;
  float minP;
  float repetition;
  float presence;
  float frequency;
  int topK;
  unsigned flags;
  unsigned long long seed;

  static constexpr unsigned FILTERED = 1;    // a filter may leave tokens out
  static constexpr unsigned BIASED = 2;      // some tokens have a bias
  static constexpr unsigned RESTRICTED = 4;  // not all tokens are allowed

  __device__ __forceinline__ bool is(unsigned flag) const { return (flags & flag) != 0; }
};

// Where the state of all rows lies; a word holds the bits of 32 tokens.
struct States {
  const Settings* settings;           // [rows]
  const unsigned long long* streams;  // [rows]
  int* draws;                         // [rows]: the number of the next draw
  unsigned* seen;                     // [rows, words]
  int* counts;                        // [rows, vocabulary]: how often a token was drawn
  const float* biases;                // [rows, vocabulary]
  const unsigned* allowed;            // [rows, words]
};

// The same as parameters of a kernel, and as the initialiser of a States.
#define SAMPLING_STATES                                                                 \
  const Settings *settings, const unsigned long long *streams, int *draws, unsigned *seen, \
      int *counts, const float *biases, const unsigned *allowed
#define SAMPLING_STATES_GIVEN \
  { settings, streams, draws, seen, counts, biases, allowed }

static __device__ __forceinline__ size_t words_of(int vocabulary) { return (vocabulary + 31) / 32; }

static __device__ __forceinline__ bool has_bit(const unsigned* bits, int token) {
  return (bits[token / 32] >> (token % 32) & 1u) != 0;
}

// The state of one row.
struct Row {
  Settings settings;
  unsigned long long stream;
  unsigned draw;
  const unsigned* seen;     // or null: nobody asks
  const int* counts;        // or null: nobody asks
  const float* biases;      // or null: none
  const unsigned* allowed;  // or null: all

  static __device__ __forceinline__ Row of(const States& states, int row, int vocabulary) {
    Settings own = states.settings[row];
    bool counted = own.presence != 0 || own.frequency != 0;
    return {own,
            states.streams[row],
            static_cast<unsigned>(states.draws[row]),
            own.repetition != 1 ? states.seen + row * words_of(vocabulary) : nullptr,
            counted ? states.counts + static_cast<size_t>(row) * vocabulary : nullptr,
            own.is(Settings::BIASED) ? states.biases + static_cast<size_t>(row) * vocabulary
                                     : nullptr,
            own.is(Settings::RESTRICTED) ? states.allowed + row * words_of(vocabulary) : nullptr};
  }

  __device__ __forceinline__ Words words(int token) const {
    return philox(settings.seed, static_cast<unsigned>(token) / 4, draw, stream);
  }

  // What was a number stays one.
  static __device__ __forceinline__ float bounded(float value) {
    constexpr float LARGEST = 3.402823466e38f;
    return fminf(fmaxf(value, -LARGEST), LARGEST);
  }

  static __device__ __forceinline__ double bounded(double value) { return value; }

  // A logit after what is allowed, biases and penalties: in float32 what filters compare, in float64
  // what draws without filters do, so that no two differ less than in the definition.
  template <typename T>
  __device__ __forceinline__ T adjusted(float logit, int token) const {
    if (!(logit > -INFINITY) || logit == INFINITY) {
      return logit;
    }
    if (allowed != nullptr && !has_bit(allowed, token)) {
      return -INFINITY;
    }
    T value = logit;
    if (biases != nullptr) {
      value = bounded(value + biases[token]);
    }
    if (seen != nullptr && has_bit(seen, token)) {
      T penalty = settings.repetition;
      value = bounded(value > 0 ? value / penalty : value * penalty);
    }
    if (counts != nullptr && counts[token] > 0) {
      T frequency = settings.frequency;
      value = bounded(value - (settings.presence + frequency * counts[token]));
    }
    return value;
  }
};

// How good a token is in a draw without filters; float64, so that no logit over no temperature
// overflows.
struct Scale {
  double inverseTemperature;
  bool noisy;  // or greedy

  static __device__ __forceinline__ Scale of(const Row& row) {
    float temperature = row.settings.temperature;
    bool noisy = temperature > 0;
    return {noisy ? 1.0 / temperature : 1.0, noisy};
  }

  // word: the token's own random one.
  __device__ __forceinline__ double score(
      float logit, const Row& row, int token, unsigned word) const {
    double value = row.adjusted<double>(logit, token);
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

// The row's draw is done: the token, if there is one, is stored and counts. By one thread.
static __device__ __forceinline__ void finish_draw(
    int* tokens, int row, const Candidate& best, const States& states, int vocabulary) {
  int token = best.score > -INFINITY ? best.token : NO_TOKEN;
  tokens[row] = token;
  states.draws[row]++;
  if (token != NO_TOKEN) {
    states.seen[row * words_of(vocabulary) + token / 32] |= 1u << token % 32;
    states.counts[static_cast<size_t>(row) * vocabulary + token]++;
  }
}
