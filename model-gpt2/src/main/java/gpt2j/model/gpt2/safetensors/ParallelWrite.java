package gpt2j.model.gpt2.safetensors;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleConsumer;

/** Writes a file's parts, each at its place, with several threads. */
final class ParallelWrite {
  /** Bytes that a thread computes before it writes them. */
  private static final int PART_BYTES = 4 << 20;

  private record Part(OutputTensor tensor, long first, long bytes, long position) {}

  private final FileLayout layout;
  private final FileChannel channel;
  private final DoubleConsumer progress;
  private final List<Part> parts = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final Object progressLock = new Object();
  private long written; // guarded by progressLock

  ParallelWrite(FileLayout layout, FileChannel channel, DoubleConsumer progress) {
    this.layout = layout;
    this.channel = channel;
    this.progress = progress;
    long position = layout.head().length;
    for (OutputTensor tensor : layout.tensors()) {
      long tensorBytes = tensor.bytes();
      for (long done = 0; done < tensorBytes; done += PART_BYTES) {
        long bytes = Math.min(PART_BYTES, tensorBytes - done);
        parts.add(new Part(tensor, done / tensor.type().bytes(), bytes, position + done));
      }
      position += tensorBytes;
    }
  }

  /** Returns when all is written, and throws what the first thread to fail threw. */
  void run(int threads) throws IOException {
    writeFully(ByteBuffer.wrap(layout.head()), 0);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      var workers = new ExecutorCompletionService<Void>(pool);
      for (int i = 0; i < threads; i++) {
        workers.submit(this::work);
      }
      try {
        for (int i = 0; i < threads; i++) {
          workers.take().get();
        }
      } finally {
        next.set(parts.size()); // after a failure, the others stop at their next part
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    }
  }

  private Void work() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate(PART_BYTES, Long.BYTES);
      for (int i = next.getAndIncrement(); i < parts.size(); i = next.getAndIncrement()) {
        Part part = parts.get(i);
        MemorySegment values = room.asSlice(0, part.bytes);
        part.tensor.values().store(part.first, values);
        writeFully(values.asByteBuffer(), part.position);
        report(part.bytes);
      }
    }
    return null;
  }

  private void writeFully(ByteBuffer from, long position) throws IOException {
    while (from.hasRemaining()) {
      position += channel.write(from, position);
    }
  }

  private void report(long bytes) {
    synchronized (progressLock) {
      written += bytes;
      progress.accept((double) written / (layout.bytes() - layout.head().length));
    }
  }
}
