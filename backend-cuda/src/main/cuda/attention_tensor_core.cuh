// What attention on tensor cores keeps in registers and shared memory.
#pragma once

#include "attention_rows.cuh"
#include "reduce.cuh"
#include "softmax.cuh"
#include "tensor_core.cuh"

namespace attention_tensor_core {

using attention_rows::Members;
using attention_rows::Rows;

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int WARP_KEYS = 16;  // that a warp takes at a time

// H: largest head size. A warp has 16 rows and a part of the keys; the warps of the same rows merge
// what they have found in the end.
template <int H>
struct Tile {
  static constexpr int ROWS = 4096 / H;
  static constexpr int ROW_GROUPS = ROWS / 16;
  static constexpr int KEY_GROUPS = WARPS / ROW_GROUPS;
  static constexpr int KEYS = WARP_KEYS * KEY_GROUPS;  // per stage: 32 or 64
  static constexpr int STAGES = H <= 64 ? 3 : 1;       // as many as fit into 48 KiB
  static constexpr int PIECES = H / 8;  // of 16 bytes per key
};

// Keys or values in shared memory. The 16-byte pieces of a row are permuted so that the same piece
// of eight neighbouring rows lies in different banks.
template <typename T, int H>
struct Panel {
  T elements[Tile<H>::KEYS * H];

  __device__ __forceinline__ T* piece(int row, int index) {
    return elements + row * H + (index ^ row % 8) * 8;
  }

  // Positions first … of a head's vectors [end, stored]; zeros outside.
  __device__ __forceinline__ void fetch(const T* from, int first, int end, int stored) {
    constexpr int PIECES = Tile<H>::PIECES;
#pragma unroll
    for (int i = threadIdx.x; i < Tile<H>::KEYS * PIECES; i += THREADS) {
      int row = i / PIECES;
      int d = i % PIECES * 8;
      bool exists = first + row < end && d < stored;
      size_t at = exists ? static_cast<size_t>(first + row) * stored + d : 0;
      cp_async_16(piece(row, i % PIECES), from + at, exists ? 16 : 0);
    }
  }
};

template <typename T, int H>
struct Stage {
  Panel<T, H> keys;
  Panel<T, H> values;

  // Of the head whose position 0 has the index `from` in the cache.
  __device__ __forceinline__ void fetch(
      const Rows& a, size_t from, int first, int end, int stored) {
    keys.fetch(static_cast<const T*>(a.keys) + from, first, end, stored);
    values.fetch(static_cast<const T*>(a.values) + from, first, end, stored);
    cp_async_commit();
  }
};

// What a warp has found for its rows lane / 4 and lane / 4 + 8, as the fragments lie: of each tile
// of eight columns a lane has two neighbours in both rows.
template <int H>
struct Part {
  float largest[2] = {-INFINITY, -INFINITY};
  float totals[2] = {0, 0};  // over the lane's own columns
  float sums[H / 8][4] = {};

  __device__ __forceinline__ void rescale_to(const float (&most)[2]) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float old = rescale(largest[half], most[half]);
      largest[half] = most[half];
      totals[half] *= old;
#pragma unroll
      for (int n = 0; n < H / 8; n++) {
        sums[n][2 * half] *= old;
        sums[n][2 * half + 1] *= old;
      }
    }
  }
};

// The low halves of a warp's queries as fragments, in shared memory: there are no registers for
// them.
template <int H>
using LowQueries = uint4[H / 16][WARP];

// A warp's queries as fragments, divided by a power of two per row.
template <typename T, int H>
struct Queries {
  unsigned high[H / 16][4];
  float scales[2];  // by which a product is multiplied

  // Rows `row` and `row` + 8 of qkv, or zeros.
  __device__ __forceinline__ void load(
      const Rows& a, int head, int row, LowQueries<H>& allLow, bool storeLow) {
    int headSize = a.shape.headSize;
    float q[H / 16][4][2];
    float largest[2] = {0, 0};
#pragma unroll
    for (int step = 0; step < H / 16; step++) {
#pragma unroll
      for (int r = 0; r < 4; r++) {
        int line = row + r % 2 * 8;
        size_t from = (3 * static_cast<size_t>(line) * a.shape.heads + head) * headSize;
#pragma unroll
        for (int j = 0; j < 2; j++) {
          int d = step * 16 + r / 2 * 8 + lane_id() % 4 * 2 + j;
          q[step][r][j] = line < a.rows && d < headSize ? a.qkv[from + d] : 0.0f;
          largest[r % 2] = fmaxf(largest[r % 2], fabsf(q[step][r][j]));
        }
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      scales[half] = split_scale<T>(warp_max<4>(largest[half]));
    }
#pragma unroll
    for (int step = 0; step < H / 16; step++) {
      unsigned low[4];
#pragma unroll
      for (int r = 0; r < 4; r++) {
        float inverse = 1.0f / scales[r % 2];
        split_pair<T>(q[step][r][0] * inverse, q[step][r][1] * inverse, high[step][r], low[r]);
      }
      if (storeLow) {
        allLow[step][lane_id()] = make_uint4(low[0], low[1], low[2], low[3]);
      }
    }
    scales[0] *= a.scale;
    scales[1] *= a.scale;
  }
};

// One warp's part on its way to another.
template <int H>
struct Handover {
  float sums[Tile<H>::ROWS][H];
  float largest[Tile<H>::ROWS];
  float totals[Tile<H>::ROWS];

  __device__ __forceinline__ void put(const Part<H>& part, int row) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int line = row + half * 8;
#pragma unroll
      for (int n = 0; n < H / 8; n++) {
        float* to = &sums[line][n * 8 + lane_id() % 4 * 2];
        to[0] = part.sums[n][2 * half];
        to[1] = part.sums[n][2 * half + 1];
      }
      largest[line] = part.largest[half];
      totals[line] = part.totals[half];
    }
  }

  __device__ __forceinline__ void merge_into(Part<H>& part, int row) const {
    float most[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      most[half] = fmaxf(part.largest[half], largest[row + half * 8]);
    }
    part.rescale_to(most);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int line = row + half * 8;
      float weight = rescale(largest[line], most[half]);
      part.totals[half] += weight * totals[line];
#pragma unroll
      for (int n = 0; n < H / 8; n++) {
        const float* from = &sums[line][n * 8 + lane_id() % 4 * 2];
        part.sums[n][2 * half] += weight * from[0];
        part.sums[n][2 * half + 1] += weight * from[1];
      }
    }
  }
};

template <typename T, int H>
union Memory {
  Stage<T, H> stages[Tile<H>::STAGES];
  Handover<H> handover;
  uint4 alignment;
};

}  // namespace attention_tensor_core
