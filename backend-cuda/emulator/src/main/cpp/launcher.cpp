#include "launcher.h"

#include <algorithm>
#include <numeric>

#include "kernel_registry.h"

namespace emulator {
namespace {

constexpr std::chrono::seconds kPatience(10);

}  // namespace

Launcher::Launcher()
    : spare_processors_(std::min(15u, std::max(1u, std::thread::hardware_concurrency()) - 1)) {
  install_fault_handler();
}

Launcher::~Launcher() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wanted_.notify_all();
  for (std::thread& helper : helpers_) {
    helper.join();
  }
}

void Launcher::set_order(ThreadOrder order, uint64_t seed) {
  order_ = static_cast<int>(order);
  seed_ = seed;
}

LaunchResult Launcher::run(const Launch& launch, bool cooperative) {
  if (!runner_) {
    use_signal_stack();
    runner_ = std::make_unique<BlockRunner>();
  }
  blocks_ = launch.grid.x * launch.grid.y * launch.grid.z;
  unsigned helpers = cooperative ? blocks_ - 1 : std::min(blocks_ - 1, spare_processors_);
  ensure_helpers(helpers);

  launch_ = launch;
  launch_.number = ++launches_;
  launch_.cancelled = &failed_;
  launch_.deadline = std::chrono::steady_clock::now() + kPatience;
  launch_order_ = static_cast<ThreadOrder>(order_.load());
  seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
  launch_seed_ = seed_;
  // In random order, blocks are taken in steps of a number without a common divisor.
  stride_ = 1 + static_cast<unsigned>(launch_seed_ >> 33) % blocks_;
  while (std::gcd(stride_, blocks_) != 1) {
    stride_++;
  }
  next_block_ = 0;
  failed_ = false;
  result_ = {};
  if (helpers > 0) {
    {
      std::lock_guard lock(mutex_);
      generation_++;
      wanted_helpers_ = helpers;
    }
    wanted_.notify_all();
  }
  work(*runner_);
  if (helpers > 0) {
    std::unique_lock lock(mutex_);
    wanted_helpers_ = 0;  // who hasn't woken up yet need not
    idle_.wait(lock, [this] { return busy_helpers_ == 0; });
  }
  return result_;
}

void Launcher::work(BlockRunner& runner) {
  for (unsigned taken = next_block_++; taken < blocks_ && !failed_; taken = next_block_++) {
    unsigned block = taken;
    if (launch_order_ == ThreadOrder::kReverse) {
      block = blocks_ - 1 - taken;
    } else if (launch_order_ == ThreadOrder::kRandom) {
      block = static_cast<unsigned>(static_cast<uint64_t>(taken) * stride_ % blocks_);
    }
    uint3 index = {block % launch_.grid.x, block / launch_.grid.x % launch_.grid.y,
                   block / launch_.grid.x / launch_.grid.y};
    runner.run(launch_, index, launch_order_, launch_seed_ + block * 0x9e3779b97f4a7c15u);
    if (runner.outcome() != Outcome::kCompleted) {
      std::lock_guard lock(mutex_);
      failed_ = true;
      result_.outcome = runner.outcome();
      result_.address = runner.address();
      result_.message = "kernel " + launch_.kernel->name + ", block (" + std::to_string(index.x) +
                        ", " + std::to_string(index.y) + ", " + std::to_string(index.z) +
                        "): " + runner.message();
      return;
    }
  }
}

void Launcher::ensure_helpers(unsigned count) {
  while (helpers_.size() < count) {
    unsigned index = static_cast<unsigned>(helpers_.size());
    helpers_.emplace_back([this, index] { help(index); });
  }
}

void Launcher::help(unsigned index) {
  use_signal_stack();
  BlockRunner runner;
  uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [&] {
      return closing_ || (generation_ != seen && index < wanted_helpers_);
    });
    if (closing_) {
      return;
    }
    seen = generation_;
    busy_helpers_++;
    lock.unlock();
    work(runner);
    lock.lock();
    if (--busy_helpers_ == 0) {
      idle_.notify_all();
    }
  }
}

}  // namespace emulator
