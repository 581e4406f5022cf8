// What a driver must know of a module's PTX text: its kernels and their parameters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace emulator {

struct PtxEntry {
  std::string name;
  std::vector<size_t> parameter_sizes;
  unsigned max_threads = 1024;
  size_t static_shared_bytes = 0;
};

struct PtxModule {
  int version = 0;  // 70 for 7.0
  int target = 0;   // 80 for sm_80
  std::vector<PtxEntry> entries;
};

// Throws std::invalid_argument with the line and what is wrong with it.
PtxModule parse_ptx(std::string_view text);

}  // namespace emulator
