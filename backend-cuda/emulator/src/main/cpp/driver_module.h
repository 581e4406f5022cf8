// Modules and their functions.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "driver.h"
#include "kernel_registry.h"
#include "ptx.h"

namespace emulator {

struct Function {
  PtxEntry ptx;
  const Kernel* kernel = nullptr;
  Module* module = nullptr;
  size_t max_dynamic_shared = 48 << 10;  // more must be asked for

  // Blocks of this shape that a multiprocessor takes at once.
  int occupancy(unsigned threads, size_t dynamic_shared) const;
};

struct Module {
  int ptx_version = 0;
  std::map<std::string, Function> functions;
};

// The module of a function handle; null if there is none that is loaded.
std::shared_ptr<Module> module_of(const Function* function);

}  // namespace emulator
