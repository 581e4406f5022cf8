package gpt2j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models by their names. */
class HubModelTest {
  private static final String COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e";

  @TempDir private static Path folder;
  private static Path model;

  @TempDir private Path cache;

  @BeforeAll
  static void makeModel() {
    model = folder.resolve("model");
    assertEquals(
        0,
        CliRun.cli(
                "init",
                "--n-layer=1",
                "--n-head=1",
                "--n-embd=16",
                "--n-ctx=32",
                "--seed=1",
                "--out=" + model)
            .exitCode());
  }

  private Result run(String... arguments) {
    return new CliRun().environment(environment(Map.of())).run(arguments);
  }

  private Map<String, String> environment(Map<String, String> more) {
    return Stream.of(Map.of("HF_HUB_CACHE", cache.toString()), more)
        .flatMap(map -> map.entrySet().stream())
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Lays a model out as other programs do that know no more than what they needed. */
  private Path lay(String name) throws IOException {
    Path repository = cache.resolve("models--" + name.replace("/", "--"));
    Path snapshot = repository.resolve("snapshots").resolve(COMMIT);
    Files.createDirectories(snapshot.getParent());
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    Files.createSymbolicLink(snapshot, model);
    return snapshot;
  }

  @Test
  void everyCommandFindsAModelInTheCache(@TempDir Path work) throws IOException {
    lay("someone/small");
    Path text = Files.writeString(work.resolve("text"), "a b c d e f g\n".repeat(50));
    List<List<String>> commands =
        List.of(
            List.of("--prompt=a", "--max-new-tokens=2"),
            List.of("generate", "--prompt=a", "--max-new-tokens=2"),
            List.of("score", "a b"),
            List.of("tokenize", "a b"),
            List.of("convert", "--out=" + work.resolve("copy")),
            List.of("prepare", text.toString(), "--out=" + work.resolve("data")));
    for (List<String> command : commands) {
      Stream<String> arguments =
          Stream.concat(command.stream(), Stream.of("--model=someone/small", "--offline"));
      Result result = run(arguments.toArray(String[]::new));
      assertEquals(0, result.exitCode(), command + result.err());
    }
  }

  @Test
  void theNamesOfOneModelAreTheSame() throws IOException {
    lay("gpt2");
    lay("someone/small");
    for (String name :
        List.of(
            "gpt2",
            "gpt2@main",
            "gpt2@" + COMMIT,
            "https://huggingface.co/gpt2",
            "hf.co/gpt2/tree/main",
            "hf://someone/small@main",
            "https://huggingface.co/someone/small/blob/main/config.json")) {
      Result result = run("tokenize", "--model=" + name, "Hello");
      assertEquals("15496\n", result.out(), name + result.err());
    }
  }

  @Test
  void aModelThatIsNotThereIsOneLine() {
    Result result = run("--model=someone/small", "--prompt=a");
    assertEquals(1, result.exitCode());
    assertEquals(
        "gpt2j: someone/small: is not in the hub's cache (%s), and downloading is off: by --offline, or HF_HUB_OFFLINE; nor is there a folder of that name\n"
            .formatted(cache),
        result.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/none",
        "./none",
        "../none",
        "~none",
        "none/",
        "a/b/c",
        "a.gguf",
        "a\\b",
        "target/none",
        "a--b",
        "a b",
        "model.safetensors"
      })
  void whatLooksLikeAPathIsOne(String name) {
    Result result = run("tokenize", "--model=" + name, "a");
    assertEquals(1, result.exitCode(), result.err());
    assertEquals(1, result.err().lines().count());
    assertTrue(result.err().contains(": does not exist; give a directory"), result.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://huggingface.co/", "hf.co/a/b/c", "hf://a@..", "hf.co/a--b"})
  void anAddressThatIsNoModelsIsOneLine(String name) {
    Result result = run("tokenize", "--model=" + name, "a");
    assertEquals(2, result.exitCode(), result.err());
    assertTrue(result.err().startsWith("gpt2j: --model: '" + name + "' "), result.err());
  }

  @Test
  void whatIsToBeDownloadedMustBeAName() {
    Map<List<String>, String> outcomes =
        Map.of(
            List.of("download"), "no model: give its NAME on the hub, such as gpt2",
            List.of("download", "a/b/c"), "NAME: 'a/b/c' is no name of a model: *",
            List.of("download", "a@b", "--revision=c"), "--revision and @b exclude each other",
            List.of("download", "a", "--revision=../c"), "--revision: must be a branch, *");
    outcomes.forEach(
        (arguments, message) -> {
          Result result = run(arguments.toArray(String[]::new));
          assertEquals(2, result.exitCode());
          assertTrue(
              result.err().matches("gpt2j: \\Q" + message.replace("*", "\\E.*\\Q") + "\\E\n"),
              result.err());
        });
  }

  @Test
  void downloadingPrintsTheFolder() throws IOException {
    try (TinyHub hub = new TinyHub(model)) {
      Map<String, String> environment =
          environment(Map.of("HF_HUB_OFFLINE", "0", "HF_ENDPOINT", hub.address()));
      Result result = new CliRun().environment(environment).run("download", "someone/small");
      Path snapshot = cache.resolve("models--someone--small/snapshots").resolve(COMMIT);
      assertEquals(new Result(0, snapshot + "\n", ""), result);
      Result again = run("download", "someone/small", "--offline");
      assertEquals(new Result(0, snapshot + "\n", ""), again);
      assertEquals(
          CliRun.cli("score", "--model=" + model, "a b").out(),
          run("score", "--model=someone/small", "a b").out());
    }
  }

  /** A hub that has one model, and nothing to go wrong. */
  private static final class TinyHub implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    private final Path files;

    TinyHub(Path files) throws IOException {
      this.files = files;
      Thread.ofVirtual().start(this::accept);
    }

    String address() {
      return "http://127.0.0.1:" + socket.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket connection = socket.accept();
          Thread.ofVirtual().start(() -> answer(connection));
        }
      } catch (IOException e) {
        // is closed
      }
    }

    private void answer(Socket connection) {
      try (connection;
          var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), UTF_8))) {
        String[] request = in.readLine().split(" ");
        while (!in.readLine().isEmpty()) {}
        byte[] content =
            request[1].contains("/api/")
                ? listing().getBytes(UTF_8)
                : Files.readAllBytes(files.resolve(Path.of(request[1]).getFileName()));
        OutputStream out = connection.getOutputStream();
        out.write(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Repo-Commit: %s\r\nETag: \"%s\"\r\nContent-Length: %d\r\n\r\n"
                .formatted(COMMIT, sha256(content), content.length)
                .getBytes(UTF_8));
        if (request[0].equals("GET")) {
          out.write(content);
        }
      } catch (IOException e) {
        // whoever asked has gone
      }
    }

    private String listing() throws IOException {
      try (Stream<Path> all = Files.list(files)) {
        return "{\"sha\": \"%s\", \"siblings\": [%s]}"
            .formatted(
                COMMIT,
                all.map(file -> "{\"rfilename\": \"" + file.getFileName() + "\"}")
                    .collect(Collectors.joining(", ")));
      }
    }

    private static String sha256(byte[] content) {
      try {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
