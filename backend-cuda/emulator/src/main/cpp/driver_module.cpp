#include "driver_module.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include "driver_graph.h"

namespace emulator {
namespace {

constexpr size_t kSharedPerMultiprocessor = 228 << 10;
constexpr size_t kSharedReserved = 1 << 10;  // per block, by the system
constexpr unsigned kThreadsPerMultiprocessor = 2048;
constexpr int kBlocksPerMultiprocessor = 32;

enum FunctionAttribute {
  kMaxThreadsPerBlock = 0,
  kSharedSizeBytes = 1,
  kConstSizeBytes = 2,
  kLocalSizeBytes = 3,
  kNumRegs = 4,
  kPtxVersion = 5,
  kBinaryVersion = 6,
  kCacheModeCa = 7,
  kMaxDynamicSharedSizeBytes = 8,
  kPreferredSharedMemoryCarveout = 9,
};

size_t max_shared() {
  return Driver::get().properties.capability_major >= 8 ? kMaxSharedBytes : size_t{64} << 10;
}

// The newest PTX that a driver reads, as NVIDIA's release notes have it: 8.5 came with 12.5, and
// 9.0 with 13.0.
int newest_ptx() {
  int version = Driver::get().properties.driver_version;
  return version >= 13000 ? 90 + version % 1000 / 10
         : version >= 12050 ? 85
                            : 80 + version % 1000 / 10;
}

// Null, or what makes the PTX and the sources that were compiled in differ.
std::string difference(const PtxEntry& entry, const Kernel& kernel) {
  if (entry.parameter_sizes.size() != kernel.parameters.size()) {
    return "has " + std::to_string(entry.parameter_sizes.size()) + " parameters in the PTX and " +
           std::to_string(kernel.parameters.size()) + " in its source";
  }
  for (size_t i = 0; i < kernel.parameters.size(); i++) {
    if (entry.parameter_sizes[i] != kernel.parameters[i].size) {
      return "has a parameter " + std::to_string(i) + " of " +
             std::to_string(entry.parameter_sizes[i]) + " bytes in the PTX and " +
             std::to_string(kernel.parameters[i].size) + " in its source";
    }
  }
  return "";
}

// What a text says. It is megabytes long, and every backend that is opened loads it, so what was
// read once is kept; the whole text is the key.
std::shared_ptr<const PtxModule> parsed(const char* text) {
  static std::mutex* mutex = new std::mutex();
  static auto* known = new std::unordered_map<std::string, std::shared_ptr<const PtxModule>>();
  std::string key(text);
  std::lock_guard lock(*mutex);
  auto found = known->find(key);
  if (found == known->end()) {
    auto module = std::make_shared<const PtxModule>(parse_ptx(key));
    found = known->emplace(std::move(key), std::move(module)).first;
  }
  return found->second;
}

CUresult load(CUmodule* handle, const char* text, std::string* log) {
  if (text == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  std::shared_ptr<const PtxModule> known;
  try {
    known = parsed(text);
  } catch (const std::invalid_argument& e) {
    *log = e.what();
    return CUDA_ERROR_INVALID_PTX;
  }
  const PtxModule& ptx = *known;
  const DeviceProperties& properties = Driver::get().properties;
  if (ptx.version > newest_ptx()) {
    *log = "PTX version " + std::to_string(ptx.version / 10) + "." +
           std::to_string(ptx.version % 10) + " is newer than the driver";
    return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  }
  if (ptx.target > properties.capability_major * 10 + properties.capability_minor) {
    *log = "sm_" + std::to_string(ptx.target) + " is newer than the device";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  auto module = std::make_shared<Module>();
  module->ptx_version = ptx.version;
  for (const PtxEntry& entry : ptx.entries) {
    const Kernel* kernel = find_kernel(entry.name);
    std::string different =
        kernel == nullptr ? "is in the PTX but not in the sources" : difference(entry, *kernel);
    if (!different.empty()) {
      *log = "kernel " + entry.name + " " + different + ": make the PTX anew";
      Driver::get().report(*log);
      return CUDA_ERROR_INVALID_PTX;
    }
    Function& function = module->functions[entry.name];
    function.ptx = entry;
    function.kernel = kernel;
    function.module = module.get();
    function.max_dynamic_shared -= entry.static_shared_bytes;
  }
  *handle = Driver::get().modules.add(module);
  return CUDA_SUCCESS;
}

// Options come as pairs of numbers and pointer-sized values.
CUresult load_with_options(CUmodule* handle, const char* text, unsigned count, const int* options,
                           void** values) {
  constexpr int kErrorLogBuffer = 5;
  constexpr int kErrorLogBytes = 6;
  std::string log;
  CUresult result = load(handle, text, &log);
  char* buffer = nullptr;
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == kErrorLogBuffer) {
      buffer = static_cast<char*>(values[i]);
    } else if (options[i] == kErrorLogBytes) {
      bytes = static_cast<unsigned>(reinterpret_cast<uintptr_t>(values[i]));
    }
  }
  if (buffer != nullptr && bytes != 0) {
    std::snprintf(buffer, bytes, "%s", log.c_str());
  }
  return result;
}

CUresult get_attribute(int* value, int attribute, const Function& function) {
  const DeviceProperties& properties = Driver::get().properties;
  int capability = properties.capability_major * 10 + properties.capability_minor;
  switch (attribute) {
    case kMaxThreadsPerBlock:
      *value = static_cast<int>(function.ptx.max_threads);
      return CUDA_SUCCESS;
    case kSharedSizeBytes:
      *value = static_cast<int>(function.ptx.static_shared_bytes);
      return CUDA_SUCCESS;
    case kConstSizeBytes:
    case kLocalSizeBytes:
    case kCacheModeCa:
      *value = 0;
      return CUDA_SUCCESS;
    case kNumRegs:
      *value = 32;
      return CUDA_SUCCESS;
    case kPtxVersion:
    case kBinaryVersion:
      *value = capability;
      return CUDA_SUCCESS;
    case kMaxDynamicSharedSizeBytes:
      *value = static_cast<int>(function.max_dynamic_shared);
      return CUDA_SUCCESS;
    case kPreferredSharedMemoryCarveout:
      *value = -1;
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult set_attribute(Function& function, int attribute, int value) {
  switch (attribute) {
    case kMaxDynamicSharedSizeBytes:
      if (value < 0 || function.ptx.static_shared_bytes + value > max_shared()) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      function.max_dynamic_shared = static_cast<size_t>(value);
      return CUDA_SUCCESS;
    case kPreferredSharedMemoryCarveout:
      return value < -1 || value > 100 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

}  // namespace

int Function::occupancy(unsigned threads, size_t dynamic_shared) const {
  size_t shared = ptx.static_shared_bytes + dynamic_shared + kSharedReserved;
  if (threads == 0 || threads > ptx.max_threads || shared > kSharedPerMultiprocessor) {
    return 0;
  }
  unsigned warps = (threads + kWarpSize - 1) / kWarpSize;
  return std::min({kBlocksPerMultiprocessor,
                   static_cast<int>(kThreadsPerMultiprocessor / (warps * kWarpSize)),
                   static_cast<int>(kSharedPerMultiprocessor / shared)});
}

std::shared_ptr<Module> module_of(const Function* function) {
  for (const auto& module : Driver::get().modules.all()) {
    for (const auto& [name, candidate] : module->functions) {
      if (&candidate == function) {
        return module;
      }
    }
  }
  return nullptr;
}

}  // namespace emulator

using emulator::call;
using emulator::Driver;
using emulator::kContext;
using emulator::kNotInCapture;
using emulator::kRelease;

CUDA_API CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return call("cuModuleLoadData", kContext | kNotInCapture, [&] {
    std::string log;
    return emulator::load(module, static_cast<const char*>(image), &log);
  });
}

CUDA_API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count,
                                     int* options, void** values) {
  return call("cuModuleLoadDataEx", kContext | kNotInCapture, [&] {
    return emulator::load_with_options(module, static_cast<const char*>(image), count, options,
                                       values);
  });
}

CUDA_API CUresult cuModuleUnload(CUmodule module) {
  return call("cuModuleUnload", kContext | kRelease, [&] {
    Driver::get().queue.synchronize_all();
    return Driver::get().modules.remove(module) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                           : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  return call("cuModuleGetFunction", kContext, [&] {
    auto found = Driver::get().modules.find(module);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    auto named = found->functions.find(name);
    if (named == found->functions.end()) {
      return CUDA_ERROR_NOT_FOUND;
    }
    *function = &named->second;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuModuleGetLoadingMode(int* mode) {
  return call("cuModuleGetLoadingMode", kContext, [&] {
    *mode = 1;  // eager
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  return call("cuFuncGetAttribute", kContext, [&] {
    return emulator::module_of(function) == nullptr
               ? CUDA_ERROR_INVALID_HANDLE
               : emulator::get_attribute(value, attribute, *function);
  });
}

CUDA_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return call("cuFuncSetAttribute", kContext, [&] {
    return emulator::module_of(function) == nullptr
               ? CUDA_ERROR_INVALID_HANDLE
               : emulator::set_attribute(*function, attribute, value);
  });
}

CUDA_API CUresult cuFuncSetCacheConfig(CUfunction, int) {
  return call("cuFuncSetCacheConfig", kContext, [] { return CUDA_SUCCESS; });
}

CUDA_API CUresult cuFuncGetModule(CUmodule* module, CUfunction function) {
  return call("cuFuncGetModule", kContext, [&] {
    auto found = emulator::module_of(function);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    *module = found.get();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks,
                                                                       CUfunction function,
                                                                       int threads,
                                                                       size_t shared, unsigned) {
  return call("cuOccupancyMaxActiveBlocksPerMultiprocessor", kContext, [&] {
    if (emulator::module_of(function) == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    *blocks = function->occupancy(static_cast<unsigned>(threads), shared);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function,
                                                              int threads, size_t shared) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared,
                                                              0);
}
