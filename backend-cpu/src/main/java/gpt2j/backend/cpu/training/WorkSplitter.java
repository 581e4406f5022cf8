package gpt2j.backend.cpu.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.kernel.ColumnSums;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.runtime.WorkerPool;

/** Cuts the work of an operation into parts that depend on shapes alone, and has them done. */
final class WorkSplitter {
  /** Numbers that a worker takes at a time. */
  static final int PART = 1 << 14;

  private final CpuRuntime runtime;

  WorkSplitter(CpuRuntime runtime) {
    this.runtime = runtime;
  }

  /** A part of a tensor's elements. */
  interface Part {
    /**
     * Works on it.
     *
     * @param at bytes before the first element
     */
    void run(long at, int count, int worker);
  }

  /** {@link #PART} elements at a time. */
  void inParts(Tensor tensor, Part part) {
    long elements = tensor.shape().elements();
    runtime
        .pool()
        .forEach(
            Math.toIntExact(Math.ceilDiv(elements, PART)),
            (index, worker) -> {
              long first = (long) index * PART;
              part.run(first * Float.BYTES, (int) Math.min(PART, elements - first), worker);
            });
  }

  /** A part of a tensor's elements, and what dropout multiplies them by. */
  interface DroppedPart {
    /**
     * Works on it.
     *
     * @param at bytes before the first element
     * @param kept address of the factors
     */
    void run(long at, long kept, int count);
  }

  /** As {@link #inParts}, with the factors of dropout. */
  void inParts(Tensor tensor, DropoutFactors factors, DroppedPart part) {
    long bytes = DropoutFactors.scratchBytes(PART);
    long scratch = scratch(bytes);
    inParts(
        tensor,
        (at, count, worker) ->
            part.run(at, factors.store(scratch + worker * bytes, at / Float.BYTES, count), count));
  }

  /** Some neighbouring columns of a matrix. */
  interface Columns {
    void run(int first, int count);
  }

  void forColumns(int width, Columns work) {
    int part = ColumnSums.FOUR;
    runtime
        .pool()
        .forEach(
            Math.ceilDiv(width, part),
            (index, worker) -> work.run(index * part, Math.min(part, width - index * part)));
  }

  void forRows(Tensor matrix, WorkerPool.Task task) {
    runtime.pool().forEach(matrix.shape().rows(), task);
  }

  /** One head of one sequence. */
  interface Head {
    void run(int sequence, int head, long scratch);
  }

  /**
   * For each head of each sequence.
   *
   * @param scratchBytes of working memory for each worker
   */
  void forHeads(int sequences, int heads, long scratchBytes, Head work) {
    long scratch = scratch(scratchBytes);
    runtime
        .pool()
        .forEach(
            sequences * heads,
            (task, worker) ->
                work.run(task / heads, task % heads, scratch + worker * scratchBytes));
  }

  private long scratch(long bytesPerWorker) {
    return runtime.scratch().bytes(runtime.pool().size() * bytesPerWorker);
  }
}
