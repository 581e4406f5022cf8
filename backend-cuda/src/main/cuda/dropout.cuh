// Which elements dropout keeps (Srivastava et al. 2014): by random words that are computed wherever
// they are needed, which takes less time than to read them.
#pragma once

#include "philox.cuh"

// Of one place and pass. Kernels take it as the parameters `const int* pass, unsigned threshold,
// float factor, unsigned long long seed, unsigned long long site`; pass null: everything is kept.
struct Dropout {
  bool drops;
  unsigned pass;
  unsigned threshold;  // words below drop their element
  float factor;        // of what is kept
  unsigned long long seed;
  unsigned long long site;

  static __device__ __forceinline__ Dropout of(
      const int* pass, unsigned threshold, float factor, unsigned long long seed,
      unsigned long long site) {
    bool drops = pass != nullptr;
    return {drops, drops ? static_cast<unsigned>(*pass) : 0u, threshold, factor, seed, site};
  }

  // Of elements 4·group … 4·group + 3, the order of words; only where `drops`.
  __device__ __forceinline__ Words words(unsigned long long group) const {
    return philox(seed, static_cast<unsigned>(group), pass, site);
  }

  // x as dropout leaves it, by its element's word; 0 where it is dropped, were it infinite.
  __device__ __forceinline__ float keep(float x, unsigned word) const {
    return word < threshold ? 0.0f : x * factor;
  }

  // The same, the word computed for this element alone.
  __device__ __forceinline__ float apply(float x, unsigned long long element) const {
    if (!drops) {
      return x;
    }
    Words w = words(element / 4);
    return keep(x, w.of(static_cast<int>(element % 4)));
  }
};
