// Memory around what kernels may touch. Writes to it are found because a pattern is gone; under
// AddressSanitizer any access is found when it happens.
#pragma once

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace emulator {

constexpr uint16_t kRedzonePattern = 0xfffe;  // NaN as float, half and bfloat16

inline unsigned char redzone_pattern(uintptr_t address) {
  return static_cast<unsigned char>(kRedzonePattern >> ((address & 1) * 8));
}

inline void open_redzone(uintptr_t begin, uintptr_t end) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(reinterpret_cast<void*>(begin), end - begin);
#else
  (void)begin;
  (void)end;
#endif
}

inline void close_redzone(uintptr_t begin, uintptr_t end) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(reinterpret_cast<void*>(begin), end - begin);
#else
  (void)begin;
  (void)end;
#endif
}

inline void fill_redzone(uintptr_t begin, uintptr_t end) {
  open_redzone(begin, end);
  for (uintptr_t at = begin; at < end; at++) {
    *reinterpret_cast<unsigned char*>(at) = redzone_pattern(at);
  }
  close_redzone(begin, end);
}

// The first byte that was overwritten, or `end`.
inline uintptr_t find_overwritten(uintptr_t begin, uintptr_t end) {
  open_redzone(begin, end);
  uintptr_t at = begin;
  while (at < end && *reinterpret_cast<unsigned char*>(at) == redzone_pattern(at)) {
    at++;
  }
  close_redzone(begin, end);
  return at;
}

}  // namespace emulator
