// Runs blocks on one thread of the host.
#pragma once

#include <memory>
#include <vector>

#include "block.h"
#include "fiber_stack.h"

namespace emulator {

// A copy to shared memory that has been started and not waited for.
struct PendingCopy {
  void* to;
  const void* from;
  unsigned size;   // 4 or 16
  unsigned bytes;  // 0 or size; the rest becomes zero
  unsigned group;
};

struct CopyQueue {
  std::vector<PendingCopy> copies;
  unsigned group;  // the one being gathered
};

class BlockRunner {
 public:
  BlockRunner();
  ~BlockRunner();
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;

  // Must always be called on the same thread.
  void run(const Launch& launch, uint3 block_index, ThreadOrder order, uint64_t seed);

  Outcome outcome() const { return state_->block.outcome; }
  uintptr_t address() const { return state_->block.address; }
  const std::string& message() const { return state_->block.message; }

  // What a block's fibers find through their block.
  struct State {
    Block block;  // first, so that a Block* is a State*
    FiberStacks stacks;
    CopyQueue copies[kMaxThreads];
    void* host_sanitizer;
    const void* host_stack;
    size_t host_stack_bytes;
  };

 private:
  void poison_shared(const Launch& launch);
  bool shared_overrun(size_t bytes) const;

  std::unique_ptr<State> state_;
  char* shared_;  // followed by a page that can't be touched
  char* dynamic_shared_ = nullptr;
  void* static_shared_ = nullptr;
  size_t static_shared_bytes_ = 0;
  uint64_t poisoned_for_ = 0;
};

// Makes an access to memory that isn't there, in a fiber, end its block with kIllegalAddress; all
// other faults go on to the handler that was there before: a Java VM lives by them.
void install_fault_handler();
// The handler's stack, for a thread that runs blocks.
void use_signal_stack();

}  // namespace emulator
