// The embeddings of whole sequences, and their gradients. Rows of tables are F32, without padding.
#include "reduce.cuh"
#include "vectors.cuh"

namespace training_embedding {

constexpr int THREADS = 256;
constexpr int AHEAD = 4;  // rows that a thread asks for before it needs the first

// The thread's four columns.
struct Columns {
  int first;
  int count;  // not above 0: none
  bool vector;

  static __device__ __forceinline__ Columns of_thread(int width, bool aligned) {
    int first = (blockIdx.y * THREADS + threadIdx.x) * VECTOR;
    return {first, width - first, aligned && width % VECTOR == 0};
  }

  __device__ __forceinline__ Floats load(const float* matrix, int row, int width) const {
    return load_floats(matrix + static_cast<size_t>(row) * width + first, count, vector);
  }

  __device__ __forceinline__ void add(
      float* matrix, int row, int width, const Floats& values) const {
    float* to = matrix + static_cast<size_t>(row) * width + first;
    Floats sum = load_floats(to, count, vector);
    sum.add(values);
    store_floats(to, sum, count, vector);
  }
};

// out [rows, width] = wte[tokens[row]] + wpe[row mod sequenceLength]. blockIdx: row, part of the
// columns.
extern "C" __global__ void __launch_bounds__(THREADS) embed_sequences(
    float* __restrict__ out, const int* __restrict__ tokens, const float* __restrict__ wte,
    const float* __restrict__ wpe, int vocabulary, int sequenceLength, int width) {
  int row = blockIdx.x;
  Columns columns = Columns::of_thread(width, aligned(out, wte, wpe));
  int token = tokens[row];
  Floats sum = {{NAN, NAN, NAN, NAN}};
  if (token >= 0 && token < vocabulary) {
    sum = columns.load(wte, token, width);
    sum.add(columns.load(wpe, row % sequenceLength, width));
  }
  float* to = out + static_cast<size_t>(row) * width + columns.first;
  store_floats(to, sum, columns.count, columns.vector);
}
REGISTER_KERNEL(embed_sequences);

// wteGradient[tokens[row]] += outGradient[row], summed in the order of rows. The block of the first
// row with a token adds up all rows that have it, so that no two blocks add to the same number; the
// others end. blockIdx: row, part of the columns.
extern "C" __global__ void __launch_bounds__(THREADS) embed_backward_tokens(
    float* __restrict__ wteGradient, const float* __restrict__ outGradient,
    const int* __restrict__ tokens, int rows, int vocabulary, int width) {
  __shared__ unsigned masks[THREADS / WARP];
  __shared__ int matches[THREADS];
  int row = blockIdx.x;
  int token = tokens[row];
  if (token < 0 || token >= vocabulary) {
    return;
  }
  bool earlier = false;
  for (int i = threadIdx.x; i < row; i += THREADS) {
    earlier = earlier || tokens[i] == token;
  }
  if (__syncthreads_or(earlier)) {
    return;
  }
  Columns columns = Columns::of_thread(width, aligned(wteGradient, outGradient));
  Floats sum = Floats::zero();
  for (int first = row; first < rows; first += THREADS) {
    // The rows with the token, of THREADS that are looked at together, in their order.
    int at = first + threadIdx.x;
    bool match = at < rows && tokens[at] == token;
    unsigned mask = __ballot_sync(ALL_LANES, match);
    if (lane_id() == 0) {
      masks[warp_id()] = mask;
    }
    __syncthreads();
    int before = __popc(mask & ((1u << lane_id()) - 1));
    int count = 0;
#pragma unroll
    for (int w = 0; w < THREADS / WARP; w++) {
      int ofWarp = __popc(masks[w]);
      before += w < warp_id() ? ofWarp : 0;
      count += ofWarp;
    }
    if (match) {
      matches[before] = at;
    }
    __syncthreads();
    for (int i = 0; i < count && columns.count > 0; i += AHEAD) {
      Floats values[AHEAD];
#pragma unroll
      for (int k = 0; k < AHEAD; k++) {
        bool exists = i + k < count;
        values[k] = exists ? columns.load(outGradient, matches[i + k], width) : Floats::zero();
      }
#pragma unroll
      for (int k = 0; k < AHEAD; k++) {
        sum.add(values[k]);
      }
    }
  }
  columns.add(wteGradient, token, width, sum);
}
REGISTER_KERNEL(embed_backward_tokens);

// wpeGradient[t] += the sum of row t of each sequence. blockIdx: t, part of the columns.
extern "C" __global__ void __launch_bounds__(THREADS) embed_backward_positions(
    float* __restrict__ wpeGradient, const float* __restrict__ outGradient, int rows,
    int sequenceLength, int width) {
  int position = blockIdx.x;
  Columns columns = Columns::of_thread(width, aligned(wpeGradient, outGradient));
  Floats sum = Floats::zero();
#pragma unroll 4
  for (int row = position; row < rows; row += sequenceLength) {
    sum.add(columns.load(outGradient, row, width));
  }
  columns.add(wpeGradient, position, width, sum);
}
REGISTER_KERNEL(embed_backward_positions);

}  // namespace training_embedding
