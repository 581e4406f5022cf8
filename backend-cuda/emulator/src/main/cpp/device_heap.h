// The memory of the emulated device, and host memory that it can reach.
//
// Every allocation ends, up to its rounding to 256 bytes, at a page that can't be touched; what is
// left before and behind it is a redzone with a pattern. Contents start as NaN. Addresses of what
// was freed are never given again and can't be touched. So an access that strays far, or to freed
// memory, faults at once, a write that strays little is found at the next check, and whatever was
// read without having been written shows up as NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace emulator {

enum class MemoryKind { kDevice, kHost };

struct Allocation {
  uintptr_t begin;
  size_t bytes;
  MemoryKind kind;
  uintptr_t pages_begin;
  uintptr_t pages_end;  // guard page not included
  uint64_t number;      // counts all allocations, to be told in messages
};

class DeviceHeap {
 public:
  DeviceHeap();

  // Null if there is no such memory left on the device (or, for host memory, on the host).
  void* allocate(size_t bytes, MemoryKind kind);
  // False if it is not the beginning of an allocation of this kind. What was written beside it is
  // appended to *problem.
  bool free(uintptr_t address, MemoryKind kind, std::string* problem);
  // Without a word: what the end of a context takes with it. Returns how many there were.
  size_t free_all(MemoryKind kind);

  // The allocation that holds all of [address, address + bytes), freed ones aside.
  std::optional<Allocation> find(uintptr_t address, size_t bytes);
  // Where an address lies, for people.
  std::string describe(uintptr_t address);
  // What was written beside live allocations since the last check; empty if nothing.
  std::string check_redzones();

  void set_total(size_t bytes);
  size_t total();
  size_t used();
  size_t count(MemoryKind kind);

 private:
  std::string check(const Allocation& allocation);
  void release(const Allocation& allocation);

  int poison_;  // a file
  std::mutex mutex_;
  uintptr_t next_;  // of the reserved addresses
  uintptr_t end_;
  size_t total_ = size_t{4} << 30;
  size_t used_ = 0;
  uint64_t number_ = 0;
  std::map<uintptr_t, Allocation> live_;
  std::map<uintptr_t, Allocation> freed_;
};

}  // namespace emulator
