package gpt2j.bench.report;

import gpt2j.bench.plot.Plot;
import gpt2j.bench.plot.Plots;
import gpt2j.bench.plot.TextDrawing;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Publisher;
import gpt2j.model.gpt2.files.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes plots and {@code report.html}. Where Java can't draw text there is a report without plots
 * that says why.
 */
public final class ReportPublisher implements Publisher {
  /** The report's name. */
  public static final String NAME = "report.html";

  private final Supplier<Optional<String>> problem;

  /** Draws, if this Java can. */
  public ReportPublisher() {
    this(TextDrawing::problem);
  }

  ReportPublisher(Supplier<Optional<String>> problem) {
    this.problem = problem;
  }

  @Override
  public List<Path> publish(BenchmarkResult result, Path directory) throws IOException {
    Optional<String> reason = problem.get();
    List<Path> files = new ArrayList<>();
    Map<Plot, byte[]> plots = new LinkedHashMap<>();
    if (reason.isEmpty()) {
      for (Plot plot : Plots.of(result)) {
        byte[] png = plot.png();
        plots.put(plot, png);
        files.add(write(directory.resolve(plot.name() + ".png"), png));
      }
    }
    String text = new Report(result).text(plots, reason.orElse(null));
    files.add(write(directory.resolve(NAME), text.getBytes(StandardCharsets.UTF_8)));
    return files;
  }

  private static Path write(Path file, byte... contents) throws IOException {
    new Disk().replace(file, contents);
    return file;
  }
}
