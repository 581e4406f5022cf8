// Runs grids over the processors of the host.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "block_runner.h"

namespace emulator {

struct LaunchResult {
  Outcome outcome = Outcome::kCompleted;
  std::string message;
  uintptr_t address = 0;  // of an illegal access
};

class Launcher {
 public:
  Launcher();
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // The blocks of a cooperative grid all run at once, a thread of the host each. Always called on
  // the same thread.
  LaunchResult run(const Launch& launch, bool cooperative);

  void set_order(ThreadOrder order, uint64_t seed);

 private:
  void work(BlockRunner& runner);
  void help(unsigned index);
  void ensure_helpers(unsigned count);

  std::atomic<int> order_{0};
  std::atomic<uint64_t> seed_{1};

  // The grid in progress.
  Launch launch_{};
  uint64_t launches_ = 0;
  unsigned blocks_ = 0;
  unsigned stride_ = 1;
  uint64_t launch_seed_ = 0;
  ThreadOrder launch_order_ = ThreadOrder::kForward;
  std::atomic<unsigned> next_block_{0};
  std::atomic<bool> failed_{false};
  LaunchResult result_;

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable idle_;
  uint64_t generation_ = 0;
  unsigned wanted_helpers_ = 0;
  unsigned busy_helpers_ = 0;
  bool closing_ = false;
  unsigned spare_processors_;
  std::unique_ptr<BlockRunner> runner_;
  std::vector<std::thread> helpers_;
};

}  // namespace emulator
