// Attention of many rows over a 16-bit cache, on tensor cores, with an online softmax (Dao 2023).
//
// As in the products, what is not stored in 16 bits (queries and probabilities) is split into two
// halves, so the result is as exact as that of float32 arithmetic over the same cache. Rows may lie
// at any positions of any slots, in any order.
#include "attention_tensor_core.cuh"

namespace attention_tensor_core {

// scores += queries · keys: tiles of eight keys from firstKey of the stage on.
template <typename T, int H, int TILES>
__device__ __forceinline__ void score(
    float (&scores)[TILES][4], const Queries<T, H>& q, const LowQueries<H>& lowQueries,
    Panel<T, H>& keys, int firstKey) {
  int lane = lane_id();
#pragma unroll
  for (int step = 0; step < H / 16; step++) {
    uint4 all = lowQueries[step][lane];
    const unsigned low[4] = {all.x, all.y, all.z, all.w};
#pragma unroll
    for (int n = 0; n < TILES; n += 2) {
      unsigned r[4];
      int row = firstKey + n * 8 + lane / 16 * 8 + lane % 8;
      ldmatrix_x4(r, keys.piece(row, step * 2 + lane / 8 % 2));
      const unsigned first[2] = {r[0], r[1]};
      const unsigned second[2] = {r[2], r[3]};
      multiply<T>(scores[n], q.high[step], first);
      multiply<T>(scores[n + 1], q.high[step], second);
      multiply<T>(scores[n], low, first);
      multiply<T>(scores[n + 1], low, second);
    }
  }
}

// sums += weights · values.
template <typename T, int H, int TILES>
__device__ __forceinline__ void add_values(
    float (&sums)[H / 8][4], const float (&weights)[TILES][4], Panel<T, H>& values, int firstKey) {
  int lane = lane_id();
#pragma unroll
  for (int pair = 0; pair < TILES; pair += 2) {
    unsigned high[4];
    unsigned low[4];
#pragma unroll
    for (int r = 0; r < 4; r++) {
      const float* w = weights[pair + r / 2] + r % 2 * 2;
      split_pair<T>(w[0], w[1], high[r], low[r]);
    }
#pragma unroll
    for (int n = 0; n < H / 8; n += 2) {
      unsigned r[4];
      int row = firstKey + pair * 8 + lane % 16;
      ldmatrix_x4_trans(r, values.piece(row, n + lane / 16));
      const unsigned first[2] = {r[0], r[1]};
      const unsigned second[2] = {r[2], r[3]};
      multiply<T>(sums[n], high, first);
      multiply<T>(sums[n + 1], high, second);
      multiply<T>(sums[n], low, first);
      multiply<T>(sums[n + 1], low, second);
    }
  }
}

// Whether a value of these keys is infinite or NaN.
template <typename T, int H>
__device__ __forceinline__ bool has_odd_values(Panel<T, H>& values, int firstKey) {
  float odd = 0;
  for (int i = lane_id(); i < WARP_KEYS * H; i += WARP) {
    float value = Element<T>::widen(values.elements[firstKey * H + i]);
    odd = fabsf(value) < INFINITY ? odd : 1.0f;
  }
  return warp_max(odd) > 0;
}

// The same as add_values for values that may be anything: what a row must not see has no weight,
// but NaN times 0 would be NaN.
template <typename T, int H, int TILES>
__device__ __forceinline__ void add_odd_values(
    float (&sums)[H / 8][4], const float (&weights)[TILES][4], Panel<T, H>& values, int firstKey) {
#pragma unroll
  for (int tile = 0; tile < TILES; tile++) {
    for (int key = 0; key < 8; key++) {
      int owner = lane_id() / 4 * 4 + key / 2;
      float w[2];
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float even = __shfl_sync(ALL_LANES, weights[tile][2 * half], owner);
        float odd = __shfl_sync(ALL_LANES, weights[tile][2 * half + 1], owner);
        w[half] = key % 2 == 0 ? even : odd;
      }
#pragma unroll
      for (int n = 0; n < H / 8; n++) {
        const T* v = values.piece(firstKey + tile * 8 + key, n) + lane_id() % 4 * 2;
#pragma unroll
        for (int i = 0; i < 4; i++) {
          sums[n][i] += w[i / 2] != 0.0f ? w[i / 2] * Element<T>::widen(v[i % 2]) : 0.0f;
        }
      }
    }
  }
}

// Keys firstKey … of a stage, at positions start …, by one warp. sees: positions that the lane's
// two rows see; most: that any of the warp's rows sees; masked: whether some row does not see all
// of these keys.
template <typename T, int H>
__device__ __forceinline__ void attend(
    Part<H>& part, const Queries<T, H>& q, const LowQueries<H>& low, Stage<T, H>& stage, int start,
    int firstKey, const int (&sees)[2], int most, bool masked) {
  constexpr int TILES = WARP_KEYS / 8;
  if (start >= most) {
    return;
  }
  float scores[TILES][4] = {};
  score<T, H, TILES>(scores, q, low, stage.keys, firstKey);
  float largest[2] = {part.largest[0], part.largest[1]};
#pragma unroll
  for (int n = 0; n < TILES; n++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      scores[n][i] *= q.scales[i / 2];
      bool seen = start + n * 8 + lane_id() % 4 * 2 + i % 2 < sees[i / 2];
      largest[i / 2] = seen ? fmaxf(largest[i / 2], scores[n][i]) : largest[i / 2];
    }
  }
  largest[0] = warp_max<4>(largest[0]);
  largest[1] = warp_max<4>(largest[1]);
  part.rescale_to(largest);
