#include "driver.h"

#include <cstdio>
#include <cstring>

#include "driver_graph.h"
#include "driver_module.h"
#include "driver_stream.h"

namespace emulator {

Driver::Driver()
    : queue([this](const Failure& failure) {
        sticky = failure.code;
        report(failure.message);
      }),
      legacy_lane(std::make_shared<Lane>()) {
  legacy_lane->legacy = true;
  queue.add(legacy_lane);
}

// Never destroyed: the process may end while its threads run.
Driver& Driver::get() {
  static Driver* driver = new Driver();
  return *driver;
}

void Driver::report(const std::string& problem) {
  std::fprintf(stderr, "emulated CUDA driver: %s\n", problem.c_str());
  std::lock_guard lock(mutex_);
  problems_.push_back(problem);
}

std::vector<std::string> Driver::take_problems() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> taken;
  taken.swap(problems_);
  return taken;
}

size_t Driver::problem_count() {
  std::lock_guard lock(mutex_);
  return problems_.size();
}

void Driver::check_memory() {
  std::string overwritten = heap.check_redzones();
  if (!overwritten.empty()) {
    queue.fail({CUDA_ERROR_ILLEGAL_ADDRESS, overwritten});
  }
}

void Driver::end_context(Context* context) {
  queue.synchronize_all();
  check_memory();
  context->alive = false;
  contexts.remove(context);
  if (contexts.count() != 0) {
    return;
  }
  size_t left = live_objects() + heap.count(MemoryKind::kDevice) + heap.count(MemoryKind::kHost);
  if (left != 0) {
    report("the last context ends with " + std::to_string(heap.count(MemoryKind::kDevice)) +
           " device and " + std::to_string(heap.count(MemoryKind::kHost)) +
           " host allocations, " + std::to_string(streams.count()) + " streams, " +
           std::to_string(events.count()) + " events, " + std::to_string(modules.count()) +
           " modules, " + std::to_string(graphs.count()) + " graphs and " +
           std::to_string(graph_execs.count()) + " executable graphs not released");
  }
  for (auto& stream : streams.remove_all()) {
    queue.remove(stream->lane);
  }
  events.remove_all();
  modules.remove_all();
  graph_execs.remove_all();
  graphs.remove_all();
  heap.free_all(MemoryKind::kDevice);
  heap.free_all(MemoryKind::kHost);
  sticky = CUDA_SUCCESS;
  queue.clear_failure();
}

size_t Driver::live_objects() {
  return streams.count() + events.count() + modules.count() + graphs.count() +
         graph_execs.count();
}

Calls& Calls::get() {
  static Calls* calls = new Calls();
  return *calls;
}

CUresult Calls::count(const char* function) {
  std::lock_guard lock(mutex_);
  auto counted = counts_.find(function);
  if (counted == counts_.end()) {
    counted = counts_.emplace(function, 0).first;
  }
  uint64_t now = ++counted->second;
  auto [begin, end] = planned_.equal_range(function);
  for (auto planned = begin; planned != end; ++planned) {
    if (planned->second.at == now || (planned->second.and_later && planned->second.at < now)) {
      return planned->second.error;
    }
  }
  return CUDA_SUCCESS;
}

uint64_t Calls::counted(const std::string& function) {
  std::lock_guard lock(mutex_);
  auto counted = counts_.find(function);
  return counted == counts_.end() ? 0 : counted->second;
}

void Calls::fail(const std::string& function, uint64_t nth, CUresult error, bool and_later) {
  std::lock_guard lock(mutex_);
  planned_.emplace(function, Planned{counts_[function] + nth, error, and_later});
}

void Calls::reset() {
  std::lock_guard lock(mutex_);
  counts_.clear();
  planned_.clear();
}

bool is_sticky(CUresult error) {
  return error == CUDA_ERROR_LAUNCH_TIMEOUT || error == CUDA_ERROR_LAUNCH_FAILED ||
         error == CUDA_ERROR_ILLEGAL_ADDRESS || error == 214 || (error >= 714 && error <= 718);
}

CUresult before_call(const char* function, unsigned traits) {
  CUresult planned = Calls::get().count(function);
  Driver& driver = Driver::get();
  if (planned != CUDA_SUCCESS) {
    if (is_sticky(planned)) {
      driver.queue.fail({planned, std::string(function) + " fails because a test asked for it"});
    }
    return planned;
  }
  if ((traits & kInitialized) != 0 && !driver.initialized) {
    return CUDA_ERROR_NOT_INITIALIZED;
  }
  if ((traits & kContext) == kContext) {
    if (current_context() == nullptr) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (driver.sticky != CUDA_SUCCESS) {
      return driver.sticky;
    }
  }
  if ((traits & kNotInCapture) != 0 && invalidate_captures()) {
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  return CUDA_SUCCESS;
}

}  // namespace emulator
