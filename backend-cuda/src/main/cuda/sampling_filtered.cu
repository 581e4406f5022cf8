// Draws with top-k, top-p and min-p, without sorting.
//
// Top-k and top-p keep the first tokens of an order: higher logits first, of equals the lower
// token. Every token has a code, a number that grows along this order, so what is kept is all codes
// up to some limit. The limit is found from its highest bits down (a radix select): a histogram of
// the next digit over the codes that agree with what is known, and the bin in which the count, or
// the sum of probabilities, is reached. Sums are of integers, so they don't depend on the order of
// adding.
//
// The head may leave the largest logit of each span of neighbouring tokens, its peak. The largest of
// all is one of them, and once k spans have their peaks up to some bin, the first k tokens lie up to
// there. What lies behind a bin that ends what is kept needs not be read, and where a span's peak
// lies behind it, so do all its tokens.
#include "sampling.cuh"

namespace sampling_filtered {

constexpr int THREADS = 1024;
constexpr int WARPS = THREADS / WARP;
constexpr int BINS = 2048;
constexpr int BINS_PER_THREAD = BINS / THREADS;

// The first digit is the distance from the best score, in steps of 1/64: the digits of a float
// would put nearly all tokens into a few bins.
constexpr float BINS_PER_UNIT = 64;

// A code in digits of 11, 11 and 10 bits of the logit, then as many of the token: where they start,
// a byte each from the lowest on.
constexpr int DIGITS = 6;
constexpr unsigned long long SHIFTS = 0x00'0A'15'20'2A'35;

// The probability of the best token, relative to which the others are counted: 2^40.
constexpr float ONE = 1099511627776.0f;

using Code = unsigned long long;
using Weight = unsigned long long;

// The largest logits, adjusted, of `span` tokens each, of the last perhaps fewer; +infinity
// where one of them is no number.
struct Peaks {
  const float* values;  // or null: not known
  int span;
  int count;
};

// The tokens that may be kept, as soon as they are few: most of the work needs only them.
struct Shortlist {
  static constexpr unsigned ROOM = 4096;
  int tokens[ROOM];
  unsigned count;
};

struct Filter {
  const float* logits;  // [vocabulary]
  int vocabulary;
  float temperature;
  Row row;
  float largest;
  int lastBin;  // of the first digit: what lies in bins before it is kept,
  Code limit;   // and of what lies in it, codes up to here
  const Shortlist* shortlist;  // or null: all tokens
  Peaks peaks;

  __device__ __forceinline__ float logit(int token) const {
    return row.adjusted<float>(logits[token], token);
  }

  // How far below the best score, as l/T; the logits are subtracted first, so that nothing
  // overflows.
  __device__ __forceinline__ float distance(float logit) const {
    return (largest - logit) / temperature;
  }

  // Grows as the logit falls, then with the token. Zeros of either sign are equal.
  __device__ __forceinline__ Code code(float logit, int token) const {
    unsigned bits = __float_as_uint(logit + 0.0f);
    unsigned falling = (bits & 0x80000000u) != 0 ? bits : ~(bits | 0x80000000u);
    return static_cast<Code>(falling) << 32 | static_cast<unsigned>(token);
  }

  __device__ __forceinline__ int first_digit(float logit) const {
    return static_cast<int>(fminf(distance(logit) * BINS_PER_UNIT, BINS - 1));
  }

  __device__ __forceinline__ bool keeps(float logit, int token) const {
    if (logit == -INFINITY) {
      return false;
    }
    int bin = first_digit(logit);
    return bin < lastBin || (bin == lastBin && code(logit, token) <= limit);
  }

  __device__ __forceinline__ Weight weight(float logit) const {
    return static_cast<Weight>(expf(-distance(logit)) * ONE);
  }

  // Nothing is kept that lies in bins behind this one.
  __device__ __forceinline__ void end_at(int bin) {
    if (bin < lastBin) {
      lastBin = bin;
      limit = ~0ull;
    }
  }

  // Whether peaks tell where there is something to keep. What lies in the last bin may be anywhere.
  __device__ __forceinline__ bool is_guided() const {
    return peaks.values != nullptr && lastBin < BINS - 1;
  }

