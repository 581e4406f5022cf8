// The output head with few rows, when a draw follows: [layer norm +] logits, and of the draw what can
// be done while they are in registers.
//
// Unlike the products of a layer it has outputs enough for all warps, so a warp makes a number of
// neighbouring ones, its span, all by itself: no barrier, and its first vectors of the next outputs
// are on their way while it adds up. A sum is in several lanes at the end, one of which keeps it
// until every lane has one; then all lanes store and judge theirs at once.
//
// Of rows without filters a block keeps the best token, and the last block picks the best of all and
// finishes the draw. Of rows with filters each warp stores the largest logit of its span, the peak,
// after which sample_filtered need not look into most spans.
#include "gemv_rows.cuh"
#include "sampling.cuh"

namespace gemv_head {

using namespace gemv_rows;

// What to draw by.
struct Draw {
  States states;
  int* tokens;        // [rows]
  void* candidates;   // [rows, blocks]
  unsigned* counter;  // of blocks that have finished
  float* peaks;       // [rows, spans]
};

// The last block makes tokens of the candidates of all blocks.
template <int ROWS>
__device__ __forceinline__ void finish(
    const Draw& d, int rows, int vocabulary, const Row* states, Candidate (&found)[WARPS][ROWS]) {
  __shared__ bool last;
  volatile Candidate* all = static_cast<volatile Candidate*>(d.candidates);
  int row = threadIdx.x;
  if (row < rows) {
    Candidate best = found[0][row];
    for (int warp = 1; warp < WARPS; warp++) {
      best.consider(found[warp][row].score, found[warp][row].token);
    }
    all[row * gridDim.x + blockIdx.x].score = best.score;
    all[row * gridDim.x + blockIdx.x].token = best.token;
    // What a block has found is visible to the others before it counts as finished.
    __threadfence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(d.counter, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) {
    return;
  }
  __threadfence();
  constexpr int TEAM = WARPS / ROWS;  // warps for each row
  row = warp_id() / TEAM;
  Candidate best = Candidate::none();
  if (row < rows) {
    for (int i = threadIdx.x % (TEAM * WARP); i < gridDim.x; i += TEAM * WARP) {
      best.consider(all[row * gridDim.x + i].score, all[row * gridDim.x + i].token);
    }
  }
  best.consider_warp();
  if (lane_id() == 0) {
    found[warp_id()][0] = best;
  }
  __syncthreads();
  row = threadIdx.x;
  if (row < rows && !states[row].settings.is(Settings::FILTERED)) {
    best = found[row * TEAM][0];
    for (int warp = 1; warp < TEAM; warp++) {
      best.consider(found[row * TEAM + warp][0].score, found[row * TEAM + warp][0].token);
    }
    finish_draw(d.tokens, row, best, d.states, vocabulary);
  }
  if (threadIdx.x == 0) {
    *d.counter = 0;
  }
}

template <typename T, int ROWS>
__device__ __forceinline__ void gemv_head(
    const Product& p, const Norm& norm, int span, const Draw& d) {
  constexpr int OUTPUTS = Tile<ROWS>::OUTPUTS;
  constexpr int BATCH = Tile<ROWS>::BATCH;
  constexpr int LANES = WARP / (OUTPUTS * ROWS);  // that have the same sum
  DYNAMIC_SHARED(float, memory);
  __shared__ float2 shared[WARP];
  __shared__ Moments moments[ROWS];
  __shared__ Row states[ROWS];
  __shared__ Candidate found[WARPS][ROWS];

  int vectors = p.ld / Element<T>::PER_VECTOR;
  Stage<T, ROWS> staged = {memory, vectors};
  int index = blockIdx.x * WARPS + warp_id();
  int from = index * span;
  int to = min(from + span, p.outputs);
  let_next_kernel_start();
  uint4 next[OUTPUTS][BATCH];
  load<T>(next, p, from, to, lane_id(), WARP, vectors);
  wait_for_kernel_before();
  if (threadIdx.x < p.rows) {
    states[threadIdx.x] = Row::of(d.states, threadIdx.x, p.outputs);
  }
  if (norm.gain != nullptr) {
    find_moments(moments, p, norm, shared);
  }
  __syncthreads();
  stage(staged, p, norm, moments, 0, p.ld, blockIdx.x == 0);
  __syncthreads();

  // The lane's own of the sums: a row, and a place among the outputs of LANES rounds.
  int row = lane_id() / LANES % ROWS;
  int place = lane_id() % LANES * OUTPUTS + lane_id() / LANES / ROWS;
  Candidate best = Candidate::none();
  for (int first = from; first < to; first += LANES * OUTPUTS) {
    float logit = 0;
#pragma unroll 1
    for (int round = 0; round < LANES; round++) {
      int output = first + round * OUTPUTS;
      if (output >= to) {
        break;
      }
      float acc[OUTPUTS * ROWS] = {};
#pragma unroll 1
      for (int start = 0; start < vectors; start += WARP * BATCH) {
        uint4 current[OUTPUTS][BATCH];
#pragma unroll
        for (int o = 0; o < OUTPUTS; o++) {
#pragma unroll
          for (int b = 0; b < BATCH; b++) {
            current[o][b] = next[o][b];
          }
        }
        int following = start + WARP * BATCH;
        bool more = following < vectors;  // of these outputs
        load<T>(
            next, p, more ? output : output + OUTPUTS, to, (more ? following : 0) + lane_id(),
            WARP, vectors);
        multiply(acc, current, staged, start + lane_id(), WARP, vectors);
      }
      float sum = 0.0f + warp_sums(acc);  // as if a bias of zero were added
      logit = lane_id() % LANES == round ? sum : logit;
    }
    int token = first + place;
    if (row < p.rows && token < to) {
      p.out[static_cast<size_t>(row) * p.outputs + token] = logit;
      const Row& state = states[row];
      if (state.settings.is(Settings::FILTERED)) {
        best.consider_logit(logit, state.adjusted<float>(logit, token), token);
      } else {
        Scale scale = Scale::of(state);
        unsigned word = scale.noisy ? state.words(token).of(token) : 0;
        best.consider_logit(logit, scale.score(logit, state, token, word), token);
      }
    }
  }

  // The best of all lanes that have the same row.
#pragma unroll
  for (int bit = WARP / 2; bit > 0; bit /= 2) {
    if (bit < LANES || bit >= LANES * ROWS) {
      best.consider_lane(bit);
    }
  }
  bool speaks = lane_id() % LANES == 0 && lane_id() < LANES * ROWS && row < p.rows;
  if (speaks) {
    found[warp_id()][row] = best;
    if (from < p.outputs && states[row].settings.is(Settings::FILTERED)) {
      int spans = (p.outputs + span - 1) / span;
      d.peaks[row * spans + index] = static_cast<float>(best.score);
    }
  }
  __syncthreads();
  finish(d, p.rows, p.outputs, states, found);
}

// out [rows, outputs], x [rows, inputs], w [outputs, ld], rows <= R. Dynamic shared memory: R rows
// of ld floats.
#define GEMV_HEAD(T, suffix, R, BLOCKS)                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) gemv_head_##suffix##_r##R(       \
      float* out, const float* x, const void* w, int inputs, int outputs, int ld, int rows,      \
      const float* gain, const float* shift, float epsilon, float* normalized, int span,         \
      SAMPLING_STATES, int* tokens, void* candidates, unsigned* counter, float* peaks) {         \
    Product product = {out, x, w, nullptr, inputs, outputs, ld, rows, 0, 1};                     \
    Norm norm = {gain, shift, epsilon, normalized};                                              \
    Draw draw = {SAMPLING_STATES_GIVEN, tokens, candidates, counter, peaks};                     \
    gemv_head<T, R>(product, norm, span, draw);                                                  \
  }                                                                                              \
  REGISTER_KERNEL(gemv_head_##suffix##_r##R)

GEMV_HEAD(float, f32, 1, 3);
GEMV_HEAD(float, f32, 2, 3);
GEMV_HEAD(float, f32, 4, 2);
GEMV_HEAD(float, f32, 8, 2);
GEMV_HEAD(__half, f16, 1, 4);
GEMV_HEAD(__half, f16, 2, 3);
GEMV_HEAD(__half, f16, 4, 2);
GEMV_HEAD(__half, f16, 8, 2);
GEMV_HEAD(__nv_bfloat16, bf16, 1, 4);
GEMV_HEAD(__nv_bfloat16, bf16, 2, 3);
GEMV_HEAD(__nv_bfloat16, bf16, 4, 2);
GEMV_HEAD(__nv_bfloat16, bf16, 8, 2);

}  // namespace gemv_head
