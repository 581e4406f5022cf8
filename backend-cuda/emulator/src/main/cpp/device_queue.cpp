#include "device_queue.h"

#include <algorithm>

namespace emulator {
namespace {

// A driver, too, makes the host wait when this much is queued.
constexpr size_t kDepth = 1024;

}  // namespace

DeviceQueue::DeviceQueue(std::function<void(const Failure&)> on_failure)
    : on_failure_(std::move(on_failure)), thread_([this] { run(); }) {}

DeviceQueue::~DeviceQueue() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

uint64_t DeviceQueue::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

void DeviceQueue::add(const std::shared_ptr<Lane>& lane) {
  std::lock_guard lock(mutex_);
  lanes_.push_back(lane);
}

void DeviceQueue::remove(const std::shared_ptr<Lane>& lane) {
  synchronize(lane);
  std::lock_guard lock(mutex_);
  lanes_.erase(std::remove(lanes_.begin(), lanes_.end(), lane), lanes_.end());
}

void DeviceQueue::enqueue(const std::shared_ptr<Lane>& lane, Lane::Item item) {
  std::unique_lock lock(mutex_);
  if (pending_ >= kDepth) {
    hurried_ = true;
    changed_.notify_one();
    progress_.wait(lock, [this] { return pending_ < kDepth; });
  }
  if (pending_ == 0 && rest_.count() > 0) {
    auto average = static_cast<uint64_t>(rest_.count());
    resting_until_ = Clock::now() + std::chrono::microseconds(average / 2 + random() % average);
  }
  item.number = ++number_;
  lane->items.push_back(std::move(item));
  pending_++;
  changed_.notify_one();
}

void DeviceQueue::push(const std::shared_ptr<Lane>& lane, Work work) {
  enqueue(lane, {0, std::move(work), nullptr, nullptr});
}

std::shared_ptr<EventRecord> DeviceQueue::record(const std::shared_ptr<Lane>& lane) {
  auto record = std::make_shared<EventRecord>();
  enqueue(lane, {0, nullptr, nullptr, record});
  return record;
}

void DeviceQueue::wait_for(const std::shared_ptr<Lane>& lane,
                           std::shared_ptr<EventRecord> record) {
  enqueue(lane, {0, nullptr, std::move(record), nullptr});
}

void DeviceQueue::complete(const std::shared_ptr<EventRecord>& record) {
  std::lock_guard lock(mutex_);
  record->time = Clock::now();
  record->done = true;
  progress_.notify_all();
}

bool DeviceQueue::finished(const Lane& lane, uint64_t up_to) const {
  return lane.items.empty() || lane.items.front().number > up_to;
}

void DeviceQueue::synchronize(const std::shared_ptr<Lane>& lane) {
  std::unique_lock lock(mutex_);
  if (lane->items.empty()) {
    return;
  }
  uint64_t up_to = lane->items.back().number;
  hurried_ = true;
  changed_.notify_one();
  progress_.wait(lock, [&] { return finished(*lane, up_to); });
}

void DeviceQueue::synchronize(const std::shared_ptr<EventRecord>& record) {
  std::unique_lock lock(mutex_);
  if (record->done || failed_) {
    return;
  }
  hurried_ = true;
  changed_.notify_one();
  // Work that has failed, or is dropped for that, completes nothing.
  progress_.wait(lock, [&] { return record->done || failed_; });
}

void DeviceQueue::synchronize_all() {
  std::unique_lock lock(mutex_);
  uint64_t up_to = number_;
  hurried_ = pending_ != 0;
  changed_.notify_one();
  progress_.wait(lock, [&] {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [&](const auto& lane) { return finished(*lane, up_to); });
  });
}

bool DeviceQueue::idle(const std::shared_ptr<Lane>& lane) {
  std::lock_guard lock(mutex_);
  hurried_ = pending_ != 0;
  changed_.notify_one();
  return lane->items.empty();
}

bool DeviceQueue::done(const std::shared_ptr<EventRecord>& record) {
  std::lock_guard lock(mutex_);
  hurried_ = pending_ != 0;
  changed_.notify_one();
  return record->done;
}

void DeviceQueue::fail(const Failure& failure) {
  {
    std::lock_guard lock(mutex_);
    if (failed_) {
      return;
    }
    failed_ = true;
  }
  on_failure_(failure);
}

void DeviceQueue::clear_failure() {
  std::lock_guard lock(mutex_);
  failed_ = false;
}

void DeviceQueue::set_rest(std::chrono::microseconds rest) {
  std::lock_guard lock(mutex_);
  rest_ = rest;
}

void DeviceQueue::set_seed(uint64_t seed) {
  std::lock_guard lock(mutex_);
  random_ = seed | 1;
}

bool DeviceQueue::may_start(const Lane& lane) const {
  if (lane.items.empty()) {
    return false;
  }
  const Lane::Item& item = lane.items.front();
  if (item.waits_for != nullptr && !item.waits_for->done && !failed_) {
    return false;
  }
  if (!lane.legacy && !lane.blocking) {
    return true;
  }
  return std::all_of(lanes_.begin(), lanes_.end(), [&](const auto& other) {
    bool in_step = lane.legacy ? other->blocking : other->legacy;
    return other.get() == &lane || !in_step || finished(*other, item.number);
  });
}

Lane* DeviceQueue::draw() {
  Lane* drawn = nullptr;
  uint64_t candidates = 0;
  for (const auto& lane : lanes_) {
    if (may_start(*lane) && random() % ++candidates == 0) {
      drawn = lane.get();
    }
  }
  return drawn;
}

void DeviceQueue::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || pending_ != 0; });
    if (closing_) {
      return;
    }
    if (!hurried_ && rest_.count() > 0) {
      changed_.wait_until(lock, resting_until_, [this] { return closing_ || hurried_; });
    }
    while (!closing_ && pending_ != 0) {
      Lane* lane = draw();
      Lane::Item& item = lane->items.front();  // stays where it is while others are added
      if (item.work != nullptr && !failed_) {
        lock.unlock();
        Failure failure = item.work();
        if (failure.code != CUDA_SUCCESS) {
          fail(failure);
        }
        lock.lock();
      }
      if (item.records != nullptr) {
        item.records->time = Clock::now();
        item.records->done = true;
      }
      Lane::Item finished = std::move(item);
      lane->items.pop_front();
      pending_--;
      progress_.notify_all();
    }
    hurried_ = false;
  }
}

}  // namespace emulator
