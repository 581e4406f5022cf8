package gpt2j.bench;

import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.RunListener;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Publisher;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.Table;
import gpt2j.bench.table.Tables;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.ProcessLock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a run: {@code result.json}, {@code table.md}, {@code table.csv}, and what the
 * publishers add.
 */
public final class ResultDirectory implements AutoCloseable {
  private final Path path;
  private final Optional<BenchmarkResult> before;
  private final Disk disk = new Disk();
  private @Nullable ProcessLock lock;

  private ResultDirectory(Path path, Optional<BenchmarkResult> before, @Nullable ProcessLock lock) {
    this.path = path;
    this.before = before;
    this.lock = lock;
  }

  /**
   * Begins a run. The directory is made when there is a result to put into it.
   *
   * @param path a new directory, or an empty one
   * @throws BenchException when it is in use
   */
  public static ResultDirectory create(Path path) {
    try {
      requireUnused(path);
    } catch (IOException e) {
      throw BenchException.failure(path + ": can't be used: " + Io.explain(e));
    }
    return new ResultDirectory(path, Optional.empty(), null);
  }

  /** What a process left that ended before it had a result is no run. */
  private static void requireUnused(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.list(path)) {
      if (!files.allMatch(file -> file.getFileName().toString().startsWith("."))) {
        throw BenchException.failure(
            path + ": isn't empty; give another --out, or go on with --resume " + path);
      }
    }
  }

  /**
   * Goes on with a run. Until it is closed no other process can use it.
   *
   * @throws gpt2j.bench.result.ResultException when there is none
   * @throws BenchException when another process uses it
   */
  public static ResultDirectory resume(Path path) {
    Path file = path.resolve(ResultFile.NAME);
    ProcessLock lock = Files.exists(file) ? lock(path) : null;
    try {
      return new ResultDirectory(path, Optional.of(ResultFile.read(file)), lock);
    } catch (RuntimeException e) {
      if (lock != null) {
        lock.close();
      }
      throw e;
    }
  }

  private static ProcessLock lock(Path path) {
    try {
      return ProcessLock.ofDirectory(path)
          .orElseThrow(
              () ->
                  BenchException.failure(
                      path + ": another process measures there; wait until it has ended"));
    } catch (IOException e) {
      throw BenchException.failure(path + ": " + Io.unwritable(e));
    }
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
      if (lock == null) {
        Files.createDirectories(path);
        lock = lock(path);
        requireUnused(path); // still
      }
      ResultFile.write(path.resolve(ResultFile.NAME), result);
    } catch (IOException e) {
      throw BenchException.failure(path + ": " + Io.unwritable(e));
    }
  }

  /** Writes tables, and has pictures and reports made. What fails of these is said, no more. */
  void publish(BenchmarkResult result, List<Publisher> publishers, RunListener listener) {
    try {
      write("table.md", Tables.format(result, Table.Format.MD));
      write("table.csv", Tables.format(result, Table.Format.CSV));
      for (Publisher publisher : publishers) {
        publisher.publish(result, path);
      }
    } catch (IOException e) {
      listener.note(path + ": not everything could be written: " + Io.explain(e));
    }
  }

  private void write(String name, String text) throws IOException {
    disk.replace(path.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  /** Lets other processes use it. */
  @Override
  public void close() {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }
}
