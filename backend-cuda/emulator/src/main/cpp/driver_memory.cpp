// Memory: allocated, copied, set.
#include <cstring>

#include "driver.h"
#include "driver_stream.h"

namespace emulator {
namespace {

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }
CUdeviceptr address_of(const void* pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }

bool on_device(CUdeviceptr address, size_t bytes) {
  return Driver::get().heap.find(address, bytes).has_value();
}

// Host memory that the driver has made or been told of: only that is copied to and from later, by
// the device; of all other a copy is made, or waited for, before the call returns.
bool pinned(const void* host, size_t bytes) {
  auto found = Driver::get().heap.find(address_of(host), bytes);
  return found && found->kind == MemoryKind::kHost;
}

std::string outside(const char* what, CUdeviceptr address, size_t bytes) {
  return std::string(what) + " of " + std::to_string(bytes) + " bytes at " +
         Driver::get().heap.describe(address);
}

// Once more when it runs: memory may have been freed since it was queued.
Failure copy(void* to, const void* from, size_t bytes, bool to_device, bool from_device) {
  if ((to_device && !on_device(address_of(to), bytes)) ||
      (from_device && !on_device(address_of(from), bytes))) {
    return {CUDA_ERROR_ILLEGAL_ADDRESS,
            outside("copy", address_of(to_device ? to : from), bytes)};
  }
  std::memmove(to, from, bytes);
  return {};
}

Work copy_work(void* to, const void* from, size_t bytes, bool to_device, bool from_device) {
  return [=] { return copy(to, from, bytes, to_device, from_device); };
}

CUresult submit_copy(CUstream stream, Work work) {
  auto node = std::make_shared<GraphNode>();
  node->type = CU_GRAPH_NODE_TYPE_MEMCPY;
  node->work = std::move(work);
  return submit(stream, node);
}

bool capturing(CUstream stream) {
  auto found = find_stream(stream);
  std::lock_guard lock(capture_mutex());
  return found != nullptr && found->capture != nullptr;
}

CUresult copy_to_device_async(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  if (!on_device(to, bytes)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (pinned(from, bytes) || capturing(stream)) {
    return submit_copy(stream, copy_work(pointer(to), from, bytes, true, false));
  }
  auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from),
                                                    static_cast<const char*>(from) + bytes);
  return submit_copy(stream, [=] { return copy(pointer(to), staged->data(), bytes, true, false); });
}

