// The device's side of streams: one thread that runs what was queued.
//
// Work starts as late as it may. Queued on an idle device, it rests for a random while unless the
// host waits for it or asks after it; so a result that is read without waiting is not there yet.
// It does start by itself, for hosts that only watch mapped memory. Which stream goes on next is
// drawn by lot. One thing runs at a time: streams promise no more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cuda_api.h"

namespace emulator {

struct Failure {
  CUresult code = CUDA_SUCCESS;
  std::string message;
};

using Work = std::function<Failure()>;
using Clock = std::chrono::steady_clock;

// One recording of an event.
struct EventRecord {
  bool done = false;
  Clock::time_point time;
};

// A stream as the device sees it.
struct Lane {
  struct Item {
    uint64_t number;
    Work work;                                // may be null
    std::shared_ptr<EventRecord> waits_for;   // may be null
    std::shared_ptr<EventRecord> records;     // may be null
  };
  bool legacy = false;    // the null stream: in step with all blocking ones
  bool blocking = true;   // in step with the null stream
  std::deque<Item> items;
};

class DeviceQueue {
 public:
  // Told of the first failure; everything queued is then dropped until `clear_failure`.
  explicit DeviceQueue(std::function<void(const Failure&)> on_failure);
  ~DeviceQueue();
  DeviceQueue(const DeviceQueue&) = delete;
  DeviceQueue& operator=(const DeviceQueue&) = delete;

  void add(const std::shared_ptr<Lane>& lane);
  // When what is queued has run, as far as the lane is concerned.
  void remove(const std::shared_ptr<Lane>& lane);

  void push(const std::shared_ptr<Lane>& lane, Work work);
  std::shared_ptr<EventRecord> record(const std::shared_ptr<Lane>& lane);
  void wait_for(const std::shared_ptr<Lane>& lane, std::shared_ptr<EventRecord> record);

  // Of an event that is recorded in the midst of work, by that work.
  void complete(const std::shared_ptr<EventRecord>& record);

  void synchronize(const std::shared_ptr<Lane>& lane);
  void synchronize(const std::shared_ptr<EventRecord>& record);
  void synchronize_all();
  bool idle(const std::shared_ptr<Lane>& lane);
  bool done(const std::shared_ptr<EventRecord>& record);

  void fail(const Failure& failure);
  void clear_failure();

  // How long work rests on an idle device, on average; 0 to run it at once.
  void set_rest(std::chrono::microseconds rest);
  void set_seed(uint64_t seed);

 private:
  void run();
  bool may_start(const Lane& lane) const;
  Lane* draw();
  bool finished(const Lane& lane, uint64_t up_to) const;
  void enqueue(const std::shared_ptr<Lane>& lane, Lane::Item item);
  uint64_t random();

  std::function<void(const Failure&)> on_failure_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;   // for the device
  std::condition_variable progress_;  // for the host
  std::vector<std::shared_ptr<Lane>> lanes_;
  uint64_t number_ = 0;
  size_t pending_ = 0;
  bool hurried_ = false;  // somebody waits: run until nothing is left
  bool failed_ = false;
  bool closing_ = false;
  uint64_t random_ = 0x2545f4914f6cdd1d;
  std::chrono::microseconds rest_{500};
  Clock::time_point resting_until_;
  std::thread thread_;
};

}  // namespace emulator
