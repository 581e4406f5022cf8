package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.Benchmarks;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.table.Tables;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the backend can, attention and the MLP are taken apart. */
final class CpuProfileTest {
  @TempDir Path folder;

  @Test
  void fusedOperationsAreTimedInTheirParts() {
    Path model = folder.resolve("tiny");
    Gpt2Config config =
        Gpt2Config.builder()
            .layers(2)
            .heads(2)
            .embeddingWidth(16)
            .contextLength(64)
            .vocabularySize(40)
            .build();
    RandomCheckpoint.write(model, config, 0, DataType.F32, fraction -> {});
    var context =
        new BenchContext(
            Map.of("cpu", Backends.provider("cpu")),
            System::nanoTime,
            MachineWatch.NONE,
            folder.resolve("models"),
            "test",
            () -> false,
            RunListener.NONE);
    var settings =
        new GridSettings(
            List.of(model.toString()),
            List.of("cpu"),
            List.of(WeightFormat.F32),
            OptionalInt.empty(),
            List.of(true),
            List.of(1),
            List.of(40),
            List.of(5),
            2,
            1,
            0);
    var result =
        (GridResult)
            new Benchmarks(context, List.of())
                .grid(
                    BenchmarkCommand.PROFILE,
                    settings,
                    ResultDirectory.create(folder.resolve("out")));
    for (ProfiledStep step : result.measurements(ProfileMeasurement.class).getFirst().steps()) {
      List<String> parts =
          step.components().keySet().stream().filter(name -> name.contains("/")).toList();
      assertEquals(
          List.of("attention/scores", "attention/softmax", "attention/mix", "mlp_fc/gelu"), parts);
      step.sectionNanos().forEach((name, nanos) -> assertTrue(nanos >= 0, name));
      assertEquals(12, step.sections().size(), step.sections().keySet().toString());
    }
    assertTrue(Tables.of(result).notes().getFirst().startsWith("cpu: each thread times its parts"));
  }
}