#pragma unroll
  for (int n = 0; n < TILES; n++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      bool seen = start + n * 8 + lane_id() % 4 * 2 + i % 2 < sees[i / 2];
      scores[n][i] = seen ? __expf(scores[n][i] - largest[i / 2]) : 0.0f;
      part.totals[i / 2] += scores[n][i];
    }
  }
  if (masked && has_odd_values<T, H>(stage.values, firstKey)) {
    add_odd_values<T, H, TILES>(part.sums, scores, stage.values, firstKey);
  } else {
    add_values<T, H, TILES>(part.sums, scores, stage.values, firstKey);
  }
}

// blockIdx: tile of rows, head.
template <typename T, int H>
__device__ __forceinline__ void attention(const Rows& a) {
  using Shape = Tile<H>;
  constexpr int STAGES = Shape::STAGES;
  __shared__ Members<Shape::ROWS> members;
  __shared__ __align__(16) Memory<T, H> shared;
  __shared__ LowQueries<H> lowQueries[Shape::ROW_GROUPS];

  int head = blockIdx.y;
  int headSize = a.shape.headSize;
  int stored = padded(headSize);
  // The last tile of a prompt sees most: it starts first.
  int first = (gridDim.x - 1 - blockIdx.x) * Shape::ROWS;
  members.find(a, first);
  int row = warp_id() % Shape::ROW_GROUPS * 16 + lane_id() / 4;
  int keyGroup = warp_id() / Shape::ROW_GROUPS;
  int firstKey = keyGroup * WARP_KEYS;
  LowQueries<H>& low = lowQueries[warp_id() % Shape::ROW_GROUPS];
  Queries<T, H> queries;
  queries.load(a, head, first + row, low, keyGroup == 0);

  Part<H> part;
  for (int leader = members.next[0]; leader < Shape::ROWS; leader = members.next[leader + 1]) {
    int slot = members.slot[leader];
    int end = members.end[leader];
    size_t from = a.shape.index(slot, head, 0);
    int sees[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int line = row + half * 8;
      sees[half] = members.slot[line] == slot ? members.position[line] + 1 : 0;
    }
    int most = max(sees[0], sees[1]);
#pragma unroll
    for (int offset = 4; offset < WARP; offset *= 2) {
      most = max(most, __shfl_xor_sync(ALL_LANES, most, offset));
    }
    int steps = (end + Shape::KEYS - 1) / Shape::KEYS;
#pragma unroll
    for (int s = 0; s < STAGES - 1; s++) {
      shared.stages[s].fetch(a, from, s * Shape::KEYS, end, stored);
    }
    for (int step = 0; step < steps; step++) {
      // The stage has arrived for everyone, and everyone is done with the one before it, which the
      // next fetch overwrites. Behind the end there are zeros to fetch.
      cp_async_wait<STAGES == 1 ? 0 : STAGES - 2>();
      __syncthreads();
      int ahead = step + STAGES - 1;
      shared.stages[ahead % STAGES].fetch(a, from, ahead * Shape::KEYS, end, stored);
      if (STAGES == 1) {
        cp_async_wait<0>();
        __syncthreads();
      }
      int start = step * Shape::KEYS + firstKey;
      bool masked = start + WARP_KEYS > members.seenByAll[leader];
      attend<T, H>(
          part, queries, low, shared.stages[step % STAGES], start, firstKey, sees, most, masked);
    }
    cp_async_wait<0>();
    __syncthreads();
  }

#pragma unroll
  for (int half = 0; half < 2; half++) {
    part.totals[half] = warp_sum<4>(part.totals[half]);
  }
  for (int group = 1; group < Shape::KEY_GROUPS; group++) {
    __syncthreads();
    if (keyGroup == group) {
      shared.handover.put(part, row);
    }
    __syncthreads();
    if (keyGroup == 0) {
      shared.handover.merge_into(part, row);
    }
  }
  if (keyGroup == 0) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int line = first + row + half * 8;
      if (line < a.rows) {
        // A row that doesn't exist has no total: NaN.
        float* out = a.out + (static_cast<size_t>(line) * a.shape.heads + head) * headSize;
#pragma unroll
        for (int n = 0; n < H / 8; n++) {
#pragma unroll
          for (int j = 0; j < 2; j++) {
            int d = n * 8 + lane_id() % 4 * 2 + j;
            if (d < headSize) {
              out[d] = part.sums[n][2 * half + j] / part.totals[half];
            }
          }
        }
      }
    }
  }
}

// out [rows, heads, headSize], qkv [rows, 3, heads, headSize], headSize <= H.
#define ATTENTION_TENSOR_CORE(T, suffix, H)                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) attention_rows_##suffix##_h##H(        \
      float* out, const float* qkv, const void* keys, const void* values, const int* slots,       \
      const int* positions, float scale, int sequences, int heads, int headSize, int capacity,    \
      int rows) {                                                                                 \
    attention<T, H>(                                                                              \
        {out, qkv, keys, values, slots, positions, scale,                                         \
         {sequences, heads, headSize, capacity}, rows});                                          \
  }                                                                                               \
  REGISTER_KERNEL(attention_rows_##suffix##_h##H)

ATTENTION_TENSOR_CORE(__half, f16, 64);
ATTENTION_TENSOR_CORE(__half, f16, 128);
#ifdef HAS_BF16_TENSOR_CORES
ATTENTION_TENSOR_CORE(__nv_bfloat16, bf16, 64);
ATTENTION_TENSOR_CORE(__nv_bfloat16, bf16, 128);
#endif

}  // namespace attention_tensor_core
