package gpt2j.hub;

import gpt2j.hub.http.Retries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A hub on loopback, a cache, and what is told. */
final class HubFixture implements AutoCloseable {
  static final String TOKEN = "hf_a-secret-of-the-user";

  final LoopbackHub server = new LoopbackHub();
  final Path cache;
  final List<String> notes = new ArrayList<>();
  final Map<String, String> environment = new HashMap<>();

  HubFixture(Path cache) throws IOException {
    this.cache = cache;
    environment.putAll(
        Map.of(
            "HF_HUB_CACHE", cache.toString(),
            "HF_ENDPOINT", server.uri().toString(),
            "HF_TOKEN", TOKEN,
            "HOME", cache.toString()));
  }

  /** With waits of milliseconds instead of seconds. */
  Hub hub() {
    return new Hub(
        new HubSettings(environment),
        false,
        said -> new Retries(5, Duration.ofMillis(5), Duration.ofSeconds(2), said));
  }

  HubListener listener() {
    return new HubListener() {
      @Override
      public void note(String line) {
        notes.add(line);
      }
    };
  }

  Path resolve(String model) {
    return hub().resolve(HubModel.parse(model), listener());
  }

  Path repository() {
    return cache.resolve("models--openai-community--gpt2");
  }

  Path blob(String file) {
    byte[] content = server.files.get(file);
    return repository()
        .resolve("blobs")
        .resolve(
            file.endsWith(".safetensors")
                ? LoopbackHub.sha256(content)
                : LoopbackHub.gitHash(content));
  }

  Path incomplete(String file) {
    Path blob = blob(file);
    return blob.resolveSibling(blob.getFileName() + ".incomplete");
  }

  /** The names of all files of the cache, but for locks, and what a link leads to. */
  Set<String> content() {
    try (Stream<Path> all = Files.walk(cache)) {
      return all.filter(path -> !Files.isDirectory(path) || Files.isSymbolicLink(path))
          .filter(path -> !path.toString().contains(".locks"))
          .map(this::shown)
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String shown(Path path) {
    try {
      String name = cache.relativize(path).toString();
      return Files.isSymbolicLink(path) ? name + " -> " + Files.readSymbolicLink(path) : name;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