  // Visits every token that is kept with its logit, in any order, by all threads of the block.
  template <typename Visit>
  __device__ __forceinline__ void each(Visit visit) const {
    bool listed = shortlist != nullptr;
    bool guided = !listed && is_guided();
    int width = guided ? peaks.span : 1;  // of what a thread takes at a time
    int count = listed ? static_cast<int>(shortlist->count) : guided ? peaks.count : vocabulary;
    for (int i = threadIdx.x; i < count; i += THREADS) {
      if (guided && first_digit(peaks.values[i]) > lastBin) {
        continue;
      }
      int end = min((i + 1) * width, vocabulary);
      for (int place = i * width; place < end; place++) {
        int token = listed ? shortlist->tokens[place] : place;
        float value = logit(token);
        if (keeps(value, token)) {
          visit(token, value);
        }
      }
    }
  }

  // Makes a list of what is kept, if there is room for it.
  __device__ __forceinline__ void shorten(Shortlist& list) {
    if (shortlist != nullptr) {
      return;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      list.count = 0;
    }
    __syncthreads();
    each([&](int token, float) {
      // Once it is full, threads need not queue up.
      if (*static_cast<volatile unsigned*>(&list.count) <= Shortlist::ROOM) {
        unsigned i = atomicAdd(&list.count, 1u);
        if (i < Shortlist::ROOM) {
          list.tokens[i] = token;
        }
      }
    });
    __syncthreads();
    if (list.count <= Shortlist::ROOM) {
      shortlist = &list;
    }
  }
};

struct Histogram {
  Weight bins[BINS];
  Weight warps[WARPS];
  int bin;        // where the target is reached, or -1
  Weight before;  // sum of the bins before it
  Weight total;

  __device__ __forceinline__ void clear() {
    __syncthreads();
    for (int i = threadIdx.x; i < BINS; i += THREADS) {
      bins[i] = 0;
    }
    if (threadIdx.x == 0) {
      bin = -1;
    }
    __syncthreads();
  }

  // Turns sums over lanes 0 … its own; all lanes of a warp take part.
  static __device__ __forceinline__ Weight scan(Weight value) {
#pragma unroll
    for (int offset = 1; offset < WARP; offset *= 2) {
      Weight below = __shfl_sync(ALL_LANES, value, (lane_id() - offset) & (WARP - 1));
      value += lane_id() >= offset ? below : 0;
    }
    return value;
  }

