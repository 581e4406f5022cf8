#include "device_heap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "redzone.h"

namespace emulator {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 256;  // of what cuMemAlloc gives
constexpr size_t kReserved = size_t{1} << 40;
constexpr size_t kRedzone = 256;  // as far as it is checked
constexpr size_t kRemembered = 4096;
constexpr size_t kPoison = size_t{16} << 20;  // bytes of a file that is mapped again and again
constexpr unsigned char kPoisonByte = 0xff;   // four of them, or two, are a NaN

size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }

// A file of poison. Whoever writes to a private mapping of it gets pages of their own; so memory
// that nobody touches costs nothing, whatever its size.
int poison_file() {
  int file = memfd_create("gpt2j-poison", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, kPoison) != 0) {
    throw std::bad_alloc();
  }
  void* memory = mmap(nullptr, kPoison, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  std::memset(memory, kPoisonByte, kPoison);
  munmap(memory, kPoison);
  return file;
}

// As find_overwritten; then the pattern is whole again.
uintptr_t mend_redzone(uintptr_t begin, uintptr_t end) {
  uintptr_t at = find_overwritten(begin, end);
  if (at != end) {
    fill_redzone(at, end);
  }
  return at;
}

}  // namespace

DeviceHeap::DeviceHeap() : poison_(poison_file()) {
  void* memory = mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  next_ = reinterpret_cast<uintptr_t>(memory);
  end_ = next_ + kReserved;
}

void* DeviceHeap::allocate(size_t bytes, MemoryKind kind) {
  std::lock_guard lock(mutex_);
  if (bytes > kReserved || (kind == MemoryKind::kDevice && bytes > total_ - used_)) {
    return nullptr;
  }
  size_t pages = round_up(round_up(bytes, kAlignment) + kRedzone, kPage);
  if (pages + kPage > end_ - next_) {
    return nullptr;
  }
  // Whatever is read without having been written shows.
  for (size_t done = 0; done < pages; done += kPoison) {
    void* part = mmap(reinterpret_cast<void*>(next_ + done), std::min(kPoison, pages - done),
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, poison_, 0);
    if (part == MAP_FAILED) {
      return nullptr;
    }
  }
  Allocation allocation;
  allocation.bytes = bytes;
  allocation.kind = kind;
  allocation.pages_begin = next_;
  allocation.pages_end = next_ + pages;
  allocation.begin = allocation.pages_end - round_up(bytes, kAlignment);
  allocation.number = ++number_;
  next_ += pages + kPage;
  if (kind == MemoryKind::kDevice) {
    used_ += bytes;
  }
  fill_redzone(allocation.begin - kRedzone, allocation.begin);
  fill_redzone(allocation.begin + bytes, allocation.pages_end);
  live_[allocation.begin] = allocation;
  return reinterpret_cast<void*>(allocation.begin);
}

bool DeviceHeap::free(uintptr_t address, MemoryKind kind, std::string* problem) {
  std::lock_guard lock(mutex_);
  auto found = live_.find(address);
  if (found == live_.end() || found->second.kind != kind) {
    return false;
  }
  *problem += check(found->second);
  release(found->second);
  live_.erase(found);
  return true;
}

size_t DeviceHeap::free_all(MemoryKind kind) {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  for (auto at = live_.begin(); at != live_.end();) {
    if (at->second.kind == kind) {
      release(at->second);
      at = live_.erase(at);
      count++;
    } else {
      ++at;
    }
  }
  return count;
}

void DeviceHeap::release(const Allocation& allocation) {
  open_redzone(allocation.pages_begin, allocation.pages_end);
  mmap(reinterpret_cast<void*>(allocation.pages_begin),
       allocation.pages_end - allocation.pages_begin, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (allocation.kind == MemoryKind::kDevice) {
    used_ -= allocation.bytes;
  }
  freed_[allocation.begin] = allocation;
  if (freed_.size() > kRemembered) {
    freed_.erase(freed_.begin());
  }
}

std::optional<Allocation> DeviceHeap::find(uintptr_t address, size_t bytes) {
  std::lock_guard lock(mutex_);
  auto found = live_.upper_bound(address);
  if (found == live_.begin()) {
    return std::nullopt;
  }
  const Allocation& allocation = (--found)->second;
  size_t offset = address - allocation.begin;
  if (offset > allocation.bytes || bytes > allocation.bytes - offset) {
    return std::nullopt;
  }
  return allocation;
}

std::string DeviceHeap::describe(uintptr_t address) {
  std::lock_guard lock(mutex_);
  for (const auto* all : {&live_, &freed_}) {
    auto found = all->upper_bound(address + kPage);  // also just before one
    if (found == all->begin()) {
      continue;
    }
    const Allocation& allocation = (--found)->second;
    if (address + kPage < allocation.begin || address >= allocation.pages_end + kPage) {
      continue;
    }
    auto offset = static_cast<int64_t>(address - allocation.begin);
    return "byte " + std::to_string(offset) + " of a " + (all == &freed_ ? "freed " : "") +
           (allocation.kind == MemoryKind::kDevice ? "device" : "host") + " allocation of " +
           std::to_string(allocation.bytes) + " bytes (number " +
           std::to_string(allocation.number) + ")";
  }
  return "nothing that was allocated";
}

std::string DeviceHeap::check(const Allocation& allocation) {
  uintptr_t data_end = allocation.begin + allocation.bytes;
  uintptr_t before = mend_redzone(allocation.begin - kRedzone, allocation.begin);
  uintptr_t behind =
      mend_redzone(data_end, std::min(data_end + kRedzone, allocation.pages_end));
  std::string which = " an allocation of " + std::to_string(allocation.bytes) +
                      " bytes (number " + std::to_string(allocation.number) + ")\n";
  std::string problem;
  if (before != allocation.begin) {
    problem += "written " + std::to_string(allocation.begin - before) + " bytes before" + which;
  }
  if (behind != std::min(data_end + kRedzone, allocation.pages_end)) {
    problem += "written " + std::to_string(behind - data_end) + " bytes behind the end of" + which;
  }
  return problem;
}

std::string DeviceHeap::check_redzones() {
  std::lock_guard lock(mutex_);
  std::string problems;
  for (const auto& [begin, allocation] : live_) {
    problems += check(allocation);
  }
  return problems;
}

void DeviceHeap::set_total(size_t bytes) {
  std::lock_guard lock(mutex_);
  total_ = std::max(bytes, used_);
}

size_t DeviceHeap::total() {
  std::lock_guard lock(mutex_);
  return total_;
}

size_t DeviceHeap::used() {
  std::lock_guard lock(mutex_);
  return used_;
}

size_t DeviceHeap::count(MemoryKind kind) {
  std::lock_guard lock(mutex_);
  return std::count_if(live_.begin(), live_.end(),
                       [kind](const auto& entry) { return entry.second.kind == kind; });
}

}  // namespace emulator
