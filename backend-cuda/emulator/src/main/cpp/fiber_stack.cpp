#include "fiber_stack.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

__asm__(
    ".text\n"
    ".globl gpt2j_emulator_switch\n"
    ".hidden gpt2j_emulator_switch\n"
    ".type gpt2j_emulator_switch,@function\n"
    "gpt2j_emulator_switch:\n"
    "  pushq %rbp\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  movq %rsp,(%rdi)\n"
    "  movq %rsi,%rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  ret\n"
    ".size gpt2j_emulator_switch,.-gpt2j_emulator_switch\n");

namespace emulator {
namespace {

constexpr size_t kRegionBytes = kMaxThreads * kStackBytes;
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kMaxRegions = 256;

// Read by the signal handler, hence no container.
std::atomic<char*> regions[kMaxRegions];

}  // namespace

FiberStacks::FiberStacks() {
  // More than needed, to find a place in it that is aligned.
  size_t reserved = kRegionBytes + kHugePage;
  void* memory = mmap(nullptr, reserved, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
  uintptr_t aligned = (begin + kHugePage - 1) & ~(kHugePage - 1);
  if (aligned != begin) {
    munmap(memory, aligned - begin);
  }
  if (size_t behind = begin + reserved - aligned - kRegionBytes; behind != 0) {
    munmap(reinterpret_cast<void*>(aligned + kRegionBytes), behind);
  }
  region_ = reinterpret_cast<char*>(aligned);
  madvise(region_, kRegionBytes, MADV_HUGEPAGE);  // a wish
  for (unsigned i = 0; i < kMaxThreads; i++) {
    *reinterpret_cast<uint64_t*>(region_ + i * kStackBytes) = kCanary;
  }
  reset();
  for (auto& region : regions) {
    char* none = nullptr;
    if (region.compare_exchange_strong(none, region_)) {
      return;
    }
  }
}

FiberStacks::~FiberStacks() {
  for (auto& region : regions) {
    char* mine = region_;
    region.compare_exchange_strong(mine, nullptr);
  }
  munmap(region_, kRegionBytes);
}

void FiberStacks::reset() {
  count_ = kMaxThreads;
  for (unsigned i = 0; i < kMaxThreads; i++) {
    free_[i] = region_ + (kMaxThreads - 1 - i) * kStackBytes;
  }
}

void* FiberStacks::prepare(void* slot, void (*main)()) {
  // Stacks start at different places of a page: at the same one, the frames of the fibers of a
  // warp would all compete for the same few cache lines.
  size_t index = reinterpret_cast<uintptr_t>(slot) / kStackBytes;
  char* top = reinterpret_cast<char*>(header(slot)) - index % 29 * 128;
  void** stack = reinterpret_cast<void**>(top);
  *--stack = nullptr;  // where main would return to; it doesn't
  *--stack = reinterpret_cast<void*>(main);
  for (int saved = 0; saved < 6; saved++) {
    *--stack = nullptr;
  }
  return stack;
}

void* FiberStacks::slot_of(const void* address) {
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  for (auto& region : regions) {
    uintptr_t begin = reinterpret_cast<uintptr_t>(region.load(std::memory_order_relaxed));
    if (begin != 0 && at >= begin && at < begin + kRegionBytes) {
      return reinterpret_cast<void*>(at & ~(kStackBytes - 1));
    }
  }
  return nullptr;
}

}  // namespace emulator
