package gpt2j.backend.cuda.forward;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import gpt2j.backend.cuda.memory.DeviceMemory;
import gpt2j.backend.cuda.memory.Staging;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/**
 * Brings weights to the device as kernels read them. Kernels take them from page-locked host memory
 * as the checkpoint has them, transpose and convert; so nothing is converted on the host, and no
 * device memory is needed but what the result takes.
 */
public final class Uploads {
  private static final int BLOCK = 256;
  private static final int TILE = 32;

  private final CudaRuntime runtime;
  private final CUfunction linear;
  private final CUfunction table;

  public Uploads(CudaRuntime runtime) {
    this.runtime = runtime;
    linear = runtime.kernels().get("upload_linear");
    table = runtime.kernels().get("upload_table");
  }

  /** A matrix {@code [inputs, outputs]}, stored as {@code [outputs][inputs]}, and its bias. */
  public DeviceMatrix linear(HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    int inputs = weight.shape().rows();
    int outputs = weight.shape().size(1);
    DeviceMatrix matrix = allocate(weight.name(), type(format), outputs, inputs, bias != null);
    return filled(
        matrix,
        () -> {
          forEachPart(
              weight,
              (address, first, count) ->
                  runtime
                      .launcher()
                      .begin()
                      .address(matrix.address())
                      .integer(Kernels.code(matrix.type()))
                      .integer(matrix.leading())
                      .integer(inputs)
                      .integer(outputs)
                      .address(address)
                      .integer(Kernels.code(weight.type()))
                      .integer(first)
                      .integer(count)
                      .launch(
                          linear,
                          Math.ceilDiv(outputs, TILE),
                          Math.ceilDiv(count + 7, TILE),
                          1,
                          BLOCK,
                          0));
          if (bias != null) {
            Shape row = Shape.of(1, outputs);
            HostTensor asRow = new HostTensor(bias.name(), bias.type(), row, bias.source());
            rows(matrix.bias(), DataType.F32, outputs, asRow);
          }
        });
  }

  /** Rows {@code [rows, width]}. */
  public DeviceMatrix table(HostTensor rows, WeightFormat format) {
    DeviceMatrix matrix =
        allocate(rows.name(), type(format), rows.shape().rows(), rows.shape().size(1), false);
    return filled(matrix, () -> rows(matrix.address(), matrix.type(), matrix.leading(), rows));
  }

  private static DataType type(WeightFormat format) {
    return format
        .plain()
        .orElseThrow(
            () ->
                new UnsupportedException(
                    "the cuda backend keeps weights in F32, F16 or BF16, not in " + format));
  }

  private DeviceMatrix allocate(String name, DataType type, int rows, int columns, boolean biased) {
    long bytes = DeviceMatrix.bytes(type, rows, columns, biased);
    DeviceMemory.Region region = runtime.memory().allocate(name, bytes, Usage.WEIGHTS);
    return new DeviceMatrix(region, type, rows, columns, biased);
  }

  private static DeviceMatrix filled(DeviceMatrix matrix, Runnable fill) {
    try {
      fill.run();
      return matrix;
    } catch (RuntimeException e) {
      matrix.region().close();
      throw e;
    }
  }

  private void rows(long to, DataType type, int leading, HostTensor rows) {
    int width = rows.shape().size(1);
    forEachPart(
        rows,
        (address, first, count) ->
            runtime
                .launcher()
                .begin()
                .address(to)
                .integer(Kernels.code(type))
                .integer(leading)
                .integer(width)
                .address(address)
                .integer(Kernels.code(rows.type()))
                .integer(first)
                .launch(table, count, 1, 1, BLOCK, 0));
  }

  /** Takes some rows of a host tensor. */
  @FunctionalInterface
  private interface Part {
    /** Called once per part, with the address by which a kernel reads the rows. */
    void accept(long address, int first, int count);
  }

  private void forEachPart(HostTensor tensor, Part part) {
    int rows = tensor.shape().rows();
    long rowBytes = tensor.shape().rowElements() * tensor.type().bytes();
    int most = (int) Math.clamp(Staging.HALF / rowBytes, 1L, rows);
    for (int first = 0; first < rows; first += most) {
      int begin = first;
      int count = Math.min(most, rows - first);
      withDeviceCopy(
          count * rowBytes,
          bytes -> tensor.read(begin * rowBytes, bytes),
          address -> part.accept(address, begin, count));
    }
  }

  /**
   * Gives what queues a kernel an address by which the kernel can read {@code bytes}, aligned for
   * every type; the bytes may be changed afterwards.
   */
  void withDeviceCopy(MemorySegment bytes, LongConsumer queue) {
    withDeviceCopy(bytes.byteSize(), room -> room.copyFrom(bytes), queue);
  }

  /**
   * The same for bytes that are not in memory yet.
   *
   * @param fill stores them in a segment of their size
   */
  private void withDeviceCopy(long size, Consumer<MemorySegment> fill, LongConsumer queue) {
    if (size <= Staging.HALF) {
      queue.accept(runtime.staging().stage((int) size, fill));
      return;
    }
    try (Arena arena = Arena.ofConfined();
        DeviceMemory.Region copy = runtime.memory().allocate("a copy on its way", size, Usage.IO)) {
      MemorySegment bytes = arena.allocate(size);
      fill.accept(bytes);
      runtime.staging().write(copy, 0, bytes);
      queue.accept(copy.address());
    }
  }
}
