package gpt2j.cuda.emulator;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compiles the emulator with g++. What has been compiled once is kept by its contents, so that only
 * what has changed is compiled again; what nobody has used for a week is deleted.
 */
public final class Compiler {
  private static final String COMPILER = Optional.ofNullable(System.getenv("CXX")).orElse("g++");

  /** Enough to name one build of many. */
  private static final int KEY_LENGTH = 24;

  private static final Duration KEPT = Duration.ofDays(7);
  private static final Pattern KEY = Pattern.compile("\\w{%d}".formatted(KEY_LENGTH));

  // Strict aliasing: kernels read one type through pointers to another, as CUDA allows. AVX2, FMA
  // and F16C for speed and for conversions that round as a device does; ND4J needs them too.
  private static final List<String> FLAGS =
      List.of(
          "-std=c++17",
          "-g1",
          "-fPIC",
          "-fvisibility=hidden",
          "-fno-strict-aliasing",
          "-mavx2",
          "-mfma",
          "-mf16c",
          "-mtls-dialect=gnu2",
          "-DGPT2J_EMULATOR");
  private static final List<String> PLAIN_FLAGS = List.of("-O2");
  private static final List<String> SANITIZE_FLAGS =
      List.of(
          "-O1",
          "-fno-omit-frame-pointer",
          "-fsanitize=address,undefined",
          "-fno-sanitize-recover=undefined");
  private static final List<String> DRIVER_WARNINGS = List.of("-Wall", "-Wextra", "-Werror");
  private static final List<String> KERNEL_WARNINGS =
      List.of("-Wall", "-Wno-unknown-pragmas", "-Wno-sign-compare");

  private final Path cache;
  private final List<String> flags;

  /**
   * A compiler that keeps its results in a folder.
   *
   * @param sanitize whether to build with AddressSanitizer and UndefinedBehaviorSanitizer
   */
  public Compiler(Path cache, boolean sanitize) {
    this.cache = cache;
    List<String> all = new ArrayList<>(FLAGS);
    all.addAll(sanitize ? SANITIZE_FLAGS : PLAIN_FLAGS);
    this.flags = List.copyOf(all);
  }

