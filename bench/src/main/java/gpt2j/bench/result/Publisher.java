package gpt2j.bench.result;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Makes something to look at out of a result: plots, a report. */
@FunctionalInterface
public interface Publisher {
  /**
   * Writes files into the directory that holds the result, replacing those of an earlier call.
   * Called when a run has ended, also when it was interrupted: lists may be empty.
   *
   * @return the files written
   */
  List<Path> publish(BenchmarkResult result, Path directory) throws IOException;
}
