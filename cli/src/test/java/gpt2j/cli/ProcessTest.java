package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: exit codes, signals, the system's limits. */
@EnabledOnOs(OS.LINUX)
class ProcessTest {
  @TempDir private static Path directory;
  private static String model = "";

  @BeforeAll
  static void prepare() {
    model = Checkpoints.tiny(directory.resolve("model")).toString();
  }

  @Test
  void theExitCodeIsTheProcesss() throws Exception {
    CliProcess fine = CliProcess.start("tokenize", "Hello world");
    CliProcess wrong = CliProcess.start("--threads=0");
    assertAll(
        () -> assertEquals("15496,995\n", fine.remainingOutput()),
        () -> assertEquals(0, fine.exitCode()),
        () -> assertEquals("", fine.err()),
        () -> assertEquals(2, wrong.exitCode()),
        () ->
            assertEquals(
                "gpt2j: --threads: must be a whole number, 1 or more, not '0'\n", wrong.err()));
  }

  @Test
  void anArgumentThatIsNotUtf8IsRefused() throws Exception {
    CliProcess refused =
        CliProcess.startBy(
            List.of("bash", "-c", "exec \"$@\" \"$(printf 'caf\\351')\"", "bash"), "tokenize");
    CliProcess taken = CliProcess.start("tokenize", "\uFFFD");
    assertAll(
        () -> assertEquals(2, refused.exitCode()),
        () ->
            assertEquals(
                "gpt2j: argument 2: is not UTF-8, as in 'caf\uFFFD'; convert it first\n",
                refused.err()),
        () -> assertEquals(0, taken.exitCode(), taken.err()));
  }

  @Test
  void closedStandardInputIsNamed() throws Exception {
    // As the launcher leaves it.
    CliProcess closed =
        CliProcess.startBy(
            List.of("bash", "-c", "exec 0>/dev/null; exec \"$@\"", "bash"), "tokenize", "-");
    assertAll(
        () -> assertEquals(1, closed.exitCode()),
        () -> assertEquals("gpt2j: standard input: is closed\n", closed.err()));
  }

  @Test
  void ctrlCEndsWithWhatWasGenerated() throws Exception {
    CliProcess endless =
        CliProcess.start(
            "--model",
            model,
            "--prompt=Hello",
            "--max-new-tokens=1000000000",
            "--context-overflow=slide");
    byte[] first = endless.out().readNBytes(10);
    endless.assumeCanBeInterrupted();
    endless.interrupt();
    String rest = endless.remainingOutput();
    assertAll(
        () -> assertEquals(130, endless.exitCode()),
        () -> assertEquals(10, first.length),
        () -> assertTrue(rest.endsWith("\n"), rest),
        () ->
            assertTrue(
                endless.err().matches("gpt2j: load .*; interrupted\n"), () -> endless.err()));
  }

  @Test
  void ctrlCLeavesNoHalfACheckpoint() throws Exception {
    Path place = Files.createDirectory(directory.resolve("place"));
    CliProcess init =
        CliProcess.start("init", "--size=gpt2-medium", "--out", place.resolve("new").toString());
    while (files(place).isEmpty()) {
      assertTrue(init.isRunning(), init::err);
      Thread.sleep(1);
    }
    init.assumeCanBeInterrupted();
    init.interrupt();
    assertAll(
        () -> assertEquals(130, init.exitCode()),
        () -> assertEquals("", init.err()),
        () -> assertEquals(List.of(), files(place)));
  }

  @Test
  void aFileLimitLeavesNoHalfACheckpoint() throws Exception {
    Path place = Files.createDirectory(directory.resolve("limited"));
    Path target = place.resolve("new");
    CliProcess init =
        CliProcess.startBy(
            List.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "bash"),
            "init",
            "--size=gpt2",
            "--out",
            target.toString());
    assertAll(
        () -> assertEquals(1, init.exitCode()),
        () -> assertEquals("gpt2j: " + target + ": can't be written: File too large\n", init.err()),
        () -> assertEquals(List.of(), files(place)));
  }

  @Test
  void aFullDiskLeavesNoHalfACheckpoint() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    List<String> mount = List.of("unshare", "-rm", "bash", "-c");
    String small = "mount -t tmpfs -o size=256k none \"$0\" || exit 77; ";
    assumeTrue(succeeds(mount, small, disk), "no small file system can be mounted here");
    Path target = disk.resolve("new");
    List<String> starter =
        Stream.concat(
                mount.stream(),
                Stream.of(small + "\"$@\"; code=$?; ls -A \"$0\"; exit $code", disk.toString()))
            .toList();
    CliProcess init =
        CliProcess.startBy(starter, "init", "--size=gpt2", "--out", target.toString());
    assertAll(
        () -> assertEquals("", init.remainingOutput(), "nothing may be left on the disk"),
        () -> assertEquals(1, init.exitCode()),
        () ->
            assertTrue(
                init.err().startsWith("gpt2j: " + target + ": can't be written: no space left"),
                init.err()),
        () -> assertEquals(1, init.err().lines().count()));
  }

  private static boolean succeeds(List<String> mount, String script, Path disk)
      throws InterruptedException {
    List<String> command =
        Stream.concat(mount.stream(), Stream.of(script, disk.toString())).toList();
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  private static List<Path> files(Path place) throws IOException {
    try (Stream<Path> all = Files.list(place)) {
      return all.toList();
    }
  }
}
