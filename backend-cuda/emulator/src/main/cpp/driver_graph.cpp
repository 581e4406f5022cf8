#include "driver_graph.h"

#include <cstring>

#include "driver_module.h"
#include "driver_stream.h"

namespace emulator {

namespace {

constexpr size_t kMostNodes = 1 << 20;

CUresult instantiate(CUgraphExec* exec, CUgraph handle) {
  auto graph = Driver::get().graphs.find(handle);
  if (graph == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  auto made = std::make_shared<GraphExec>();
  made->keeps = std::make_shared<Graph>(*graph);
  made->dependents.resize(graph->nodes.size());
  for (size_t i = 0; i < graph->nodes.size(); i++) {
    made->origins.push_back(graph->nodes[i].get());
    made->work.push_back(graph->nodes[i]->work);
    made->dependency_counts.push_back(graph->dependencies[i].size());
    for (size_t before : graph->dependencies[i]) {
      made->dependents[before].push_back(i);
    }
  }
  *exec = Driver::get().graph_execs.add(made);
  return CUDA_SUCCESS;
}

// Of the nodes that may run, the newest goes first: another order than the one they were captured
// in, wherever there is a choice.
// `records`: what nodes that record an event complete, empty for all others.
Failure run_graph(GraphExec& exec, const std::vector<std::shared_ptr<EventRecord>>& records) {
  std::vector<Work> work;
  {
    std::lock_guard lock(exec.mutex);
    work = exec.work;
  }
  std::vector<size_t> waiting_for = exec.dependency_counts;
  std::vector<size_t> ready;
  for (size_t i = 0; i < work.size(); i++) {
    if (waiting_for[i] == 0) {
      ready.push_back(i);
    }
  }
  while (!ready.empty()) {
    size_t node = ready.back();
    ready.pop_back();
    if (records[node] != nullptr) {
      Driver::get().queue.complete(records[node]);
    } else if (Failure failure = work[node](); failure.code != CUDA_SUCCESS) {
      return failure;
    }
    for (size_t dependent : exec.dependents[node]) {
      if (--waiting_for[dependent] == 0) {
        ready.push_back(dependent);
      }
    }
  }
  return {};
}

CUresult launch(CUgraphExec handle, CUstream stream) {
  auto exec = Driver::get().graph_execs.find(handle);
  if (exec == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  // From here on its events wait for this run.
  std::vector<std::shared_ptr<EventRecord>> records;
  for (const auto& node : exec->keeps->nodes) {
    records.push_back(node->event == nullptr ? nullptr : std::make_shared<EventRecord>());
    if (node->event != nullptr) {
      node->event->record = records.back();
    }
  }
  auto node = std::make_shared<GraphNode>();
  node->work = [exec, records] { return run_graph(*exec, records); };
  auto found = find_stream(stream);
  if (found == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  {
    std::lock_guard lock(capture_mutex());
    if (found->capture != nullptr) {
      found->capture->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  return submit(stream, node);
}

// Nodes are found by their address in any graph that lives.
std::shared_ptr<GraphNode> find_node(CUgraphNode handle) {
  for (const auto& graph : Driver::get().graphs.all()) {
    for (const auto& node : graph->nodes) {
      if (node.get() == handle) {
        return node;
      }
    }
  }
  return nullptr;
}

CUresult set_exec_params(CUgraphExec handle, CUgraphNode node,
                         const CUDA_KERNEL_NODE_PARAMS* params) {
  auto exec = Driver::get().graph_execs.find(handle);
  if (exec == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  for (size_t i = 0; i < exec->origins.size(); i++) {
    if (exec->origins[i] == node && node->kernel != nullptr) {
      std::shared_ptr<const KernelCall> kernel;
      CUresult made = make_kernel_call(*params, node->kernel->cooperative, &kernel);
      if (made != CUDA_SUCCESS) {
        return made;
      }
      std::lock_guard lock(exec->mutex);
      exec->work[i] = kernel_node(kernel)->work;
      return CUDA_SUCCESS;
    }
  }
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult get_params(CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS* params) {
  auto node = find_node(handle);
  if (node == nullptr || node->kernel == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const KernelCall& kernel = *node->kernel;
  *params = {const_cast<Function*>(kernel.function),
             kernel.grid.x,
             kernel.grid.y,
             kernel.grid.z,
             kernel.block.x,
             kernel.block.y,
             kernel.block.z,
             static_cast<unsigned>(kernel.shared_bytes),
             const_cast<void**>(kernel.arguments.data()),
             nullptr,
             nullptr,
             nullptr};
  return CUDA_SUCCESS;
}

// Copies up to *count entries, or, where there is nowhere to copy to, says how many there are.
template <class T>
CUresult copy_out(const std::vector<T>& all, T* to, size_t* count) {
  if (to == nullptr) {
    *count = all.size();
    return CUDA_SUCCESS;
  }
  // JCuda 12.6 gives an array and a count that it has never set; a driver would write beyond the
  // array.
  if (*count > kMostNodes) {
    Driver::get().report("an array of " + std::to_string(*count) + " nodes of a graph");
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (size_t i = 0; i < *count; i++) {
    to[i] = i < all.size() ? all[i] : T();
  }
  *count = std::min(*count, all.size());
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace emulator

using emulator::call;
using emulator::Driver;
using emulator::kContext;
using emulator::kRelease;

CUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph,
                                              unsigned long long) {
  return call("cuGraphInstantiate", kContext,
              [&] { return emulator::instantiate(exec, graph); });
}

CUDA_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return call("cuGraphLaunch", kContext, [&] { return emulator::launch(exec, stream); });
}

CUDA_API CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  return call("cuGraphUpload", kContext, [&] {
    return Driver::get().graph_execs.find(exec) == nullptr ||
                   emulator::find_stream(stream) == nullptr
               ? CUDA_ERROR_INVALID_HANDLE
               : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuGraphDestroy(CUgraph graph) {
  return call("cuGraphDestroy", kContext | kRelease, [&] {
    return Driver::get().graphs.remove(graph) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                         : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  return call("cuGraphExecDestroy", kContext | kRelease, [&] {
    return Driver::get().graph_execs.remove(exec) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                             : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  return call("cuGraphGetNodes", kContext, [&] {
    auto graph = Driver::get().graphs.find(handle);
    if (graph == nullptr || count == nullptr) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::vector<CUgraphNode> all;
    for (const auto& node : graph->nodes) {
      all.push_back(node.get());
    }
    return emulator::copy_out(all, nodes, count);
  });
}

CUDA_API CUresult cuGraphGetRootNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  return call("cuGraphGetRootNodes", kContext, [&] {
    auto graph = Driver::get().graphs.find(handle);
    if (graph == nullptr || count == nullptr) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::vector<CUgraphNode> roots;
    for (size_t i = 0; i < graph->nodes.size(); i++) {
      if (graph->dependencies[i].empty()) {
        roots.push_back(graph->nodes[i].get());
      }
    }
    return emulator::copy_out(roots, nodes, count);
  });
}

CUDA_API CUresult cuGraphGetEdges(CUgraph handle, CUgraphNode* from, CUgraphNode* to,
                                  size_t* count) {
  return call("cuGraphGetEdges", kContext, [&] {
    auto graph = Driver::get().graphs.find(handle);
    if (graph == nullptr || count == nullptr || (from == nullptr) != (to == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::vector<CUgraphNode> froms;
    std::vector<CUgraphNode> tos;
    for (size_t i = 0; i < graph->nodes.size(); i++) {
      for (size_t before : graph->dependencies[i]) {
        froms.push_back(graph->nodes[before].get());
        tos.push_back(graph->nodes[i].get());
      }
    }
    size_t same_count = *count;
    emulator::copy_out(froms, from, &same_count);
    return emulator::copy_out(tos, to, count);
  });
}

CUDA_API CUresult cuGraphNodeGetType(CUgraphNode handle, CUgraphNodeType* type) {
  return call("cuGraphNodeGetType", kContext, [&] {
    auto node = emulator::find_node(handle);
    if (node == nullptr) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *type = node->type;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode node,
                                                CUDA_KERNEL_NODE_PARAMS* params) {
  return call("cuGraphKernelNodeGetParams", kContext,
              [&] { return emulator::get_params(node, params); });
}

CUDA_API CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node,
                                                    const CUDA_KERNEL_NODE_PARAMS* params) {
  return call("cuGraphExecKernelNodeSetParams", kContext,
              [&] { return emulator::set_exec_params(exec, node, params); });
}
