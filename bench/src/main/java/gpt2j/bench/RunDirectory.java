package gpt2j.bench;

import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Publisher;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.TableFormat;
import gpt2j.bench.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory of a run: {@code result.json}, {@code table.md}, {@code table.csv}, and what the
 * publishers add.
 */
public final class RunDirectory {
  private final Path path;
  private final Optional<BenchmarkResult> before;

  private RunDirectory(Path path, Optional<BenchmarkResult> before) {
    this.path = path;
    this.before = before;
  }

  /**
   * Begins a run. The directory is made when there is a result to put into it.
   *
   * @param path a new directory, or an empty one
   * @throws BenchException when it is in use
   */
  public static RunDirectory create(Path path) {
    try {
      if (Files.exists(path) && !isEmpty(path)) {
        throw BenchException.failure(
            path + ": isn't empty; give another --out, or go on with --resume " + path);
      }
    } catch (IOException e) {
      throw BenchException.failure(path + ": can't be used: " + e.getMessage());
    }
    return new RunDirectory(path, Optional.empty());
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  /**
   * Goes on with a run.
   *
   * @throws gpt2j.bench.result.ResultException when there is none
   */
  public static RunDirectory resume(Path path) {
    return new RunDirectory(path, Optional.of(ResultFile.read(path.resolve(ResultFile.NAME))));
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** What an earlier run left. */
  public Optional<BenchmarkResult> before() {
    return before;
  }

  /** Writes the result as far as it has come. */
  void save(BenchmarkResult result) {
    try {
      Files.createDirectories(path);
      ResultFile.write(path.resolve(ResultFile.NAME), result);
    } catch (IOException e) {
      throw BenchException.failure(path + ": can't be written: " + e);
    }
  }

  /** Writes tables, and has pictures and reports made. What fails of these is said, no more. */
  List<Path> publish(BenchmarkResult result, List<Publisher> publishers, RunListener listener) {
    List<Path> files = new ArrayList<>();
    try {
      files.add(write("table.md", Tables.format(result, TableFormat.MD)));
      files.add(write("table.csv", Tables.format(result, TableFormat.CSV)));
      for (Publisher publisher : publishers) {
        files.addAll(publisher.publish(result, path));
      }
    } catch (IOException e) {
      listener.note(path + ": not everything could be written: " + e);
    }
    return files;
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(path.resolve(name), text);
  }
}
