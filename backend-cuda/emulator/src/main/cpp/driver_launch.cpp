// Launches of kernels: checked when they are queued, run later.
#include <cstring>

#include "driver_graph.h"
#include "driver_module.h"
#include "driver_stream.h"

namespace emulator {
namespace {

CUresult code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted:
      return CUDA_SUCCESS;
    case Outcome::kIllegalAddress:
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    case Outcome::kDeadlock:
      return CUDA_ERROR_LAUNCH_TIMEOUT;
    default:
      return CUDA_ERROR_LAUNCH_FAILED;
  }
}

// Empty, or which pointer leads to no memory of the device. A device would only fail when it is
// followed; but nobody has a use for such a pointer.
std::string stray_pointer(const KernelCall& call) {
  const Kernel& kernel = *call.function->kernel;
  for (size_t i = 0; i < kernel.parameters.size(); i++) {
    if (!kernel.parameters[i].pointer) {
      continue;
    }
    uintptr_t address;
    std::memcpy(&address, call.arguments[i], sizeof(address));
    if (address != 0 && !Driver::get().heap.find(address, 0)) {
      return "kernel " + kernel.name + ", parameter " + std::to_string(i) + " points to " +
             Driver::get().heap.describe(address);
    }
  }
  return "";
}

size_t align(size_t offset, size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

CUresult check_shape(const Function& function, const CUDA_KERNEL_NODE_PARAMS& p,
                     bool cooperative) {
  // Products of three 32-bit numbers, so in 64 bits only after each is known to be in range.
  if (p.gridDimX == 0 || p.gridDimY == 0 || p.gridDimZ == 0 || p.blockDimX == 0 ||
      p.blockDimY == 0 || p.blockDimZ == 0 || p.gridDimX > 0x7fffffff || p.gridDimY > 65535 ||
      p.gridDimZ > 65535 || p.blockDimX > kMaxThreads || p.blockDimY > kMaxThreads ||
      p.blockDimZ > 64) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  unsigned threads = p.blockDimX * p.blockDimY * p.blockDimZ;
  if (threads > function.ptx.max_threads || p.sharedMemBytes > function.max_dynamic_shared) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  uint64_t blocks = uint64_t{p.gridDimX} * p.gridDimY * p.gridDimZ;
  if (blocks > UINT32_MAX) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  int at_once = function.occupancy(threads, p.sharedMemBytes);
  if (at_once == 0) {
    return CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
  }
  // A thread of the host for each block: more than a few would not make progress.
  constexpr uint64_t kMostCooperative = 64;
  if (cooperative &&
      blocks > std::min(kMostCooperative, uint64_t(at_once) *
                                              Driver::get().properties.multiprocessors)) {
    return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
  }
  return CUDA_SUCCESS;
}

CUresult launch(const CUDA_KERNEL_NODE_PARAMS& params, CUstream stream, bool cooperative) {
  std::shared_ptr<const KernelCall> made;
  CUresult result = make_kernel_call(params, cooperative, &made);
  return result != CUDA_SUCCESS ? result : submit(stream, kernel_node(made));
}

}  // namespace

CUresult make_kernel_call(const CUDA_KERNEL_NODE_PARAMS& params, bool cooperative,
                          std::shared_ptr<const KernelCall>* made) {
  auto module = module_of(params.func);
  if (module == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (params.extra != nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const Function& function = *params.func;
  const auto& parameters = function.kernel->parameters;
  if (params.kernelParams == nullptr && !parameters.empty()) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (CUresult result = check_shape(function, params, cooperative); result != CUDA_SUCCESS) {
    return result;
  }
  auto call = std::make_shared<KernelCall>();
  call->module = module;
  call->function = &function;
  call->grid = dim3(params.gridDimX, params.gridDimY, params.gridDimZ);
  call->block = dim3(params.blockDimX, params.blockDimY, params.blockDimZ);
  call->shared_bytes = params.sharedMemBytes;
  call->cooperative = cooperative;
  std::vector<size_t> offsets;
  size_t bytes = 0;
  for (const Parameter& parameter : parameters) {
    bytes = align(bytes, parameter.alignment);
    offsets.push_back(bytes);
    bytes += parameter.size;
  }
  call->bytes.resize(bytes);
  for (size_t i = 0; i < parameters.size(); i++) {
    call->arguments.push_back(call->bytes.data() + offsets[i]);
    std::memcpy(call->arguments[i], params.kernelParams[i], parameters[i].size);
  }
  *made = std::move(call);
  return CUDA_SUCCESS;
}

Failure run_kernel(const KernelCall& call) {
  const Kernel& kernel = *call.function->kernel;
  // Tests make executions fail under this name, whichever way they were queued; and count them.
  Calls::get().count(("execute " + kernel.name).c_str());
  if (CUresult planned = Calls::get().count("execute"); planned != CUDA_SUCCESS) {
    return {planned, "kernel " + kernel.name + " fails because a test asked for it"};
  }
  if (std::string stray = stray_pointer(call); !stray.empty()) {
    return {CUDA_ERROR_ILLEGAL_ADDRESS, stray};
  }
  Launch launch{};
  launch.kernel = &kernel;
  launch.arguments = call.arguments.data();
  launch.grid = call.grid;
  launch.block = call.block;
  launch.shared_bytes = call.shared_bytes;
  launch.static_shared = call.function->ptx.static_shared_bytes != 0;
  LaunchResult result = Driver::get().launcher.run(launch, call.cooperative);
  std::string message = result.message;
  if (result.outcome == Outcome::kIllegalAddress) {
    message += ": " + Driver::get().heap.describe(result.address);
  }
  return {code_of(result.outcome), message};
}

std::shared_ptr<GraphNode> kernel_node(std::shared_ptr<const KernelCall> kernel) {
  auto node = std::make_shared<GraphNode>();
  node->type = CU_GRAPH_NODE_TYPE_KERNEL;
  node->kernel = kernel;
  node->work = [kernel] { return run_kernel(*kernel); };
  return node;
}

}  // namespace emulator

using emulator::call;
using emulator::kContext;

CUDA_API CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                 unsigned grid_z, unsigned block_x, unsigned block_y,
                                 unsigned block_z, unsigned shared_bytes, CUstream stream,
                                 void** parameters, void** extra) {
  return call("cuLaunchKernel", kContext, [&] {
    return emulator::launch({function, grid_x, grid_y, grid_z, block_x, block_y, block_z,
                             shared_bytes, parameters, extra, nullptr, nullptr},
                            stream, false);
  });
}

CUDA_API CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned grid_x,
                                            unsigned grid_y, unsigned grid_z, unsigned block_x,
                                            unsigned block_y, unsigned block_z,
                                            unsigned shared_bytes, CUstream stream,
                                            void** parameters) {
  return call("cuLaunchCooperativeKernel", kContext, [&] {
    return emulator::launch({function, grid_x, grid_y, grid_z, block_x, block_y, block_z,
                             shared_bytes, parameters, nullptr, nullptr, nullptr},
                            stream, true);
  });
}
