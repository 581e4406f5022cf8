// What the parts of the emulated driver share: the device's properties, contexts, handles, the
// queue, and the way in of every call.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cuda_api.h"
#include "device_heap.h"
#include "device_queue.h"
#include "launcher.h"

namespace emulator {

// Objects that were given out as pointers and must be given back.
template <class T>
class Handles {
 public:
  T* add(std::shared_ptr<T> object) {
    std::lock_guard lock(mutex_);
    T* handle = object.get();
    live_[handle] = std::move(object);
    return handle;
  }
  // Null if there is no such object (any more).
  std::shared_ptr<T> find(T* handle) {
    std::lock_guard lock(mutex_);
    auto found = live_.find(handle);
    return found == live_.end() ? nullptr : found->second;
  }
  std::shared_ptr<T> remove(T* handle) {
    std::lock_guard lock(mutex_);
    auto found = live_.find(handle);
    if (found == live_.end()) {
      return nullptr;
    }
    std::shared_ptr<T> object = std::move(found->second);
    live_.erase(found);
    return object;
  }
  std::vector<std::shared_ptr<T>> remove_all() {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<T>> all;
    for (auto& [handle, object] : live_) {
      all.push_back(std::move(object));
    }
    live_.clear();
    return all;
  }
  std::vector<std::shared_ptr<T>> all() {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<T>> all;
    for (auto& [handle, object] : live_) {
      all.push_back(object);
    }
    return all;
  }
  size_t count() {
    std::lock_guard lock(mutex_);
    return live_.size();
  }

 private:
  std::mutex mutex_;
  std::unordered_map<T*, std::shared_ptr<T>> live_;
};

struct DeviceProperties {
  std::atomic<int> count{1};
  std::atomic<int> capability_major{8};
  std::atomic<int> capability_minor{0};
  std::atomic<int> multiprocessors{4};
  std::atomic<int> driver_version{12060};
};

class Context {
 public:
  bool primary = false;
  std::atomic<bool> alive{true};
};

class Driver {
 public:
  static Driver& get();

  DeviceProperties properties;
  DeviceHeap heap;
  Launcher launcher;  // outlives the queue, which runs kernels on it
  DeviceQueue queue;
  std::shared_ptr<Lane> legacy_lane;

  Handles<Context> contexts;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Module> modules;
  Handles<Graph> graphs;
  Handles<GraphExec> graph_execs;

  std::atomic<bool> initialized{false};
  // An error after which the context is of no use any more; CUDA_SUCCESS without.
  std::atomic<CUresult> sticky{CUDA_SUCCESS};

  // What a test should fail for, besides results: overwritten redzones, leaks, undefined behaviour.
  void report(const std::string& problem);
  std::vector<std::string> take_problems();
  size_t problem_count();
  // Overwritten redzones are an error of the device, as they would be under compute-sanitizer.
  void check_memory();

  // With the last context goes all that it held; what was left is a leak.
  void end_context(Context* context);
  size_t live_objects();

 private:
  Driver();

  std::mutex mutex_;
  std::vector<std::string> problems_;
};

// Counts, by function, and answers with an error where a test asked for one.
class Calls {
 public:
  static Calls& get();

  // The error to answer this call with, or CUDA_SUCCESS.
  CUresult count(const char* function);
  uint64_t counted(const std::string& function);
  // The n-th call from now fails; with `and_later`, all after it too.
  void fail(const std::string& function, uint64_t nth, CUresult error, bool and_later);
  void reset();

 private:
  struct Planned {
    uint64_t at;
    CUresult error;
    bool and_later;
  };
  std::mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> counts_;
  std::multimap<std::string, Planned, std::less<>> planned_;
};

// What a function expects of its caller and is allowed to do.
enum Traits : unsigned {
  kAnytime = 0,
  kInitialized = 1,
  kContext = 2 | kInitialized,         // a current context without a sticky error
  kNotInCapture = 4,                   // would break a capture in progress
  kRelease = 8,                        // gives back its object even when it answers with an error
};

// The thread's current context; null if none.
Context* current_context();

bool is_sticky(CUresult error);
// Breaks the captures that forbid this thread unsafe calls; true if there are such.
bool invalidate_captures();

CUresult before_call(const char* function, unsigned traits);

// Every function of the API goes through here.
template <class Body>
CUresult call(const char* function, unsigned traits, Body body) {
  CUresult error = before_call(function, traits);
  if (error != CUDA_SUCCESS && (traits & kRelease) == 0) {
    return error;
  }
  if (error == CUDA_ERROR_NOT_INITIALIZED || error == CUDA_ERROR_INVALID_CONTEXT) {
    return error;
  }
  CUresult result = body();
  return error != CUDA_SUCCESS ? error : result;
}

}  // namespace emulator
