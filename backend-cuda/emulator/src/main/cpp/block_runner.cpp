#include "block_runner.h"

#include "device_math.h"
#include "kernel_registry.h"
#include "redzone.h"

#include <link.h>
#include <sched.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulator {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSharedAlignment = 128;
constexpr size_t kSharedRedzone = 128;
constexpr size_t kSharedRegion = kMaxSharedBytes + kPage;

BlockRunner::State& state_of(Block& block) { return reinterpret_cast<BlockRunner::State&>(block); }

uint64_t next_random(Block& block) {
  block.random ^= block.random << 13;
  block.random ^= block.random >> 7;
  block.random ^= block.random << 17;
  return block.random;
}

unsigned choose(Block& block, unsigned candidates) {
  switch (block.order) {
    case ThreadOrder::kForward:
      return __builtin_ctz(candidates);
    case ThreadOrder::kReverse:
      return 31 - __builtin_clz(candidates);
    default: {
      unsigned turn = next_random(block) & 31;
      unsigned rotated = candidates >> turn | candidates << (-turn & 31);
      return (__builtin_ctz(rotated) + turn) & 31;
    }
  }
}

// Takes the next fiber to run out of the ready ones; null if none is.
Fiber* take_ready(Block& block) {
  if (block.ready_warps == 0) {
    return nullptr;
  }
  unsigned warp_index = choose(block, block.ready_warps);
  Warp& warp = block.warp[warp_index];
  unsigned lane = choose(block, warp.ready);
  warp.ready &= ~(1u << lane);
  unsigned first = warp_index * kWarpSize;
  if (warp.ready == 0) {
    block.ready_warps &= ~(1u << warp_index);
  } else if (block.order != ThreadOrder::kRandom) {
    // Its stack is on the way while this one runs.
    char* next = static_cast<char*>(block.stack_pointers[first + choose(block, warp.ready)]);
    __builtin_prefetch(next);
    __builtin_prefetch(next + 64);
    __builtin_prefetch(next + 128);
  }
  return &block.fibers[first + lane];
}

void make_ready(Block& block, unsigned warp_index, unsigned lanes) {
  block.warp[warp_index].ready |= lanes;
  block.ready_warps |= 1u << warp_index;
}

[[noreturn]] void fiber_main();

#if defined(__SANITIZE_ADDRESS__)
void before_switch(void** save, void* slot) {
  __sanitizer_start_switch_fiber(save, slot, kStackBytes);
}
void after_switch(void* saved) { __sanitizer_finish_switch_fiber(saved, nullptr, nullptr); }
#else
void before_switch(void**, void*) {}
void after_switch(void*) {}
#endif

void start(Block& block, Fiber& fiber) {
  fiber.stack = state_of(block).stacks.take();
  FiberStacks::header(fiber.stack)->fiber = &fiber;
#if defined(__SANITIZE_ADDRESS__)
  // Frames of a fiber that was never resumed may have left their marks.
  __asan_unpoison_memory_region(fiber.stack, kStackBytes);
#endif
  block.stack_pointers[fiber.linear] = FiberStacks::prepare(fiber.stack, fiber_main);
  fiber.sanitizer = nullptr;
}

// Goes on with `next`; comes back when somebody goes on with the fiber that called.
void switch_to(Fiber& me, Fiber& next) {
  Block& block = *me.block;
  if (block.stack_pointers[next.linear] == nullptr) {
    start(block, next);
  }
  before_switch(&me.sanitizer, next.stack);
  gpt2j_emulator_switch(&block.stack_pointers[me.linear], block.stack_pointers[next.linear]);
  after_switch(me.sanitizer);
}

// Back to the thread that runs blocks; this fiber is never resumed.
[[noreturn]] void leave(Block& block) {
#if defined(__SANITIZE_ADDRESS__)
  BlockRunner::State& state = state_of(block);
  __sanitizer_start_switch_fiber(nullptr, state.host_stack, state.host_stack_bytes);
#endif
  void* ignored;
  gpt2j_emulator_switch(&ignored, block.host_stack_pointer);
  std::abort();
}

[[noreturn]] void fail(Block& block, Outcome outcome, const std::string& message) {
  block.outcome = outcome;
  block.message = message;
  leave(block);
}

[[noreturn]] void report_deadlock(Block& block) {
  unsigned in_collectives = 0;
  for (unsigned w = 0; w < block.warps; w++) {
    in_collectives += __builtin_popcount(block.warp[w].waiting);
  }
  fail(block, Outcome::kDeadlock,
       "no thread can go on: " + std::to_string(block.arrived) + " of " +
           std::to_string(block.live) + " wait at a barrier of the block, " +
           std::to_string(in_collectives) + " in operations of their warp");
}

