// The kernels that were compiled in, found by name, with what a driver must know to launch them.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace emulator {

struct Parameter {
  size_t size;
  size_t alignment;
  bool pointer;
};

struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  void (*invoke)(void* const* arguments);
};

void register_kernel(Kernel kernel);
const Kernel* find_kernel(const std::string& name);

template <auto kKernel>
struct Bind;

template <class... Parameters, void (*kKernel)(Parameters...)>
struct Bind<kKernel> {
  static void invoke(void* const* arguments) {
    invoke(arguments, std::index_sequence_for<Parameters...>());
  }
  template <size_t... kIndices>
  static void invoke(void* const* arguments, std::index_sequence<kIndices...>) {
    (void)arguments;  // of a kernel without parameters
    kKernel(*static_cast<std::remove_const_t<Parameters>*>(arguments[kIndices])...);
  }
  static std::vector<Parameter> parameters() {
    return {{sizeof(Parameters), alignof(Parameters), std::is_pointer_v<Parameters>}...};
  }
};

template <auto kKernel>
struct Registration {
  explicit Registration(const char* name) {
    register_kernel({name, Bind<kKernel>::parameters(), Bind<kKernel>::invoke});
  }
};

}  // namespace emulator

// Stands at namespace scope behind each kernel.
#define REGISTER_KERNEL(name) static const emulator::Registration<name> registration_of_##name(#name)
