package gpt2j.bench.jmh;

import gpt2j.api.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the operations of whole training steps, one after another as a step has them, so that
 * each finds the caches as it would: what single operations repeated in a benchmark don't.
 *
 * <p>{@code training [124M|10M] [batch] [length] [steps] [backend] [threads]}
 */
final class TrainingTimes {
  private static final int WARM_UP = 5;

  private TrainingTimes() {}

  static void run(List<String> arguments) {
    boolean small = argument(arguments, 0, "124M").equals("10M");
    int batch = Integer.parseInt(argument(arguments, 1, small ? "12" : "4"));
    int length = Integer.parseInt(argument(arguments, 2, small ? "256" : "64"));
    int steps = Integer.parseInt(argument(arguments, 3, "10"));
    String name = argument(arguments, 4, "cpu");
    int threads = Integer.parseInt(argument(arguments, 5, "0"));
    TrainingSizes sizes =
        small ? TrainingSizes.small(batch, length) : TrainingSizes.gpt2(batch, length);
    try (Backend backend = Device.open(name, threads)) {
      print(measure(backend, new TrainingCalls(backend, sizes).calls(), steps));
    }
  }

  private static String argument(List<String> arguments, int index, String otherwise) {
    return index < arguments.size() ? arguments.get(index) : otherwise;
  }

  /** One family's time in each step, in nanoseconds. */
  private record Times(double flops, long[] nanos) {}

  private static Map<String, Times> measure(
      Backend backend, List<TrainingCalls.Call> calls, int steps) {
    Map<String, Times> families = new LinkedHashMap<>();
    for (TrainingCalls.Call call : calls) {
      families.merge(
          call.family(),
          new Times(call.flops(), new long[steps]),
          (one, other) -> new Times(one.flops + other.flops, one.nanos));
    }
    for (int step = -WARM_UP; step < steps; step++) {
      for (TrainingCalls.Call call : calls) {
        long start = System.nanoTime();
        call.run().run();
        backend.synchronize();
        if (step >= 0) {
          families.get(call.family()).nanos[step] += System.nanoTime() - start;
        }
      }
    }
    return families;
  }

  private static void print(Map<String, Times> families) {
    List<Map.Entry<String, Times>> lines = new ArrayList<>(families.entrySet());
    System.out.printf("%-42s %10s %10s %9s%n", "of one step", "median ms", "least ms", "GFLOP/s");
    for (Map.Entry<String, Times> line : lines) {
      print(line.getKey(), line.getValue());
    }
    int steps = lines.getFirst().getValue().nanos.length;
    long[] totals = new long[steps];
    double flops = 0;
    for (Times times : families.values()) {
      flops += times.flops;
      for (int step = 0; step < steps; step++) {
        totals[step] += times.nanos[step];
      }
    }
    print("all", new Times(flops, totals));
  }

  private static void print(String family, Times times) {
    long[] sorted = times.nanos.clone();
    Arrays.sort(sorted);
    long median = sorted[sorted.length / 2];
    String rate = times.flops == 0 ? "" : "%.0f".formatted(times.flops / median);
    System.out.printf("%-42s %10.2f %10.2f %9s%n", family, median / 1e6, sorted[0] / 1e6, rate);
  }
}