// Runs others until this fiber is ready and has its turn.
void wait_for_turn(Fiber& me) {
  Block& block = *me.block;
  Fiber* next = take_ready(block);
  if (next == nullptr) {
    report_deadlock(block);
  }
  if (next != &me) {
    switch_to(me, *next);
  }
}

// If all lanes that `mask` names have arrived, computes the operation and lets them go on.
bool release_group(Block& block, unsigned warp_index, unsigned mask) {
  Warp& warp = block.warp[warp_index];
  unsigned group = mask & warp.live;
  if (group == 0 || (warp.waiting & group) != group) {
    return false;
  }
  Combine combine = warp.combines[__builtin_ctz(group)];
  for (unsigned left = warp.mixed ? group : 0; left != 0; left &= left - 1) {
    unsigned lane = __builtin_ctz(left);
    if (warp.masks[lane] != mask) {
      return false;  // in another operation first, which others will complete
    }
    if (warp.combines[lane] != combine) {
      fail(block, Outcome::kMisuse, "lanes of a warp meet in different operations");
    }
  }
  combine(block, warp.operands, group);
  if (block.outcome != Outcome::kCompleted) {
    leave(block);
  }
  warp.waiting &= ~group;
  warp.mixed = warp.mixed && warp.waiting != 0;
  make_ready(block, warp_index, group);
  return true;
}

void release_barrier(Block& block) {
  if (block.arrived == 0 || block.arrived != block.live) {
    return;
  }
  block.arrived = 0;
  block.barrier_result[0] = block.barrier_or;
  block.barrier_result[1] = block.barrier_and;
  block.barrier_result[2] = block.barrier_count;
  block.barrier_or = 0;
  block.barrier_and = 1;
  block.barrier_count = 0;
  for (unsigned w = 0; w < block.warps; w++) {
    if (block.warp[w].live != 0) {
      make_ready(block, w, block.warp[w].live);
    }
  }
}

// A thread that has ended holds nobody up: barriers and warp-wide operations go on without it.
void end_thread(Fiber& me) {
  Block& block = *me.block;
  Warp& warp = block.warp[me.warp];
  warp.live &= ~(1u << me.lane);
  block.live--;
  for (unsigned waiting = warp.waiting; waiting != 0; waiting &= waiting - 1) {
    unsigned lane = __builtin_ctz(waiting);
    if ((warp.waiting >> lane & 1) != 0) {
      release_group(block, me.warp, warp.masks[lane]);
    }
  }
  release_barrier(block);
}

[[noreturn]] void fiber_main() {
  after_switch(nullptr);
  while (true) {
    Fiber* me = current();
    Block& block = *me->block;
    block.launch->kernel->invoke(block.launch->arguments);
    if (FiberStacks::overflown(me->stack)) {
      std::fprintf(stderr, "emulated CUDA driver: kernel %s overflows its stack of %zu bytes\n",
                   block.launch->kernel->name.c_str(), kStackBytes);
      std::abort();
    }
    end_thread(*me);
    Fiber* next = take_ready(block);
    if (next == nullptr) {
      if (block.live != 0) {
        report_deadlock(block);
      }
      leave(block);
    }
    if (block.stack_pointers[next->linear] == nullptr) {
      // This stack is warm and free: the next thread begins on it without a switch.
      next->stack = me->stack;
      block.stack_pointers[next->linear] = next->stack;  // anything but null
      FiberStacks::header(me->stack)->fiber = next;
    } else {
      state_of(block).stacks.give(me->stack);
      before_switch(nullptr, next->stack);
      void* ignored;
      gpt2j_emulator_switch(&ignored, block.stack_pointers[next->linear]);
    }
  }
}

// Shared memory declared in kernels is thread-local memory of this library (see __shared__). On a
// device it holds anything when a block starts; here, NaN. Nothing else of the library may be
// thread-local on a thread that runs blocks.
thread_local char tls_of_this_library;

struct ThreadLocalMemory {
  void* begin = nullptr;
  size_t bytes = 0;
};

ThreadLocalMemory thread_local_memory() {
  tls_of_this_library = 1;  // makes the thread's copy be there
  ThreadLocalMemory found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        const char* mine = const_cast<const char*>(&tls_of_this_library);
        for (int i = 0; i < info->dlpi_phnum; i++) {
          const auto& segment = info->dlpi_phdr[i];
          const char* begin = static_cast<const char*>(info->dlpi_tls_data);
          if (segment.p_type == PT_TLS && begin != nullptr && mine >= begin &&
              mine < begin + segment.p_memsz) {
            *static_cast<ThreadLocalMemory*>(result) = {info->dlpi_tls_data, segment.p_memsz};
            return 1;
          }
        }
        return 0;
      },
      &found);
  return found;
}

struct sigaction previous_handler;

