// Where keys and values lie. Of one layer: [sequences][heads][capacity][padded head size].
#pragma once

#include "elements.cuh"

struct CacheShape {
  int sequences;
  int heads;
  int headSize;
  int capacity;

  __device__ __forceinline__ bool has(int slot, int position) const {
    return slot >= 0 && slot < sequences && position >= 0 && position < capacity;
  }

  // Index of the first element of a head's key or value.
  __device__ __forceinline__ size_t index(int slot, int head, int position) const {
    size_t vector = (static_cast<size_t>(slot) * heads + head) * capacity + position;
    return vector * padded(headSize);
  }
};
