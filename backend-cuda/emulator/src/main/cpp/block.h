// One block of threads: fibers that take turns on one thread of the host.
//
// A fiber runs until it waits at a barrier or a warp-wide operation, or ends. So two threads meet
// in the order of the schedule unless the kernel itself orders them, and the schedule can be turned
// round: what a missing barrier breaks then shows. Fibers that never wait share one stack and cost
// a function call each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "device_types.h"

namespace emulator {

constexpr unsigned kWarpSize = 32;
constexpr unsigned kMaxThreads = 1024;
constexpr unsigned kMaxWarps = kMaxThreads / kWarpSize;
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 128 << 10;  // frames are several times larger
#else
constexpr size_t kStackBytes = 32 << 10;
#endif
constexpr size_t kMaxSharedBytes = 227 << 10;

enum class ThreadOrder : int { kForward = 0, kReverse = 1, kRandom = 2 };

struct Kernel;
struct Block;

// The last lane to arrive at a warp-wide operation computes it for all: operands[i] is what lane i
// brought, where its result goes too; bit i of `lanes` says whether lane i takes part.
using Combine = void (*)(Block& block, void* const* operands, unsigned lanes);

struct Fiber {
  uint3 thread_index;
  unsigned linear;
  unsigned lane;
  unsigned warp;
  Block* block;
  void* stack;      // the slot it runs on
  void* sanitizer;  // AddressSanitizer's fake stack, while switched away
};

struct Warp {
  unsigned live;     // lanes that have not ended
  unsigned ready;    // lanes that can run
  unsigned waiting;  // lanes in a warp-wide operation
  bool mixed;        // not all of the waiting ones in the same
  unsigned first_mask;  // what the first to wait brought
  Combine first_combine;
  unsigned masks[kWarpSize];
  Combine combines[kWarpSize];
  void* operands[kWarpSize];
};

// Why a block ended early; what the driver makes an error of.
enum class Outcome { kCompleted, kTrap, kIllegalAddress, kDeadlock, kMisuse };

struct Launch {
  const Kernel* kernel;
  void* const* arguments;
  dim3 grid;
  dim3 block;
  size_t shared_bytes;
  bool static_shared;  // whether the kernel has any
  uint64_t number;     // counts launches
  const std::atomic<bool>* cancelled;              // looked at by threads that wait in loops
  std::chrono::steady_clock::time_point deadline;  // when such loops are given up
};

struct Block {
  const Launch* launch;
  uint3 block_index;
  unsigned char* dynamic_shared;
  unsigned live;     // threads that have not ended
  unsigned arrived;  // threads waiting at the block's barrier
  unsigned ready_warps;
  unsigned warps;
  ThreadOrder order;
  uint64_t random;
  unsigned barrier_or, barrier_and, barrier_count;  // predicates of the barrier being gathered
  unsigned barrier_result[3];
  unsigned relaxed;  // turns of loops that wait
  Outcome outcome;
  std::string message;
  uintptr_t address;  // of an illegal access
  Warp warp[kMaxWarps];
  void* stack_pointers[kMaxThreads];  // of fibers that don't run; null before they have started
  Fiber fibers[kMaxThreads];
  void* host_stack_pointer;
};

// Stands at the top of every fiber's stack, so that the current fiber is found from the stack
// pointer alone: no thread-local lookup for each use of threadIdx.
struct alignas(64) StackHeader {
  Fiber* fiber;
};

inline __attribute__((always_inline)) Fiber* current() {
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return (reinterpret_cast<StackHeader*>((here | (kStackBytes - 1)) + 1) - 1)->fiber;
}

// Waits for all lanes of `mask` that have not ended; they must bring the same mask and operation.
void collective(unsigned mask, Combine combine, void* operand);

// Waits for all threads of the block that have not ended; says how many brought a true predicate.
struct BarrierResult {
  unsigned any, all, count;
};
BarrierResult block_barrier(unsigned predicate);

// Lets others run: other fibers and, if none is ready, other threads of the host.
void relax();

// Ends the block with an error, for what is undefined on a device.
[[noreturn]] void misuse(const std::string& message);
[[noreturn]] void trap();

}  // namespace emulator
