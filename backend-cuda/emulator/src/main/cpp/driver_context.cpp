// The driver itself, its device, and contexts.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "driver.h"

namespace emulator {
namespace {

// Contexts are current to a thread of the host, one upon another.
thread_local std::vector<std::weak_ptr<Context>> context_stack;

struct Primary {
  std::mutex mutex;
  std::shared_ptr<Context> context;
  unsigned retained = 0;
};

Primary& primary() {
  static Primary* primary = new Primary();
  return *primary;
}

CUresult set_current(Context* context) {
  std::shared_ptr<Context> found;
  if (context != nullptr) {
    found = Driver::get().contexts.find(context);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
  }
  if (context_stack.empty()) {
    context_stack.emplace_back(found);
  } else {
    context_stack.back() = found;
  }
  return CUDA_SUCCESS;
}

bool has_device(CUdevice device) {
  return device >= 0 && device < Driver::get().properties.count;
}

int attribute(int number) {
  const DeviceProperties& properties = Driver::get().properties;
  switch (number) {
    case 1: return 1024;     // threads per block
    case 2: return 1024;     // block, x
    case 3: return 1024;     // block, y
    case 4: return 64;       // block, z
    case 5: return 0x7fffffff;  // grid, x
    case 6: return 65535;    // grid, y
    case 7: return 65535;    // grid, z
    case 8: return 48 << 10;    // shared memory per block, unasked
    case 9: return 64 << 10;    // constant memory
    case 10: return 32;      // warp size
    case 12: return 65536;   // registers per block
    case 13: return 1000000; // clock, kHz
    case 14: return 512;     // texture alignment
    case 15: return 1;       // copies while it computes
    case 16: return properties.multiprocessors;
    case 19: return 1;       // can map host memory
    case 31: return 1;       // concurrent kernels
    case 36: return 1000000; // memory clock, kHz
    case 37: return 512;     // memory bus width
    case 38: return 4 << 20;    // second-level cache
    case 39: return 2048;    // threads per multiprocessor
    case 40: return 1;       // copy engines
    case 41: return 1;       // unified addressing
    case 75: return properties.capability_major;
    case 76: return properties.capability_minor;
    case 78: return 1;       // stream priorities
    case 81: return 228 << 10;  // shared memory per multiprocessor
    case 82: return 65536;   // registers per multiprocessor
    case 95: return 1;       // cooperative launch
    case 97: return properties.capability_major >= 8 ? 227 << 10 : 64 << 10;  // shared, opted in
    case 106: return 32;     // blocks per multiprocessor
    case 111: return 1 << 10;   // shared memory kept by the system, per block
    default: return 0;
  }
}

}  // namespace

Context* current_context() {
  if (context_stack.empty()) {
    return nullptr;
  }
  return context_stack.back().lock().get();
}

}  // namespace emulator

using emulator::call;
using emulator::Context;
using emulator::Driver;
using emulator::kAnytime;
using emulator::kContext;
using emulator::kInitialized;
using emulator::kNotInCapture;

CUDA_API CUresult cuInit(unsigned flags) {
  return call("cuInit", kAnytime, [&] {
    if (flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (Driver::get().properties.count == 0) {
      return CUDA_ERROR_NO_DEVICE;
    }
    Driver::get().initialized = true;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDriverGetVersion(int* version) {
  return call("cuDriverGetVersion", kAnytime, [&] {
    *version = Driver::get().properties.driver_version;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", kInitialized, [&] {
    *count = Driver::get().properties.count;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return call("cuDeviceGet", kInitialized, [&] {
    if (!emulator::has_device(ordinal)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return call("cuDeviceGetName", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    std::snprintf(name, static_cast<size_t>(length), "Emulated CUDA device");
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  return call("cuDeviceGetAttribute", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    *value = emulator::attribute(attribute);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return call("cuDeviceComputeCapability", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    *major = emulator::attribute(75);
    *minor = emulator::attribute(76);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceGetUuid(unsigned char* uuid, CUdevice device) {
  return call("cuDeviceGetUuid", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    std::memset(uuid, 0, 16);
    uuid[15] = static_cast<unsigned char>(device);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return call("cuDeviceTotalMem", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    *bytes = Driver::get().heap.total();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return call("cuDevicePrimaryCtxRetain", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    emulator::Primary& primary = emulator::primary();
    std::lock_guard lock(primary.mutex);
    if (primary.retained++ == 0) {
      primary.context = std::make_shared<Context>();
      primary.context->primary = true;
      Driver::get().contexts.add(primary.context);
    }
    *context = primary.context.get();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return call("cuDevicePrimaryCtxRelease", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    emulator::Primary& primary = emulator::primary();
    std::lock_guard lock(primary.mutex);
    if (primary.retained == 0) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (--primary.retained == 0) {
      Driver::get().end_context(primary.context.get());
      primary.context.reset();
    }
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return call("cuDevicePrimaryCtxReset", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    emulator::Primary& primary = emulator::primary();
    std::lock_guard lock(primary.mutex);
    if (primary.retained != 0) {
      Driver::get().end_context(primary.context.get());
      Driver::get().contexts.add(primary.context);
    }
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  return call("cuDevicePrimaryCtxGetState", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    std::lock_guard lock(emulator::primary().mutex);
    *flags = 0;
    *active = emulator::primary().retained != 0;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
  return call("cuDevicePrimaryCtxSetFlags", kInitialized, [&] {
    return emulator::has_device(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
  });
}

CUDA_API CUresult cuCtxCreate_v2(CUcontext* context, unsigned, CUdevice device) {
  return call("cuCtxCreate", kInitialized, [&] {
    if (!emulator::has_device(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    auto created = std::make_shared<Context>();
    *context = Driver::get().contexts.add(created);
    emulator::context_stack.emplace_back(created);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxDestroy_v2(CUcontext context) {
  return call("cuCtxDestroy", kInitialized, [&] {
    auto found = Driver::get().contexts.find(context);
    if (found == nullptr || found->primary) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (emulator::current_context() == context) {
      emulator::context_stack.pop_back();
    }
    Driver::get().end_context(context);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxSetCurrent(CUcontext context) {
  return call("cuCtxSetCurrent", kInitialized, [&] { return emulator::set_current(context); });
}

CUDA_API CUresult cuCtxGetCurrent(CUcontext* context) {
  return call("cuCtxGetCurrent", kInitialized, [&] {
    *context = emulator::current_context();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return call("cuCtxPushCurrent", kInitialized, [&] {
    auto found = Driver::get().contexts.find(context);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    emulator::context_stack.emplace_back(found);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return call("cuCtxPopCurrent", kInitialized, [&] {
    if (emulator::context_stack.empty()) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (context != nullptr) {
      *context = emulator::current_context();
    }
    emulator::context_stack.pop_back();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxGetDevice(CUdevice* device) {
  return call("cuCtxGetDevice", kContext, [&] {
    *device = 0;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxGetApiVersion(CUcontext, unsigned* version) {
  return call("cuCtxGetApiVersion", kInitialized, [&] {
    *version = 3020;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return call("cuCtxGetStreamPriorityRange", kContext, [&] {
    if (least != nullptr) {
      *least = 0;
    }
    if (greatest != nullptr) {
      *greatest = -5;
    }
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuCtxSynchronize() {
  return call("cuCtxSynchronize", kContext | kNotInCapture, [&] {
    Driver& driver = Driver::get();
    driver.queue.synchronize_all();
    driver.check_memory();
    return driver.sticky.load();
  });
}
