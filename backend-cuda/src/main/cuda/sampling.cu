// The state of sampling, and draws without filters: the largest logit, or the largest logit plus
// noise.
#include "sampling.cuh"

namespace sampling {

constexpr int THREADS = 256;
constexpr int PER_BLOCK = 4;  // words of one random block: tokens that a thread takes at a time

// Starts a row anew: its stream, the number of its next draw, and `count` tokens seen, the last
// `drawn` of which were drawn. One block.
extern "C" __global__ void __launch_bounds__(THREADS) reset_sampling(
    unsigned long long* streams, int* draws, unsigned* seen, int* counts, int row,
    unsigned long long stream, int draw, int vocabulary, const int* tokens, int count, int drawn) {
  size_t words = words_of(vocabulary);
  unsigned* bits = seen + row * words;
  int* own = counts + static_cast<size_t>(row) * vocabulary;
  for (int i = threadIdx.x; i < words; i += THREADS) {
    bits[i] = 0;
  }
  for (int i = threadIdx.x; i < vocabulary; i += THREADS) {
    own[i] = 0;
  }
  __syncthreads();
  for (int i = threadIdx.x; i < count; i += THREADS) {
    atomicOr(bits + tokens[i] / 32, 1u << tokens[i] % 32);
    if (i >= count - drawn) {
      atomicAdd(own + tokens[i], 1);
    }
  }
  if (threadIdx.x == 0) {
    streams[row] = stream;
    draws[row] = draw;
  }
}
REGISTER_KERNEL(reset_sampling);

// tokens [m] from logits [m, vocabulary]. blockIdx: part of the vocabulary, row. The last block of
// a row picks the best of the blocks' candidates [m, blocks] and moves the row's state on. Rows with
// filters are left to sample_filtered.
extern "C" __global__ void __launch_bounds__(THREADS) sample_plain(
    int* tokens, const float* logits, int vocabulary, SAMPLING_STATES, void* candidates,
    unsigned* counters) {
  __shared__ Candidate shared[WARP];
  __shared__ bool last;
  let_next_kernel_start();
  wait_for_kernel_before();
  States states = SAMPLING_STATES_GIVEN;
  int index = blockIdx.y;
  Row state = Row::of(states, index, vocabulary);
  if (state.settings.is(Settings::FILTERED)) {
    return;
  }
  const float* row = logits + static_cast<size_t>(index) * vocabulary;
  Scale scale = Scale::of(state);

  Candidate best = Candidate::none();
  int step = gridDim.x * THREADS * PER_BLOCK;
  for (int first = (blockIdx.x * THREADS + threadIdx.x) * PER_BLOCK; first < vocabulary;
       first += step) {
    Words words = {};
    if (scale.noisy) {
      words = state.words(first);
    }
#pragma unroll
    for (int i = 0; i < PER_BLOCK; i++) {
      int token = first + i;
      if (token < vocabulary) {
        float logit = row[token];
        best.consider_logit(logit, scale.score(logit, state, token, words.word[i]), token);
      }
    }
  }
  best = best_of_block(best, shared);

  volatile Candidate* all = static_cast<volatile Candidate*>(candidates) +
                            static_cast<size_t>(index) * gridDim.x;
  if (threadIdx.x == 0) {
    all[blockIdx.x].score = best.score;
    all[blockIdx.x].token = best.token;
    // What a block has found is visible to the others before it counts as finished.
    __threadfence();
    last = atomicAdd(counters + index, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && warp_id() == 0) {
    __threadfence();
    best = Candidate::none();
    for (int i = lane_id(); i < gridDim.x; i += WARP) {
      best.consider(all[i].score, all[i].token);
    }
    best.consider_warp();
    if (lane_id() == 0) {
      finish_draw(tokens, index, best, states, vocabulary);
      counters[index] = 0;
    }
  }
}
REGISTER_KERNEL(sample_plain);

}  // namespace sampling
