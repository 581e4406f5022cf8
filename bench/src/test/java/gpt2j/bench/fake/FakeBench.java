package gpt2j.bench.fake;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.Benchmarks;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.result.GridSettings;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/** Benchmarks on fake devices with a tiny model. */
public final class FakeBench {
  /** Blocks of the model. */
  public static final int LAYERS = 3;

  private static final int HEADS = 2;
  private static final int WIDTH = 8;
  private static final int CONTEXT = 256;

  private final Path folder;
  private final VirtualTime time;
  private final Map<String, BackendProvider> backends;
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private RunListener listener = RunListener.NONE;
  private MachineWatch machine = MachineWatch.NONE;

  /** With one device and all its latencies as they are. */
  public FakeBench(Path folder, VirtualTime time, Map<String, BackendProvider> backends) {
    this.folder = folder;
    this.time = time;
    this.backends = backends;
  }

  /** Tells somebody how far it is. */
  public FakeBench listener(RunListener told) {
    listener = told;
    return this;
  }

  /** On a machine on which something else happens. */
  public FakeBench machine(MachineWatch watched) {
    machine = watched;
    return this;
  }

  /** What ends the run when set. */
  public AtomicBoolean cancelled() {
    return cancelled;
  }

  /** The benchmarks, without pictures. */
  public Benchmarks benchmarks() {
    return new Benchmarks(context(), List.of());
  }

  /** What they work with. */
  public BenchContext context() {
    return new BenchContext(
        backends,
        time::nanos,
        machine,
        folder.resolve("models"),
        "1.2.3",
        cancelled::get,
        listener);
  }

  /** The directory of the tiny model. */
  public String model() {
    Path directory = folder.resolve("tiny");
    if (!Files.exists(directory)) {
      Gpt2Config config =
          Gpt2Config.builder()
              .layers(LAYERS)
              .heads(HEADS)
              .embeddingWidth(WIDTH)
              .contextLength(CONTEXT)
              .vocabularySize(50)
              .build();
      RandomCheckpoint.write(directory, config, 0, DataType.F32, fraction -> {});
    }
    return directory.toString();
  }

  /** Bytes of one token's keys and values. */
  public static long cacheBytesPerToken() {
    return 2L * LAYERS * WIDTH * Float.BYTES;
  }

  /** One model, one backend, one case with the cache and without, two repetitions after one. */
  public GridSettings settings(String backend, int batch, int promptTokens, int newTokens) {
    return new GridSettings(
        List.of(model()),
        List.of(backend),
        List.of(WeightFormat.F32),
        OptionalInt.empty(),
        List.of(true, false),
        List.of(batch),
        List.of(promptTokens),
        List.of(newTokens),
        2,
        1,
        0);
  }
}
