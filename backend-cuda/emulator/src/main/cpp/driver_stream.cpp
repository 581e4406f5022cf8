#include "driver_stream.h"

#include <algorithm>

namespace emulator {
namespace {

// Handles that stand for the null stream: legacy, and (not told apart here) per thread.
bool is_null_stream(CUstream stream) { return reinterpret_cast<uintptr_t>(stream) <= 2; }

std::shared_ptr<Stream> null_stream() {
  static auto* stream = [] {
    auto made = std::make_shared<Stream>();
    made->lane = Driver::get().legacy_lane;
    return new std::shared_ptr<Stream>(std::move(made));
  }();
  return *stream;
}

std::vector<std::weak_ptr<Capture>>& captures() {
  static auto* captures = new std::vector<std::weak_ptr<Capture>>();
  return *captures;
}

CUresult create(CUstream* stream, unsigned flags, int priority) {
  if ((flags & ~CU_STREAM_NON_BLOCKING) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  auto created = std::make_shared<Stream>();
  created->lane = std::make_shared<Lane>();
  created->lane->blocking = (flags & CU_STREAM_NON_BLOCKING) == 0;
  created->flags = flags;
  created->priority = priority;
  Driver::get().queue.add(created->lane);
  *stream = Driver::get().streams.add(created);
  return CUDA_SUCCESS;
}

// A capturing stream can't be waited for; trying to breaks the capture.
bool breaks_capture(Stream& stream) {
  std::lock_guard lock(capture_mutex());
  if (stream.capture == nullptr) {
    return false;
  }
  stream.capture->invalidated = true;
  return true;
}

CUresult wait_event(Stream& stream, Event& event) {
  std::lock_guard lock(capture_mutex());
  if (event.capture != nullptr) {
    // The stream joins the capture that the event was recorded in.
    if (event.capture->ended || (stream.capture != nullptr && stream.capture != event.capture)) {
      return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    }
    stream.capture = event.capture;
    stream.last.insert(event.nodes.begin(), event.nodes.end());
    return CUDA_SUCCESS;
  }
  if (stream.capture != nullptr) {
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  if (event.record != nullptr) {
    Driver::get().queue.wait_for(stream.lane, event.record);
  }
  return CUDA_SUCCESS;
}

CUresult begin_capture(CUstream handle, CUstreamCaptureMode mode) {
  auto stream = find_stream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (is_null_stream(handle)) {
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  std::lock_guard lock(capture_mutex());
  if (stream->capture != nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  auto capture = std::make_shared<Capture>();
  capture->graph = std::make_shared<Graph>();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = stream.get();
  stream->capture = capture;
  stream->last.clear();
  captures().push_back(capture);
  return CUDA_SUCCESS;
}

// Nodes that nothing comes after, apart from those of the origin, were left on other streams.
bool joined(const Graph& graph, const std::set<size_t>& last) {
  std::set<size_t> open;
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    open.insert(i);
    for (size_t before : graph.dependencies[i]) {
      open.erase(before);
    }
  }
  return std::includes(last.begin(), last.end(), open.begin(), open.end());
}

CUresult end_capture(CUstream handle, CUgraph* graph) {
  auto stream = find_stream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  std::lock_guard lock(capture_mutex());
  auto capture = stream->capture;
  if (capture == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (capture->origin != stream.get()) {
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  }
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      capture->thread != std::this_thread::get_id()) {
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  }
  bool whole = joined(*capture->graph, stream->last);
  for (const auto& other : Driver::get().streams.all()) {
    if (other->capture == capture) {
      other->capture.reset();
      other->last.clear();
    }
  }
  capture->ended = true;
  *graph = nullptr;
  if (capture->invalidated) {
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  }
  if (!whole) {
    return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  }
  *graph = Driver::get().graphs.add(capture->graph);
  return CUDA_SUCCESS;
}

CUresult record_event(CUevent handle, CUstream stream_handle, unsigned flags) {
  auto event = Driver::get().events.find(handle);
  auto stream = find_stream(stream_handle);
  if (event == nullptr || stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if ((flags & ~CU_EVENT_RECORD_EXTERNAL) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (flags == CU_EVENT_RECORD_EXTERNAL) {
    bool captures;
    {
      std::lock_guard lock(capture_mutex());
      captures = stream->capture != nullptr;
    }
    if (captures) {
      auto node = std::make_shared<GraphNode>();
      node->type = CU_GRAPH_NODE_TYPE_EVENT_RECORD;
      node->event = event;
      return submit(stream_handle, node);
    }
  }
  std::lock_guard lock(capture_mutex());
  event->capture = stream->capture;
  if (stream->capture != nullptr) {
    event->nodes = stream->last;
  } else {
    event->record = Driver::get().queue.record(stream->lane);
  }
  return CUDA_SUCCESS;
}

}  // namespace

std::mutex& capture_mutex() {
  static auto* mutex = new std::mutex();
  return *mutex;
}

std::shared_ptr<Stream> find_stream(CUstream handle) {
  return is_null_stream(handle) ? null_stream() : Driver::get().streams.find(handle);
}

bool invalidate_captures() {
  std::lock_guard lock(capture_mutex());
  bool found = false;
  auto& all = captures();
  for (auto at = all.begin(); at != all.end();) {
    auto capture = at->lock();
    if (capture == nullptr || capture->ended) {
      at = all.erase(at);
      continue;
    }
    bool own = capture->thread == std::this_thread::get_id();
    if (capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
        (capture->mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL && own)) {
      capture->invalidated = true;
      found = true;
    }
    ++at;
  }
  return found;
}

CUresult submit(CUstream handle, const std::shared_ptr<GraphNode>& node) {
  auto stream = find_stream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  std::lock_guard lock(capture_mutex());
  if (stream->capture != nullptr) {
    if (stream->capture->invalidated) {
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    Graph& graph = *stream->capture->graph;
    graph.nodes.push_back(node);
    graph.dependencies.push_back(stream->last);
    stream->last = {graph.nodes.size() - 1};
    return CUDA_SUCCESS;
  }
  if (is_null_stream(handle)) {
    // It would have to come after what blocking streams capture, which never runs.
    for (const auto& weak : captures()) {
      auto capture = weak.lock();
      if (capture != nullptr && !capture->ended && capture->origin->lane->blocking) {
        capture->invalidated = true;
        return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
      }
    }
  }
  Driver::get().queue.push(stream->lane, node->work);
  return CUDA_SUCCESS;
}

CUresult run_and_wait(Work work) {
  auto node = std::make_shared<GraphNode>();
  node->work = std::move(work);
  CUresult result = submit(nullptr, node);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  Driver& driver = Driver::get();
  driver.queue.synchronize(driver.legacy_lane);
  driver.check_memory();
  return driver.sticky;
}

}  // namespace emulator

using emulator::call;
using emulator::Driver;
using emulator::Event;
using emulator::kContext;
using emulator::kNotInCapture;
using emulator::kRelease;

CUDA_API CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return call("cuStreamCreate", kContext | kNotInCapture,
              [&] { return emulator::create(stream, flags, 0); });
}

CUDA_API CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  return call("cuStreamCreateWithPriority", kContext | kNotInCapture, [&] {
    return emulator::create(stream, flags, std::clamp(priority, -5, 0));
  });
}

CUDA_API CUresult cuStreamDestroy_v2(CUstream stream) {
  return call("cuStreamDestroy", kContext | kRelease, [&] {
    auto removed = Driver::get().streams.remove(stream);
    if (removed == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    emulator::breaks_capture(*removed);
    // A driver would return at once and finish the work behind the scenes.
    Driver::get().queue.remove(removed->lane);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuStreamGetFlags(CUstream stream, unsigned* flags) {
  return call("cuStreamGetFlags", kContext, [&] {
    auto found = emulator::find_stream(stream);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    *flags = found->flags;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuStreamGetPriority(CUstream stream, int* priority) {
  return call("cuStreamGetPriority", kContext, [&] {
    auto found = emulator::find_stream(stream);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    *priority = found->priority;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuStreamSynchronize(CUstream stream) {
  return call("cuStreamSynchronize", kContext, [&] {
    auto found = emulator::find_stream(stream);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (emulator::breaks_capture(*found)) {
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    Driver& driver = Driver::get();
    driver.queue.synchronize(found->lane);
    driver.check_memory();
    return driver.sticky.load();
  });
}

CUDA_API CUresult cuStreamQuery(CUstream stream) {
  return call("cuStreamQuery", kContext, [&] {
    auto found = emulator::find_stream(stream);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (emulator::breaks_capture(*found)) {
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (!Driver::get().queue.idle(found->lane)) {
      return CUDA_ERROR_NOT_READY;
    }
    return Driver::get().sticky.load();
  });
}

CUDA_API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  return call("cuStreamWaitEvent", kContext, [&] {
    auto found_stream = emulator::find_stream(stream);
    auto found_event = Driver::get().events.find(event);
    if (found_stream == nullptr || found_event == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    return emulator::wait_event(*found_stream, *found_event);
  });
}

CUDA_API CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  return call("cuStreamBeginCapture", kContext,
              [&] { return emulator::begin_capture(stream, mode); });
}

CUDA_API CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  return call("cuStreamEndCapture", kContext,
              [&] { return emulator::end_capture(stream, graph); });
}

CUDA_API CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
  return call("cuStreamIsCapturing", kContext, [&] {
    auto found = emulator::find_stream(stream);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    std::lock_guard lock(emulator::capture_mutex());
    *status = found->capture == nullptr       ? CU_STREAM_CAPTURE_STATUS_NONE
              : found->capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                            : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* argument) {
  return call("cuLaunchHostFunc", kContext, [&] {
    auto node = std::make_shared<emulator::GraphNode>();
    node->work = [=] {
      function(argument);
      return emulator::Failure();
    };
    return emulator::submit(stream, node);
  });
}

CUDA_API CUresult cuEventCreate(CUevent* event, unsigned flags) {
  return call("cuEventCreate", kContext, [&] {
    auto created = std::make_shared<Event>();
    created->flags = flags;
    *event = Driver::get().events.add(created);
    return CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuEventDestroy_v2(CUevent event) {
  return call("cuEventDestroy", kContext | kRelease, [&] {
    return Driver::get().events.remove(event) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                         : CUDA_SUCCESS;
  });
}

CUDA_API CUresult cuEventRecord(CUevent event, CUstream stream) {
  return call("cuEventRecord", kContext, [&] { return emulator::record_event(event, stream, 0); });
}

CUDA_API CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  return call("cuEventRecordWithFlags", kContext,
              [&] { return emulator::record_event(event, stream, flags); });
}

CUDA_API CUresult cuEventQuery(CUevent event) {
  return call("cuEventQuery", kContext, [&] {
    auto found = Driver::get().events.find(event);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (found->capture != nullptr) {
      return CUDA_ERROR_CAPTURED_EVENT;
    }
    if (found->record != nullptr && !Driver::get().queue.done(found->record)) {
      return CUDA_ERROR_NOT_READY;
    }
    return Driver::get().sticky.load();
  });
}

CUDA_API CUresult cuEventSynchronize(CUevent event) {
  return call("cuEventSynchronize", kContext, [&] {
    auto found = Driver::get().events.find(event);
    if (found == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (found->capture != nullptr) {
      return CUDA_ERROR_CAPTURED_EVENT;
    }
    if (found->record != nullptr) {
      Driver::get().queue.synchronize(found->record);
    }
    Driver::get().check_memory();
    return Driver::get().sticky.load();
  });
}

CUDA_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return call("cuEventElapsedTime", kContext, [&] {
    auto first = Driver::get().events.find(start);
    auto second = Driver::get().events.find(end);
    if (first == nullptr || second == nullptr || first->record == nullptr ||
        second->record == nullptr || ((first->flags | second->flags) & CU_EVENT_DISABLE_TIMING)) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (!Driver::get().queue.done(first->record) || !Driver::get().queue.done(second->record)) {
      return CUDA_ERROR_NOT_READY;
    }
    std::chrono::duration<float, std::milli> elapsed =
        second->record->time - first->record->time;
    *milliseconds = elapsed.count();
    return CUDA_SUCCESS;
  });
}