CUresult copy_to_host_async(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  if (!on_device(from, bytes)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUresult result = submit_copy(stream, copy_work(to, pointer(from), bytes, false, true));
  if (result == CUDA_SUCCESS && !pinned(to, bytes) && !capturing(stream)) {
    Driver::get().queue.synchronize(find_stream(stream)->lane);
    return Driver::get().sticky;
  }
  return result;
}

template <class T>
Work set_work(CUdeviceptr to, T value, size_t count) {
  return [=]() -> Failure {
    if (!on_device(to, count * sizeof(T))) {
      return {CUDA_ERROR_ILLEGAL_ADDRESS, outside("memset", to, count * sizeof(T))};
    }
    std::fill_n(static_cast<T*>(pointer(to)), count, value);
    return {};
  };
}

template <class T>
CUresult set(CUdeviceptr to, T value, size_t count, CUstream stream) {
  if (to % sizeof(T) != 0 || count > SIZE_MAX / sizeof(T) || !on_device(to, count * sizeof(T))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  auto node = std::make_shared<GraphNode>();
  node->type = CU_GRAPH_NODE_TYPE_MEMSET;
  node->work = set_work(to, value, count);
  return submit(stream, node);
}

CUresult free_memory(uintptr_t address, MemoryKind kind) {
  Driver& driver = Driver::get();
  // As drivers do: what is queued may still use it.
  driver.queue.synchronize_all();
  std::string problem;
  if (!driver.heap.free(address, kind, &problem)) {
    driver.report("free of " + driver.heap.describe(address));
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (!problem.empty()) {
    driver.queue.fail({CUDA_ERROR_ILLEGAL_ADDRESS, problem});
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  }
  return CUDA_SUCCESS;
}

CUresult allocate_host(void** memory, size_t bytes) {
  if (bytes == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *memory = Driver::get().heap.allocate(bytes, MemoryKind::kHost);
  return *memory == nullptr ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
}

}  // namespace
}  // namespace emulator

using emulator::address_of;
using emulator::call;
using emulator::copy_work;
using emulator::Driver;
using emulator::kContext;
using emulator::kNotInCapture;
using emulator::kRelease;
using emulator::MemoryKind;
using emulator::on_device;
using emulator::pointer;

CUDA_API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return call("cuMemAlloc", kContext | kNotInCapture, [&] {
    if (bytes == 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    void* memory = Driver::get().heap.allocate(bytes, MemoryKind::kDevice);
    *address = address_of(memory);
    return memory == nullptr ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuMemFree_v2(CUdeviceptr address) {
  return call("cuMemFree", kContext | kNotInCapture | kRelease, [&] {
    return address == 0 ? CUDA_SUCCESS : emulator::free_memory(address, MemoryKind::kDevice);
  });
}

CUDA_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return call("cuMemGetInfo", kContext, [&] {
    *total = Driver::get().heap.total();
    *free = *total - Driver::get().heap.used();
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  return call("cuMemGetAddressRange", kContext, [&] {
    auto found = Driver::get().heap.find(address, 1);
    if (!found) {
      return CUDA_ERROR_NOT_FOUND;
    }
    if (base != nullptr) {
      *base = found->begin;
    }
    if (bytes != nullptr) {
      *bytes = found->bytes;
    }
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  return call("cuMemHostAlloc", kContext | kNotInCapture,
              [&] { return emulator::allocate_host(memory, bytes); });
}

CUDA_API CUresult cuMemAllocHost_v2(void** memory, size_t bytes) {
  return call("cuMemAllocHost", kContext | kNotInCapture,
              [&] { return emulator::allocate_host(memory, bytes); });
}

CUDA_API CUresult cuMemFreeHost(void* memory) {
  return call("cuMemFreeHost", kContext | kNotInCapture | kRelease, [&] {
    return memory == nullptr ? CUDA_SUCCESS
                             : emulator::free_memory(address_of(memory), MemoryKind::kHost);
  });
}

CUDA_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* address, void* memory,
                                               unsigned flags) {
  return call("cuMemHostGetDevicePointer", kContext, [&] {
    if (flags != 0 || !emulator::pinned(memory, 1)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *address = address_of(memory);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return call("cuMemcpyHtoD", kContext | kNotInCapture, [&] {
    return on_device(to, bytes)
               ? emulator::run_and_wait(copy_work(pointer(to), from, bytes, true, false))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUDA_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return call("cuMemcpyDtoH", kContext | kNotInCapture, [&] {
    return on_device(from, bytes)
               ? emulator::run_and_wait(copy_work(to, pointer(from), bytes, false, true))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return call("cuMemcpyDtoD", kContext | kNotInCapture, [&] {
    return on_device(to, bytes) && on_device(from, bytes)
               ? emulator::submit_copy(nullptr,
                                       copy_work(pointer(to), pointer(from), bytes, true, true))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes,
                                       CUstream stream) {
  return call("cuMemcpyHtoDAsync", kContext,
              [&] { return emulator::copy_to_device_async(to, from, bytes, stream); });
}

CUDA_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes,
                                       CUstream stream) {
  return call("cuMemcpyDtoHAsync", kContext,
              [&] { return emulator::copy_to_host_async(to, from, bytes, stream); });
}

CUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                       CUstream stream) {
  return call("cuMemcpyDtoDAsync", kContext, [&] {
    return on_device(to, bytes) && on_device(from, bytes)
               ? emulator::submit_copy(stream,
                                       copy_work(pointer(to), pointer(from), bytes, true, true))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUDA_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return call("cuMemsetD8", kContext | kNotInCapture,
              [&] { return emulator::set(to, value, count, nullptr); });
}

CUDA_API CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  return call("cuMemsetD16", kContext | kNotInCapture,
              [&] { return emulator::set(to, value, count, nullptr); });
}

CUDA_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return call("cuMemsetD32", kContext | kNotInCapture,
              [&] { return emulator::set(to, value, count, nullptr); });
}

CUDA_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                  CUstream stream) {
  return call("cuMemsetD8Async", kContext,
              [&] { return emulator::set(to, value, count, stream); });
}

CUDA_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count,
                                   CUstream stream) {
  return call("cuMemsetD16Async", kContext,
              [&] { return emulator::set(to, value, count, stream); });
}

CUDA_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                                   CUstream stream) {
  return call("cuMemsetD32Async", kContext,
              [&] { return emulator::set(to, value, count, stream); });
}
