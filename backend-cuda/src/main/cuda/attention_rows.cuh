// What attention of many rows needs to know about them, on tensor cores or not.
#pragma once

#include "cache.cuh"

namespace attention_rows {

struct Rows {
  float* __restrict__ out;        // [rows, heads, headSize]
  const float* __restrict__ qkv;  // [rows, 3, heads, headSize]
  const void* __restrict__ keys;  // of one layer
  const void* __restrict__ values;
  const int* __restrict__ slots;
  const int* __restrict__ positions;
  float scale;
  CacheShape shape;
  int rows;
};

// Which rows of a tile belong together. Position -1: there is no such row.
template <int ROWS>
struct Members {
  int slot[ROWS];
  int position[ROWS];
  int next[ROWS + 1];  // [0] the first row of the first slot, [r + 1] that of the slot after r's
  bool leads[ROWS];    // the first row of its slot
  int end[ROWS];       // positions that the rows of the slot see together
  int seenByAll[ROWS]; // positions that every row of the tile sees; 0 if there are other slots

  __device__ __forceinline__ void find(const Rows& a, int first) {
    int r = threadIdx.x;
    if (r < ROWS) {
      bool exists = first + r < a.rows;
      slot[r] = exists ? a.slots[first + r] : -1;
      position[r] = exists ? a.positions[first + r] : -1;
      if (!a.shape.has(slot[r], position[r])) {
        position[r] = -1;
      }
    }
    __syncthreads();
    if (r < ROWS) {
      bool leader = position[r] >= 0;
      int most = 0;
      int least = a.shape.capacity;
      for (int other = 0; other < ROWS; other++) {
        bool together = position[other] >= 0 && slot[other] == slot[r];
        leader = leader && !(together && other < r);
        most = max(most, together ? position[other] + 1 : 0);
        least = min(least, together ? position[other] + 1 : 0);
      }
      leads[r] = leader;
      end[r] = most;
      seenByAll[r] = least;
    }
    __syncthreads();
    if (r <= ROWS) {
      int leader = r;
      while (leader < ROWS && !leads[leader]) {
        leader++;
      }
      next[r] = leader;
    }
    __syncthreads();
  }
};

}  // namespace attention_rows