  /** Says why nothing can be compiled here, in one line; empty where it can. */
  public static Optional<String> unavailable() {
    if (!"amd64".equals(System.getProperty("os.arch"))
        || !"Linux".equals(System.getProperty("os.name"))) {
      return Optional.of("the CUDA emulator needs Linux on x86-64");
    }
    try {
      version();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "the CUDA emulator needs g++; install it, or name a compiler in the variable CXX");
    }
  }

  /**
   * Where the library of AddressSanitizer is, which must be loaded before a JVM that loads a build
   * with it.
   */
  public static Path addressSanitizer() throws IOException {
    return Path.of(run(List.of(COMPILER, "-print-file-name=libasan.so"), Path.of(".")).strip())
        .toRealPath();
  }

  /**
   * Builds a library, or finds the one built before.
   *
   * @throws IllegalStateException if the sources don't compile, with the compiler's words
   */
  public Path build(Sources sources) throws IOException {
    String compiler = version();
    Map<String, Path> objects = new TreeMap<>();
    MessageDigest all = digest();
    for (String unit : sources.units()) {
      MessageDigest digest = digest();
      digest.update(bytes(compiler + flags + unitFlags(unit)));
      digest.update(bytes(sources.contents(unit)));
      String key = key(digest);
      all.update(bytes(key));
      objects.put(unit, cache.resolve("objects").resolve(key + ".o"));
    }
    // The file's name is the library's, so each has a folder.
    Path library = cache.resolve(key(all)).resolve("libcuda.so.1");
    if (used(library)) {
      return library;
    }
    Files.createDirectories(cache.resolve("objects"));
    try (FileChannel channel =
        FileChannel.open(
            cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock(channel);
      if (!Files.exists(library)) {
        compile(sources, objects);
        link(objects, library);
        deleteUnused();
      }
    }
    return library;
  }

  /** Whether there is such a file; it counts as used now. */
  private static boolean used(Path file) throws IOException {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Deletes objects and libraries that were not used for long, and folders that are left empty. */
  private void deleteUnused() throws IOException {
    Instant oldest = Instant.now().minus(KEPT);
    for (Path folder : list(cache)) {
      boolean objects = folder.endsWith("objects");
      if (!objects && !KEY.matcher(folder.getFileName().toString()).matches()) {
        continue; // what somebody is making
      }
      for (Path file : list(folder)) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
          Files.delete(file);
          if (!objects) {
            Files.delete(folder); // a library has it for itself
          }
        }
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /**
   * Builds a library of one unit that calls the driver, or finds the one built before.
   *
   * @param name the library's file name, by which the dynamic linker knows it; also the version of
   *     its symbols
   * @param unit the one to compile
   * @param files all files needed, by name
   * @param driver what {@link #build} has built
   */
  Path build(String name, String unit, Map<String, String> files, Path driver) throws IOException {
    MessageDigest digest = digest();
    digest.update(bytes(version() + flags + name + driver + new TreeMap<>(files)));
    Path library = cache.resolve(key(digest)).resolve(name);
    if (used(library)) {
      return library;
    }
    Files.createDirectories(library.getParent());
    Path folder = Files.createTempDirectory(cache, "sources-");
    try {
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
      Path versions = folder.resolve("versions");
      Files.writeString(versions, name + " { global: *; };\n");
      Path unfinished = Files.createTempFile(cache, "library-", ".so");
      List<String> command = new ArrayList<>(List.of(COMPILER));
      command.addAll(flags);
      command.addAll(DRIVER_WARNINGS);
      command.addAll(List.of("-shared", "-Wl,-soname," + name, "-Wl,--version-script=" + versions));
      command.addAll(List.of("-o", unfinished.toString(), unit, driver.toString()));
      run(command, folder);
      Files.move(unfinished, library, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(folder);
    }
    return library;
  }

  // Until the channel is closed. Nothing goes wrong without it, but processes would do the same
  // work at the same time.
  private static void lock(FileChannel channel) throws IOException {
    try {
      channel.lock();
    } catch (OverlappingFileLockException e) {
      // Another thread of this JVM has it.
    }
  }

  private void compile(Sources sources, Map<String, Path> objects) throws IOException {
    Path folder = Files.createTempDirectory(cache, "sources-");
    try (ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (Map.Entry<String, String> file : sources.files().entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
      List<Future<?>> running = new ArrayList<>();
      for (Map.Entry<String, Path> object : objects.entrySet()) {
        if (!used(object.getValue())) {
          running.add(
              pool.submit(
                  () -> {
                    compile(folder, object.getKey(), object.getValue());
                    return null;
                  }));
        }
      }
      for (Future<?> result : running) {
        await(result);
      }
    } finally {
      delete(folder);
    }
  }

  private void compile(Path folder, String unit, Path object) throws IOException {
    Path unfinished = Files.createTempFile(cache, "object-", ".o");
    List<String> command = new ArrayList<>(List.of(COMPILER));
    command.addAll(flags);
    command.addAll(unitFlags(unit));
    command.addAll(List.of("-x", "c++", "-c", unit, "-o", unfinished.toString()));
    run(command, folder);
    Files.move(unfinished, object, StandardCopyOption.ATOMIC_MOVE);
  }

  private void link(Map<String, Path> objects, Path library) throws IOException {
    Path unfinished = Files.createTempFile(cache, "library-", ".so");
    List<String> command = new ArrayList<>(List.of(COMPILER));
    command.addAll(flags);
    command.addAll(List.of("-shared", "-Wl,-soname,libcuda.so.1", "-o", unfinished.toString()));
    objects.values().forEach(object -> command.add(object.toString()));
    command.add("-pthread");
    run(command, cache);
    Files.createDirectories(library.getParent());
    Files.move(unfinished, library, StandardCopyOption.ATOMIC_MOVE);
  }

  private static List<String> unitFlags(String unit) {
    return unit.endsWith(".cu") ? KERNEL_WARNINGS : DRIVER_WARNINGS;
  }

  private static String version() throws IOException {
    return run(List.of(COMPILER, "--version"), Path.of("."));
  }

  private static String run(List<String> command, Path folder) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + "\n" + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while compiling the CUDA emulator");
    }
    return output;
  }

  private static void await(Future<?> result) throws IOException {
    try {
      result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while compiling the CUDA emulator");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException failure -> throw failure;
        default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      files.forEach(
          file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    Files.delete(folder);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String key(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest()).substring(0, KEY_LENGTH);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
