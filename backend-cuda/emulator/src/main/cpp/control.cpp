// How tests control the emulator. Plain functions, to be called from Java as well.
#include <cstring>

#include "driver.h"

using emulator::Calls;
using emulator::Driver;
using emulator::MemoryKind;

// The nth call from now of a function answers with the error; all later ones too if asked. Names
// are those of cuda.h, without a version; "execute" is the execution of a kernel, "execute NAME" that
// of one.
CUDA_API void gpt2j_emulator_fail(const char* function, uint64_t nth, int error, int and_later) {
  Calls::get().fail(function, nth, static_cast<CUresult>(error), and_later != 0);
}

CUDA_API uint64_t gpt2j_emulator_calls(const char* function) {
  return Calls::get().counted(function);
}

CUDA_API uint64_t gpt2j_emulator_live_allocations() {
  return Driver::get().heap.count(MemoryKind::kDevice) +
         Driver::get().heap.count(MemoryKind::kHost);
}

CUDA_API uint64_t gpt2j_emulator_live_bytes() { return Driver::get().heap.used(); }

// Streams, events, modules, graphs and executable graphs.
CUDA_API uint64_t gpt2j_emulator_live_objects() { return Driver::get().live_objects(); }

CUDA_API uint64_t gpt2j_emulator_live_contexts() { return Driver::get().contexts.count(); }

// Writes the problems since the last call, a line each, ended by a zero; returns the bytes that
// all of them need.
CUDA_API uint64_t gpt2j_emulator_problems(char* to, uint64_t bytes) {
  std::string all;
  for (const std::string& problem : Driver::get().take_problems()) {
    all += problem + "\n";
  }
  if (bytes != 0) {
    size_t length = std::min<size_t>(all.size(), bytes - 1);
    std::memcpy(to, all.data(), length);
    to[length] = 0;
  }
  return all.size();
}

CUDA_API void gpt2j_emulator_total_memory(uint64_t bytes) { Driver::get().heap.set_total(bytes); }

// 0: lowest thread and block first; 1: highest first; 2: by lot.
CUDA_API void gpt2j_emulator_thread_order(int order, uint64_t seed) {
  Driver::get().launcher.set_order(static_cast<emulator::ThreadOrder>(order), seed);
  Driver::get().queue.set_seed(seed);
}

// How long, on average, work rests on an idle device that nobody waits for.
CUDA_API void gpt2j_emulator_rest(uint64_t microseconds) {
  Driver::get().queue.set_rest(std::chrono::microseconds(microseconds));
}

CUDA_API void gpt2j_emulator_device(int count, int capability_major, int capability_minor,
                                    int multiprocessors, int driver_version) {
  emulator::DeviceProperties& properties = Driver::get().properties;
  properties.count = count;
  properties.capability_major = capability_major;
  properties.capability_minor = capability_minor;
  properties.multiprocessors = multiprocessors;
  properties.driver_version = driver_version;
}

// Forgets counts, planned failures and problems, and sets everything as it was at the start. What
// is allocated stays.
CUDA_API void gpt2j_emulator_reset() {
  Calls::get().reset();
  Driver::get().take_problems();
  Driver::get().heap.set_total(uint64_t{4} << 30);
  gpt2j_emulator_thread_order(0, 1);
  gpt2j_emulator_rest(500);
  gpt2j_emulator_device(1, 8, 0, 4, 12060);
}
