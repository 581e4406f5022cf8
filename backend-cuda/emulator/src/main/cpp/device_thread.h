// Who a thread is, and how threads of a block and a warp wait for one another.
#pragma once

#include <type_traits>

#include "block.h"

#define threadIdx (emulator::current()->thread_index)
#define blockIdx (emulator::current()->block->block_index)
#define blockDim (emulator::current()->block->launch->block)
#define gridDim (emulator::current()->block->launch->grid)
#define warpSize (32)

// CUDA has the type's alignment up to 16 bytes; the emulator aligns to 128.
#define DYNAMIC_SHARED(type, name) \
  type* name = reinterpret_cast<type*>(emulator::current()->block->dynamic_shared)

inline void __syncthreads() { emulator::block_barrier(0); }
inline int __syncthreads_or(int predicate) { return emulator::block_barrier(predicate != 0).any; }
inline int __syncthreads_and(int predicate) { return emulator::block_barrier(predicate != 0).all; }
inline int __syncthreads_count(int predicate) {
  return emulator::block_barrier(predicate != 0).count;
}

inline void __nanosleep(unsigned) { emulator::relax(); }
[[noreturn]] inline void __trap() { emulator::trap(); }

namespace emulator {

inline void combine_nothing(Block&, void* const*, unsigned) {}

inline unsigned low_lanes(unsigned lane) { return lane == 0 ? 0u : ~0u >> (kWarpSize - lane); }

template <class T>
struct ShuffleOperand {
  T value;
  unsigned source;
  T result;
};

// Undefined on a device: the value of a lane that does not take part. So it is an error here.
template <class T>
void combine_shuffle(Block& block, void* const* operands, unsigned lanes) {
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    auto* mine = static_cast<ShuffleOperand<T>*>(operands[__builtin_ctz(left)]);
    if ((lanes >> mine->source & 1) == 0) {
      block.outcome = Outcome::kMisuse;
      block.message = "a lane shuffles from lane " + std::to_string(mine->source) +
                      ", which takes no part";
      return;
    }
    mine->result = static_cast<ShuffleOperand<T>*>(operands[mine->source])->value;
  }
}

template <class T>
T shuffle(unsigned mask, T value, unsigned source) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8, "CUDA shuffles 4 or 8 bytes");
  ShuffleOperand<T> operand{value, source, value};
  collective(mask, combine_shuffle<T>, &operand);
  return operand.result;
}

struct VoteOperand {
  unsigned predicate;
  unsigned ballot;
};

inline void combine_vote(Block&, void* const* operands, unsigned lanes) {
  unsigned ballot = 0;
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    unsigned lane = __builtin_ctz(left);
    ballot |= (static_cast<VoteOperand*>(operands[lane])->predicate != 0) << lane;
  }
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    static_cast<VoteOperand*>(operands[__builtin_ctz(left)])->ballot = ballot;
  }
}

inline unsigned vote(unsigned mask, bool predicate) {
  VoteOperand operand{predicate, 0};
  collective(mask, combine_vote, &operand);
  return operand.ballot;
}

template <class T>
struct ReduceOperand {
  T value;
  T result;
};

template <class T, class Operation>
void combine_reduce(Block&, void* const* operands, unsigned lanes) {
  unsigned left = lanes;
  T result = static_cast<ReduceOperand<T>*>(operands[__builtin_ctz(left)])->value;
  for (left &= left - 1; left != 0; left &= left - 1) {
    result = Operation()(result, static_cast<ReduceOperand<T>*>(operands[__builtin_ctz(left)])->value);
  }
  for (left = lanes; left != 0; left &= left - 1) {
    static_cast<ReduceOperand<T>*>(operands[__builtin_ctz(left)])->result = result;
  }
}

template <class Operation, class T>
T reduce(unsigned mask, T value) {
  ReduceOperand<T> operand{value, value};
  collective(mask, combine_reduce<T, Operation>, &operand);
  return operand.result;
}

struct Add {
  template <class T>
  T operator()(T a, T b) const { return a + b; }
};
struct Min {
  template <class T>
  T operator()(T a, T b) const { return b < a ? b : a; }
};
struct Max {
  template <class T>
  T operator()(T a, T b) const { return a < b ? b : a; }
};
struct And {
  template <class T>
  T operator()(T a, T b) const { return a & b; }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const { return a | b; }
};
struct Xor {
  template <class T>
  T operator()(T a, T b) const { return a ^ b; }
};

template <class T>
struct MatchOperand {
  T value;
  unsigned result;
};

template <class T>
void combine_match(Block&, void* const* operands, unsigned lanes) {
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    auto* mine = static_cast<MatchOperand<T>*>(operands[__builtin_ctz(left)]);
    mine->result = 0;
    for (unsigned others = lanes; others != 0; others &= others - 1) {
      unsigned lane = __builtin_ctz(others);
      auto* other = static_cast<MatchOperand<T>*>(operands[lane]);
      mine->result |= (std::memcmp(&mine->value, &other->value, sizeof(T)) == 0) << lane;
    }
  }
}

}  // namespace emulator

inline void __syncwarp(unsigned mask = ~0u) {
  emulator::collective(mask, emulator::combine_nothing, nullptr);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  unsigned lane = emulator::current()->lane;
  unsigned segment = lane & ~(static_cast<unsigned>(width) - 1);
  return emulator::shuffle(mask, value, segment | (static_cast<unsigned>(source) & (width - 1)));
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
  unsigned lane = emulator::current()->lane;
  unsigned source = lane ^ static_cast<unsigned>(lanes);
  unsigned end = (lane & ~(static_cast<unsigned>(width) - 1)) + width;
  return emulator::shuffle(mask, value, source < end ? source : lane);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = emulator::current()->lane;
  unsigned end = (lane & ~(static_cast<unsigned>(width) - 1)) + width;
  return emulator::shuffle(mask, value, lane + delta < end ? lane + delta : lane);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = emulator::current()->lane;
  unsigned begin = lane & ~(static_cast<unsigned>(width) - 1);
  return emulator::shuffle(mask, value, lane >= begin + delta ? lane - delta : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return emulator::vote(mask, predicate != 0);
}
inline int __any_sync(unsigned mask, int predicate) {
  return emulator::vote(mask, predicate != 0) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
  return emulator::vote(mask, predicate == 0) == 0;
}

template <class T>
T __reduce_add_sync(unsigned mask, T value) { return emulator::reduce<emulator::Add>(mask, value); }
template <class T>
T __reduce_min_sync(unsigned mask, T value) { return emulator::reduce<emulator::Min>(mask, value); }
template <class T>
T __reduce_max_sync(unsigned mask, T value) { return emulator::reduce<emulator::Max>(mask, value); }
inline unsigned __reduce_and_sync(unsigned mask, unsigned value) {
  return emulator::reduce<emulator::And>(mask, value);
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value) {
  return emulator::reduce<emulator::Or>(mask, value);
}
inline unsigned __reduce_xor_sync(unsigned mask, unsigned value) {
  return emulator::reduce<emulator::Xor>(mask, value);
}

template <class T>
unsigned __match_any_sync(unsigned mask, T value) {
  emulator::MatchOperand<T> operand{value, 0};
  emulator::collective(mask, emulator::combine_match<T>, &operand);
  return operand.result;
}