[[noreturn]] void land(const void* address) {
  Block& block = *current()->block;
  block.address = reinterpret_cast<uintptr_t>(address);
  fail(block, Outcome::kIllegalAddress, "thread " + std::to_string(current()->linear) +
                                            " accesses memory that isn't there");
}

void on_fault(int signal, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  void* slot = FiberStacks::slot_of(reinterpret_cast<void*>(registers[REG_RSP]));
  if (slot != nullptr) {
    // The fiber is given up, so its stack can be used from the top again; a return address would
    // lie at the stack pointer of a function that has just been entered.
    uintptr_t top = reinterpret_cast<uintptr_t>(FiberStacks::header(slot)) - 64;
    registers[REG_RSP] = static_cast<greg_t>(top - 8);
    registers[REG_RDI] = reinterpret_cast<greg_t>(info->si_addr);
    registers[REG_RIP] = reinterpret_cast<greg_t>(&land);
    return;
  }
  if ((previous_handler.sa_flags & SA_SIGINFO) != 0) {
    previous_handler.sa_sigaction(signal, info, context);
  } else if (previous_handler.sa_handler != SIG_DFL && previous_handler.sa_handler != SIG_IGN) {
    previous_handler.sa_handler(signal);
  } else {
    std::signal(signal, SIG_DFL);  // the instruction is tried again, and ends the process
  }
}

}  // namespace

void install_fault_handler() {
  static const bool installed = [] {
    struct sigaction handler = {};
    handler.sa_sigaction = on_fault;
    handler.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigaction(SIGSEGV, &handler, &previous_handler);
    return true;
  }();
  (void)installed;
}

void use_signal_stack() {
  constexpr size_t kBytes = 64 << 10;
  stack_t stack = {};
  stack.ss_sp = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack.ss_size = kBytes;
  if (stack.ss_sp != MAP_FAILED) {
    sigaltstack(&stack, nullptr);
  }
}

void collective(unsigned mask, Combine combine, void* operand) {
  Fiber* me = current();
  Block& block = *me->block;
  Warp& warp = block.warp[me->warp];
  unsigned bit = 1u << me->lane;
  if ((mask & bit) == 0) {
    misuse("lane " + std::to_string(me->lane) +
           " takes part in an operation whose mask does not name it");
  }
  if (warp.waiting == 0) {
    warp.first_mask = mask;
    warp.first_combine = combine;
  } else if (warp.first_mask != mask || warp.first_combine != combine) {
    warp.mixed = true;
  }
  warp.masks[me->lane] = mask;
  warp.combines[me->lane] = combine;
  warp.operands[me->lane] = operand;
  warp.waiting |= bit;
  release_group(block, me->warp, mask);
  wait_for_turn(*me);
}

BarrierResult block_barrier(unsigned predicate) {
  Fiber* me = current();
  Block& block = *me->block;
  block.arrived++;
  block.barrier_or |= predicate;
  block.barrier_and &= predicate;
  block.barrier_count += predicate;
  release_barrier(block);
  wait_for_turn(*me);
  return {block.barrier_result[0], block.barrier_result[1], block.barrier_result[2]};
}

void relax() {
  Fiber* me = current();
  Block& block = *me->block;
  if (block.launch->cancelled->load(std::memory_order_relaxed)) {
    leave(block);
  }
  if (++block.relaxed % 4096 == 0 && std::chrono::steady_clock::now() > block.launch->deadline) {
    fail(block, Outcome::kDeadlock, "a loop waits for what doesn't come");
  }
  if (block.ready_warps == 0) {
    sched_yield();
    return;
  }
  // Any other one, whatever the order: two that wait in loops must not starve a third.
  ThreadOrder order = block.order;
  block.order = ThreadOrder::kRandom;
  Fiber* next = take_ready(block);
  block.order = order;
  make_ready(block, me->warp, 1u << me->lane);
  switch_to(*me, *next);
}

void misuse(const std::string& message) { fail(*current()->block, Outcome::kMisuse, message); }

void trap() { fail(*current()->block, Outcome::kTrap, "the kernel executed a trap"); }

void cp_async(void* shared, const void* global, unsigned size, unsigned bytes) {
  Fiber* me = current();
  uintptr_t both = reinterpret_cast<uintptr_t>(shared) | reinterpret_cast<uintptr_t>(global);
  if (both % size != 0) {
    misuse("cp.async needs addresses aligned to what it copies");
  }
  CopyQueue& queue = state_of(*me->block).copies[me->linear];
  queue.copies.push_back({shared, global, size, bytes, queue.group});
}

void cp_async_commit() {
  Fiber* me = current();
  state_of(*me->block).copies[me->linear].group++;
}

