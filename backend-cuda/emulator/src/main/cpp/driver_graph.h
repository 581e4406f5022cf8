// Graphs and the nodes that they are made of.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "driver.h"

namespace emulator {

struct Function;

// A launch with its arguments, copied when it was queued.
struct KernelCall {
  std::shared_ptr<Module> module;  // stays loaded for as long
  const Function* function = nullptr;
  dim3 grid;
  dim3 block;
  size_t shared_bytes = 0;
  bool cooperative = false;
  std::vector<unsigned char> bytes;
  std::vector<void*> arguments;  // into bytes
};

struct GraphNode {
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_KERNEL;
  std::shared_ptr<const KernelCall> kernel;  // of kernel nodes
  std::shared_ptr<Event> event;              // of nodes that record one
  Work work;                                 // of all others
};

struct Graph {
  std::vector<std::shared_ptr<GraphNode>> nodes;  // each after those that it depends on
  std::vector<std::set<size_t>> dependencies;
};

struct GraphExec {
  std::vector<const GraphNode*> origins;  // nodes of the graph that it was made from
  std::shared_ptr<Graph> keeps;
  std::vector<Work> work;
  std::vector<std::vector<size_t>> dependents;
  std::vector<size_t> dependency_counts;
  std::mutex mutex;
};

// Checks a launch and copies its arguments.
CUresult make_kernel_call(const CUDA_KERNEL_NODE_PARAMS& params, bool cooperative,
                          std::shared_ptr<const KernelCall>* made);
// Runs a launch on the device's thread.
Failure run_kernel(const KernelCall& kernel);
std::shared_ptr<GraphNode> kernel_node(std::shared_ptr<const KernelCall> kernel);

}  // namespace emulator
