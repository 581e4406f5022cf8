package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.io.OneLine;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Paths that lead to no file or directory, in the place of each that a command takes. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class OddPathsTest {
  @TempDir private static Path folder;
  private static List<String> paths = List.of();

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    Path model = Checkpoints.tiny(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "Once upon a time\n".repeat(9));
    TrainingData.bytes(folder.resolve("data"));
    Path file = model.resolve("config.json");
    Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("none"));
    Path socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
    }
    paths =
        List.of(
            "",
            "\0",
            "a\0b",
            "/",
            ".",
            "..",
            folder.toString(),
            file.toString(),
            file + "/below",
            loop.toString(),
            dangling + "/below",
            socket.toString(),
            "/dev/null",
            "/dev/full",
            "/proc/self/mem",
            "/proc/none",
            folder.resolve("n".repeat(300)).toString(),
            folder.resolve("n/".repeat(3000)).toString());
  }

  /** Commands with {@code #} for the odd path and {@code @} for the folder of proper files. */
  static Stream<String> commands() {
    return Stream.of(
        "generate --backend=reference --prompt=Hi --max-new-tokens=1 --model=#",
        "generate --backend=reference --model=@/model --max-new-tokens=1 --prompt-file=#",
        "score --backend=reference --model=@/model --file=#",
        "tokenize --file=#",
        "tokenize --model=# text",
        "init --n-layer=1 --n-head=1 --n-embd=8 --n-ctx=8 --out=#",
        "convert --model=# --out=@/out",
        "convert --model=@/model --out=#",
        "stories --bytes=1 --out=#",
        "prepare # --out=@/out",
        "prepare @/text.txt --out=#",
        "prepare @/text.txt --model=# --out=@/out",
        "train --backend=reference --n-layer=1 --n-head=1 --n-embd=8 --n-ctx=8 --max-steps=1"
            + " --batch-size=1 --out=@/out --data=#",
        "train --backend=reference --n-layer=1 --n-head=1 --n-embd=8 --n-ctx=8 --max-steps=0"
            + " --batch-size=1 --data=@/data --out=#",
        "train --backend=reference --max-steps=1 --data=@/data --out=@/out --model=#",
        "train --backend=reference --max-steps=1 --data=@/data --out=@/out --config=#",
        "train --resume=#",
        "baseline #",
        "bench throughput --backend=reference --model=# --out=@/out",
        "bench throughput --resume=#",
        "bench throughput --config=# --out=@/out",
        "bench compare --config=# --out=@/out",
        "bench baselines --config=# --out=@/out",
        "bench compare # # --out=@/out",
        "bench visualize --backend=reference --prompt=Hi --out=@/out --model=#");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void areRefusedInOneLine(String command) throws IOException {
    List<Path> before = files();
    for (String path : paths) {
      String[] arguments =
          Stream.of(command.split(" "))
              .map(argument -> argument.replace("@", folder.toString()).replace("#", path))
              .toArray(String[]::new);
      CliRun.Result result = CliRun.cli(arguments);
      String what = OneLine.of(path) + ": " + result.err();
      assertTrue(!result.err().contains("internal error"), what);
      if (result.exitCode() > 0) {
        assertTrue(result.exitCode() < 3, what);
        assertEquals(1, result.errors().size(), what);
        assertTrue(result.err().startsWith("gpt2j: "), what);
        assertEquals(before, files(), what);
      } else {
        remove(before);
      }
    }
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.sorted().toList();
    }
  }

  private static void remove(List<Path> before) throws IOException {
    List<Path> now = files();
    for (int i = now.size() - 1; i >= 0; i--) {
      if (!before.contains(now.get(i))) {
        Files.delete(now.get(i));
      }
    }
  }
}