void cp_async_wait(unsigned pending) {
  Fiber* me = current();
  CopyQueue& queue = state_of(*me->block).copies[me->linear];
  unsigned landing = queue.group > pending ? queue.group - pending : 0;
  size_t landed = 0;
  while (landed < queue.copies.size() && queue.copies[landed].group < landing) {
    const PendingCopy& copy = queue.copies[landed++];
    std::memset(copy.to, 0, copy.size);
    std::memcpy(copy.to, copy.from, copy.bytes);
  }
  queue.copies.erase(queue.copies.begin(), queue.copies.begin() + landed);
}

BlockRunner::BlockRunner() : state_(std::make_unique<State>()) {
  void* memory = mmap(nullptr, kSharedRegion + kPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  shared_ = static_cast<char*>(memory);
  mprotect(shared_ + kSharedRegion, kPage, PROT_NONE);
}

BlockRunner::~BlockRunner() { munmap(shared_, kSharedRegion + kPage); }

void BlockRunner::poison_shared(const Launch& launch) {
  size_t bytes = launch.shared_bytes;
  if (static_shared_ == nullptr) {
    ThreadLocalMemory memory = thread_local_memory();
    static_shared_ = memory.begin;
    static_shared_bytes_ = memory.bytes;
  }
  if (launch.static_shared && launch.number != poisoned_for_) {
    // That of all kernels together, so only for the first block of a launch that runs here.
    std::memset(static_shared_, 0xff, static_shared_bytes_);
    poisoned_for_ = launch.number;
  }
  // The end of dynamic shared memory touches the guard page, but for the alignment.
  uintptr_t end = reinterpret_cast<uintptr_t>(shared_) + kSharedRegion;
  uintptr_t begin = end - (bytes + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
  open_redzone(reinterpret_cast<uintptr_t>(shared_), end);
  dynamic_shared_ = reinterpret_cast<char*>(begin);
  std::memset(dynamic_shared_, 0xff, bytes);
  fill_redzone(begin - kSharedRedzone, begin);
  fill_redzone(begin + bytes, end);
}

bool BlockRunner::shared_overrun(size_t bytes) const {
  uintptr_t begin = reinterpret_cast<uintptr_t>(dynamic_shared_);
  uintptr_t end = reinterpret_cast<uintptr_t>(shared_) + kSharedRegion;
  return find_overwritten(begin - kSharedRedzone, begin) != begin ||
         find_overwritten(begin + bytes, end) != end;
}

void BlockRunner::run(const Launch& launch, uint3 block_index, ThreadOrder order, uint64_t seed) {
  State& state = *state_;
  Block& block = state.block;
  unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  block.launch = &launch;
  block.block_index = block_index;
  block.live = threads;
  block.arrived = 0;
  block.warps = (threads + kWarpSize - 1) / kWarpSize;
  block.ready_warps = 0;
  block.order = order;
  block.random = seed | 1;
  block.barrier_or = 0;
  block.barrier_and = 1;
  block.barrier_count = 0;
  block.relaxed = 0;
  block.outcome = Outcome::kCompleted;
  poison_shared(launch);
  block.dynamic_shared = reinterpret_cast<unsigned char*>(dynamic_shared_);
  for (unsigned w = 0; w < block.warps; w++) {
    unsigned lanes = min(threads - w * kWarpSize, kWarpSize);
    block.warp[w].live = lanes == kWarpSize ? ~0u : (1u << lanes) - 1;
    block.warp[w].ready = 0;
    block.warp[w].waiting = 0;
    block.warp[w].mixed = false;
    make_ready(block, w, block.warp[w].live);
  }
  uint3 index = {0, 0, 0};
  for (unsigned i = 0; i < threads; i++) {
    Fiber& fiber = block.fibers[i];
    block.stack_pointers[i] = nullptr;
    fiber.thread_index = index;
    fiber.linear = i;
    fiber.lane = i % kWarpSize;
    fiber.warp = i / kWarpSize;
    fiber.block = &block;
    state.copies[i].copies.clear();
    state.copies[i].group = 0;
    if (++index.x == launch.block.x) {
      index.x = 0;
      if (++index.y == launch.block.y) {
        index.y = 0;
        index.z++;
      }
    }
  }
  state.stacks.reset();

  Fiber* first = take_ready(block);
  start(block, *first);
#if defined(__SANITIZE_ADDRESS__)
  if (state.host_stack == nullptr) {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    void* stack;
    pthread_attr_getstack(&attributes, &stack, &state.host_stack_bytes);
    state.host_stack = stack;
    pthread_attr_destroy(&attributes);
  }
#endif
  before_switch(&state.host_sanitizer, first->stack);
  gpt2j_emulator_switch(&block.host_stack_pointer, block.stack_pointers[first->linear]);
  after_switch(state.host_sanitizer);

  if (block.outcome == Outcome::kCompleted && shared_overrun(launch.shared_bytes)) {
    block.outcome = Outcome::kMisuse;
    block.message = "a write beside dynamic shared memory";
  }
}

}  // namespace emulator
