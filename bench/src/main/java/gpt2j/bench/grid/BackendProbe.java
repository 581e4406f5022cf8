package gpt2j.bench.grid;

import gpt2j.api.Backend;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Measures through the backend's own operations, whatever the device. */
final class BackendProbe {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int SAMPLES = 7;
  private static final int WARMUP = 2;
  // The first that takes long enough to be measured, from what an emulated device can do to what
  // keeps the largest one busy.
  private static final int[] SIDES = {128, 256, 512, 1024, 2048, 4096};
  private static final int[] CAPACITIES = {1 << 9, 1 << 12, 1 << 15}; // 4, 32, 256 MiB per slot
  private static final long ENOUGH_NANOS = 30_000_000;

  private static final int HEADS = 16;
  private static final int HEAD_SIZE = 64;

  private final Backend backend;
  private final LongSupplier clock;
  private int capacity = CAPACITIES[0];

  BackendProbe(Backend backend, LongSupplier clock) {
    this.backend = backend;
    this.clock = clock;
  }

  /** Bytes read and written per second, by copying keys and values on the device. */
  List<Double> copies() {
    List<Double> rates = List.of();
    for (int size : CAPACITIES) {
      capacity = size;
      KvCacheSpec spec = new KvCacheSpec(1, HEADS, HEAD_SIZE, 2, capacity, WeightFormat.F32);
      double moved = 2.0 * spec.bytes() / spec.sequences(); // a slot is read, and one written
      try (KvCache cache = backend.kvCache(spec)) {
        cache.reserveAll();
        rates =
            rates(moved, () -> backend.operations().copyKv(cache, 1, cache, 0, spec.capacity()));
      }
      if (moved / rates.getLast() * NANOS_PER_SECOND > ENOUGH_NANOS) {
        break;
      }
    }
    return rates;
  }

  /** Of {@link #copies}. */
  String copyMethod() {
    long bytes = new KvCacheSpec(1, HEADS, HEAD_SIZE, 1, capacity, WeightFormat.F32).bytes();
    return "device copy of %d MiB, bytes read and written".formatted(bytes >> 20);
  }

  /** Operations per second of a product of square matrices. */
  List<Double> products(WeightFormat precision) {
    List<Double> rates = List.of();
    for (int side : SIDES) {
      rates = products(side, precision);
      double nanos = operations(side) / rates.getLast() * NANOS_PER_SECOND;
      if (nanos > ENOUGH_NANOS) {
        break;
      }
    }
    return rates;
  }

  private static double operations(int side) {
    return 2.0 * side * side * side;
  }

  private List<Double> products(int side, WeightFormat precision) {
    float[] values = new float[side * side];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 7 - 3) / 8f; // of a size that stays one
    }
    Shape shape = Shape.of(side, side);
    HostTensor matrix = HostTensor.of("probe", shape, values);
    try (LinearWeights weights = backend.linearWeights(matrix, null, precision);
        Tensor x = backend.allocate(DataType.F32, shape, Usage.ACTIVATION);
        Tensor out = backend.allocate(DataType.F32, shape, Usage.ACTIVATION)) {
      backend.write(x, matrix.data());
      return rates(
          operations(side), () -> backend.operations().linear(out, x, weights, Epilogue.NONE));
    }
  }

  private List<Double> rates(double amount, Runnable operation) {
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i < WARMUP + SAMPLES; i++) {
      backend.synchronize();
      long start = clock.getAsLong();
      operation.run();
      backend.synchronize();
      long nanos = clock.getAsLong() - start;
      if (i >= WARMUP) {
        rates.add(amount * NANOS_PER_SECOND / nanos);
      }
    }
    return rates;
  }
}
