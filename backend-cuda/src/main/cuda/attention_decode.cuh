// What a lane keeps in registers while it attends to the positions of one row.
#pragma once

#include "elements.cuh"
#include "reduce.cuh"
#include "softmax.cuh"

namespace attention_decode {

// The online softmax of the positions that one lane's group has seen. PIECES 16-byte vectors a
// lane.
template <typename T, int PIECES>
struct Part {
  static constexpr int SIZE = PIECES * Element<T>::PER_VECTOR;
  float largest = -INFINITY;
  float total = 0;
  float sums[SIZE] = {};

  __device__ __forceinline__ void merge_with_lane(int offset) {
    float other = __shfl_xor_sync(ALL_LANES, largest, offset);
    float both = fmaxf(largest, other);
    float mine = rescale(largest, both);
    float theirs = rescale(other, both);
    largest = both;
    total = total * mine + __shfl_xor_sync(ALL_LANES, total, offset) * theirs;
#pragma unroll
    for (int i = 0; i < SIZE; i++) {
      sums[i] = sums[i] * mine + __shfl_xor_sync(ALL_LANES, sums[i], offset) * theirs;
    }
  }
};

// One lane's pieces of one head's vectors.
template <typename T, int PIECES>
struct Pieces {
  static constexpr int PER_VECTOR = Element<T>::PER_VECTOR;
  uint4 vectors[PIECES];

  // lane: within the group; group: lanes; count: 16-byte vectors of the head.
  __device__ __forceinline__ void load(const T* from, bool exists, int lane, int group, int count) {
#pragma unroll
    for (int i = 0; i < PIECES; i++) {
      int vector = lane + i * group;
      vectors[i] = exists && vector < count
                       ? *reinterpret_cast<const uint4*>(from + vector * PER_VECTOR)
                       : make_uint4(0, 0, 0, 0);
    }
  }

  __device__ __forceinline__ float dot(const float (&q)[PIECES * PER_VECTOR]) const {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PIECES; i++) {
      float elements[PER_VECTOR];
      Element<T>::unpack(vectors[i], elements);
#pragma unroll
      for (int j = 0; j < PER_VECTOR; j++) {
        sum += q[i * PER_VECTOR + j] * elements[j];
      }
    }
    return sum;
  }

  __device__ __forceinline__ void add_to(float (&sums)[PIECES * PER_VECTOR], float weight) const {
#pragma unroll
    for (int i = 0; i < PIECES; i++) {
      float elements[PER_VECTOR];
      Element<T>::unpack(vectors[i], elements);
#pragma unroll
      for (int j = 0; j < PER_VECTOR; j++) {
        sums[i * PER_VECTOR + j] += weight * elements[j];
      }
    }
  }
};

}  // namespace attention_decode
