// Stacks for fibers, and the switch between them.
#pragma once

#include <cstddef>

#include "block.h"

#if !defined(__x86_64__) || !defined(__linux__)
#error "The emulator's fibers are written for Linux on x86-64, where JCuda's natives are"
#endif

namespace emulator {

// Keeps the callee-saved registers on this stack, its pointer in *from, and goes on at `to`.
extern "C" void gpt2j_emulator_switch(void** from, void* to);

// As many stacks as a block can have threads; what was touched stays in the cache, so they are
// taken last in first out. Switching goes from stack to stack all the time: they lie side by side,
// on huge pages if there are, or most of the time would go into looking up pages. So there is no
// room for guard pages; instead, each slot begins with a word that must stay as it is. It ends with
// a StackHeader.
class FiberStacks {
 public:
  FiberStacks();
  ~FiberStacks();
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;

  void* take() { return free_[--count_]; }
  void give(void* slot) { free_[count_++] = slot; }
  // All are free again: of a block that ended early, fibers are never resumed.
  void reset();

  static StackHeader* header(void* slot) {
    return reinterpret_cast<StackHeader*>(static_cast<char*>(slot) + kStackBytes) - 1;
  }
  // A stack pointer from which the switch enters `main`.
  static void* prepare(void* slot, void (*main)());
  // Whether the stack has grown beyond its slot.
  static bool overflown(void* slot) { return *static_cast<uint64_t*>(slot) != kCanary; }
  // The slot that an address is in, or null.
  static void* slot_of(const void* address);

 private:
  static constexpr uint64_t kCanary = 0x5afe57ac5afe57ac;

  char* region_;
  unsigned count_;
  void* free_[kMaxThreads];
};

}  // namespace emulator
