// Streams, events, and the capture of what is queued into a graph.
#pragma once

#include <memory>
#include <set>
#include <thread>

#include "driver.h"
#include "driver_graph.h"

namespace emulator {

// What streams record together from begin to end of a capture.
struct Capture {
  std::shared_ptr<Graph> graph;
  CUstreamCaptureMode mode;
  std::thread::id thread;
  Stream* origin;
  bool invalidated = false;
  bool ended = false;  // events may know of it for longer
};

struct Stream {
  std::shared_ptr<Lane> lane;
  unsigned flags = 0;
  int priority = 0;
  std::shared_ptr<Capture> capture;  // null when nothing is captured
  std::set<size_t> last;             // nodes that the next one comes after
};

struct Event {
  unsigned flags = 0;
  std::shared_ptr<EventRecord> record;
  std::shared_ptr<Capture> capture;  // when it was recorded into a capture
  std::set<size_t> nodes;
};

// Held while streams' and events' capture is looked at or changed; never while waiting.
std::mutex& capture_mutex();

// The stream of a handle, the null stream included; null if there is none such.
std::shared_ptr<Stream> find_stream(CUstream handle);

// Queues a node's work on a stream or, while the stream captures, records the node.
CUresult submit(CUstream stream, const std::shared_ptr<GraphNode>& node);

// Runs work on the null stream and waits for it, as functions without a stream do.
CUresult run_and_wait(Work work);

}  // namespace emulator
