#include "kernel_registry.h"

#include <map>

namespace emulator {
namespace {

// Filled while the library is loaded, by initialisers in no particular order.
std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> kernels;
  return kernels;
}

}  // namespace

void register_kernel(Kernel kernel) { kernels()[kernel.name] = std::move(kernel); }

const Kernel* find_kernel(const std::string& name) {
  auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &found->second;
}

}  // namespace emulator