  // Sets bin and before to where a running sum from `start` on first reaches the target, which is
  // `share` of the total if there is one, else `count`.
  __device__ __forceinline__ void find(Weight start, double& target, double share) {
    __syncthreads();
    Weight mine[BINS_PER_THREAD];
    Weight sum = 0;
#pragma unroll
    for (int i = 0; i < BINS_PER_THREAD; i++) {
      mine[i] = bins[threadIdx.x * BINS_PER_THREAD + i];
      sum += mine[i];
    }
    Weight upTo = scan(sum);
    if (lane_id() == WARP - 1) {
      warps[warp_id()] = upTo;
    }
    __syncthreads();
    Weight warpsUpTo = scan(warps[lane_id()]);
    Weight all = __shfl_sync(ALL_LANES, warpsUpTo, WARP - 1);
    Weight warpsBefore = __shfl_sync(ALL_LANES, warpsUpTo, max(warp_id() - 1, 0));
    Weight running = start + upTo - sum + (warp_id() > 0 ? warpsBefore : 0);
    if (share > 0) {
      target = share * static_cast<double>(all);
    }
#pragma unroll
    for (int i = 0; i < BINS_PER_THREAD; i++) {
      Weight next = running + mine[i];
      if (static_cast<double>(running) < target && static_cast<double>(next) >= target) {
        bin = threadIdx.x * BINS_PER_THREAD + i;
        before = running;
        total = mine[i];
      }
      running = next;
    }
    __syncthreads();
  }
};

// Lowers the limit to the first `count` tokens, or, with a share, to as few as hold that share of
// the probability of what is kept.
__device__ __forceinline__ void cut(
    Filter& f, Histogram& h, Shortlist& list, int count, double share) {
  bool weighted = share > 0;
  double target = count;
  h.clear();
  f.each([&](int, float logit) {
    atomicAdd(&h.bins[f.first_digit(logit)], weighted ? f.weight(logit) : 1);
  });
  h.find(0, target, share);
  if (h.bin < 0) {
    return;  // fewer than `count`
  }
  int first = h.bin;
  f.end_at(first);
  f.shorten(list);
  Code known = 0;  // the digits found so far
  int end = 64;    // where they end
#pragma unroll 1
  for (int digit = 0; digit < DIGITS; digit++) {
    int shift = static_cast<int>(SHIFTS >> (8 * digit) & 0xFF);
    Weight before = h.before;
    h.clear();
    f.each([&](int token, float logit) {
      Code code = f.code(logit, token);
      if (f.first_digit(logit) == first && (end == 64 || code >> end == known)) {
        int bin = static_cast<int>(code >> shift & ((1u << (end - shift)) - 1));
        atomicAdd(&h.bins[bin], weighted ? f.weight(logit) : 1);
      }
    });
    h.find(before, target, 0);
    known = known << (end - shift) | static_cast<unsigned>(h.bin);
    end = shift;
    if (!weighted && static_cast<double>(h.before + h.total) == target) {
      break;  // all of the bin is kept
    }
  }
  f.limit = ((known + 1) << end) - 1;
}

// Ends at the bin up to which `count` spans have their peaks: those are as many tokens.
__device__ __forceinline__ void narrow(Filter& f, Histogram& h, Shortlist& list, int count) {
  double target = count;
  h.clear();
  for (int i = threadIdx.x; i < f.peaks.count; i += THREADS) {
    float peak = f.peaks.values[i];
    if (peak != -INFINITY) {
      atomicAdd(&h.bins[f.first_digit(peak)], 1);
    }
  }
  h.find(0, target, 0);
  if (h.bin >= 0) {
    f.end_at(h.bin);
  }
  if (f.is_guided()) {
    f.shorten(list);
  }
}

// tokens [m] from logits [m, vocabulary], of rows with filters alone. peaks [m, spans] or null. One
// block per row, which reads its logits (200 KB for GPT-2, from the caches after the first time) for the largest, for the first
// digit, and to list the tokens that are left; then only those. With peaks it reads only the spans
// where something may be left, and all logits but once, for the sum that top-p alone needs.
extern "C" __global__ void __launch_bounds__(THREADS) sample_filtered(
    int* tokens, const float* logits, int vocabulary, SAMPLING_STATES, const float* peaks,
    int span) {
  __shared__ Histogram histogram;
  __shared__ Shortlist list;
  __shared__ float floats[WARPS];
  __shared__ Candidate candidates[WARPS];
  let_next_kernel_start();
  wait_for_kernel_before();
  States states = SAMPLING_STATES_GIVEN;
  int index = blockIdx.x;
  Row row = Row::of(states, index, vocabulary);
  if (!row.settings.is(Settings::FILTERED)) {
    return;
  }
  int topK = row.settings.topK;
  float topP = row.settings.topP;
  float minP = row.settings.minP;
  Filter f = {
      logits + static_cast<size_t>(index) * vocabulary,
      vocabulary,
      row.settings.temperature,
      row,
      -INFINITY,
      BINS,
      ~0ull,
      nullptr,
      {nullptr, 0, 0}};

  float largest = -INFINITY;
  if (peaks != nullptr) {
    int count = (vocabulary + span - 1) / span;
    f.peaks = {peaks + static_cast<size_t>(index) * count, span, count};
    for (int i = threadIdx.x; i < count; i += THREADS) {
      largest = fmaxf(largest, f.peaks.values[i]);
    }
  } else {
    for (int token = threadIdx.x; token < vocabulary; token += THREADS) {
      largest = fmaxf(largest, is_number(f.logits[token]) ? f.logit(token) : INFINITY);
    }
  }
  f.largest = block_max(largest, floats);
  if (fabsf(f.largest) == INFINITY) {  // not all are numbers, or every token is impossible
    if (threadIdx.x == 0) {
      finish_draw(tokens, index, Candidate::none(), states, vocabulary);
    }
    return;
  }
  if (topK > 0) {
    if (peaks != nullptr) {
      narrow(f, histogram, list, topK);
    }
    cut(f, histogram, list, topK, 0);
  }
  if (topP < 1) {
    cut(f, histogram, list, 0, topP);
  }

  float farthest = INFINITY;
  if (minP > 0) {
    farthest = -logf(minP);
    f.end_at(static_cast<int>(fminf(farthest * BINS_PER_UNIT, BINS - 1)));
  }
  Candidate best = Candidate::none();
  f.each([&](int token, float logit) {
    float distance = f.distance(logit);
    if (distance <= farthest) {
      float noise = gumbel(f.row.words(token).of(token));
      best.consider(static_cast<double>(noise) - distance, token);
    }
  });
  best = best_of_block(best, candidates);
  __syncthreads();
  if (threadIdx.x == 0) {
    finish_draw(tokens, index, best, states, vocabulary);
  }
}
REGISTER_KERNEL(sample_filtered);

}  // namespace sampling_filtered
