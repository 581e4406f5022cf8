package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/**
 * A tensor, or rows of one, in an array of its type.
 *
 * @param floats the elements of F32, with those of rows that a view leaves out; empty for I32
 * @param ints the same for I32
 * @param from where the first row begins in the array
 */
record HeapTensor(
    Heap heap, Usage usage, DataType type, Shape shape, float[] floats, int[] ints, int from)
    implements Tensor {
  /** New memory for elements of F32 or I32. */
  static HeapTensor allocate(Heap heap, Usage usage, DataType type, Shape shape) {
    int size = heap.take(usage, type + " " + shape, shape.elements());
    float[] floats = new float[type == DataType.F32 ? size : 0];
    return new HeapTensor(heap, usage, type, shape, floats, new int[size - floats.length], 0);
  }

  /** Elements of a row; 1 in a list. */
  int width() {
    return (int) shape.rowElements();
  }

  /** Where row {@code i} begins in the array. */
  int at(int i) {
    return from + i * width();
  }

  /** {@code [rows, …]} to {@code [count, …]}, in the same array. */
  @Override
  public Tensor rows(int first, int count) {
    Objects.checkFromIndexSize(first, count, shape.rows());
    return new HeapTensor(heap, usage, type, shape.withRows(count), floats, ints, at(first));
  }

  /** The elements as bytes, which are little-endian where gpt2j runs. */
  MemorySegment data() {
    var array = type == DataType.F32 ? MemorySegment.ofArray(floats) : MemorySegment.ofArray(ints);
    return array.asSlice((long) from * type.bytes(), bytes());
  }

  /** Called once, and never of a view. */
  @Override
  public void close() {
    heap.give(usage, bytes());
  }
}
