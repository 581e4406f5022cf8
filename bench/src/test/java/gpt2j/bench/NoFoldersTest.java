package gpt2j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.setup.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves may be published: nothing in it says where on this machine anything is. */
final class NoFoldersTest {
  private static final Pattern ABSOLUTE = Pattern.compile("(?<![\\w.</])/(?:[\\w.-]+/)+[\\w.-]+");

  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();

  @Test
  void noOutputOfAnyRunNamesAFolderOfThisMachine() throws IOException {
    FakeBench bench =
        new FakeBench(folder, time, new FakeDevice("fake", time, new Latencies(1)).alone());
    Benchmarks benchmarks = new Benchmarks(bench.context());
    GridSettings settings = bench.settings("fake", 1, 4, 3);
    assertTrue(settings.models().getFirst().startsWith(folder.toString()));
    GridSettings cached =
        new GridSettings(
            settings.models(),
            settings.backends(),
            settings.precisions(),
            settings.threads(),
            List.of(true),
            List.of(1),
            List.of(4),
            List.of(3),
            1,
            0,
            0);
    List<BenchmarkResult> results = new ArrayList<>();
    results.add(benchmarks.grid(BenchmarkCommand.THROUGHPUT, settings, directory("throughput")));
    results.add(benchmarks.grid(BenchmarkCommand.TRACE, settings, directory("trace")));
    results.add(benchmarks.grid(BenchmarkCommand.EXPERIMENT, settings, directory("experiment")));
    results.add(benchmarks.grid(BenchmarkCommand.PROFILE, settings, directory("profile")));
    results.add(benchmarks.grid(BenchmarkCommand.ROOFLINE, settings, directory("roofline")));
    results.add(benchmarks.compare(cached, "precision=bf16", directory("in-turn")));
    Path result = folder.resolve("out").resolve("throughput").resolve(ResultFile.NAME);
    Path again = folder.resolve("out").resolve("experiment").resolve(ResultFile.NAME);
    results.add(benchmarks.compare(result, again, directory("files")));
    Path noPython = folder.resolve("no such").resolve("python");
    Path noLlama = folder.resolve("no-such").resolve("llama-bench");
    results.add(
        benchmarks.baselines(
            new BaselinesSettings(
                bench.model(),
                List.of(Program.TRANSFORMERS, Program.LLAMA_CPP, Program.JLAMA),
                "fake",
                List.of(WeightFormat.F32),
                OptionalInt.empty(),
                List.of(1),
                6,
                4,
                3,
                1,
                0),
            new ProgramOptions(
                noPython.toString(), noLlama.toString(), false, Duration.ofSeconds(20)),
            directory("baselines")));
    assertEquals(8, results.size());

    int texts = 0;
    try (Stream<Path> files = Files.walk(folder.resolve("out"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertFalse(text.contains(folder.toString()), () -> file + " names " + folder);
        if (!file.toString().endsWith(".png")) {
          String words = text.replaceAll("data:image/png;base64,[A-Za-z0-9+/=]+", "");
          assertEquals(List.of(), ABSOLUTE.matcher(words).results().map(m -> m.group()).toList());
          assertFalse(words.contains("no such/"), file::toString);
          texts++;
        }
      }
    }
    assertEquals(8 * 5, texts); // result.json, table.md, table.csv, report.html, the lock
    for (BenchmarkResult of : results) {
      for (var plot : gpt2j.bench.plot.Plots.of(of)) {
        assertFalse(plot.description().contains(folder.toString()), plot.description());
        assertFalse(plot.titles().contains(folder.toString()), plot.titles());
        assertTrue(plot.titles().contains("tiny"), plot.titles());
      }
    }
  }

  private ResultDirectory directory(String name) {
    return ResultDirectory.create(folder.resolve("out").resolve(name));
  }
}
