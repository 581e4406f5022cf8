package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.LauncherSandbox.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/cli} in a project, with JDKs and a Maven, that are stand-ins made of scripts. */
class LauncherTest {
  @TempDir private Path folder;
  private LauncherSandbox sandbox;

  @BeforeEach
  void makeSandbox() throws IOException {
    sandbox = new LauncherSandbox(folder);
  }

  @Test
  void saysInOneLineThatThereIsNoJdk() throws Exception {
    Outcome outcome = sandbox.run();

    assertEquals(1, outcome.exitCode());
    assertEquals("", outcome.out());
    assertEquals(
        "gpt2j: needs a JDK 25 or later; none in JAVA_HOME, on the PATH or in the usual folders\n",
        outcome.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"17.0.15", "24.0.2", "1.8.0_452", "9", "08", "1.08", "", "junk"})
  void doesNotTakeAnotherJdk(String version) throws Exception {
    sandbox.jdk("jdk", version);
    sandbox.javaHome("jdk");

    Outcome outcome = sandbox.run();

    assertEquals(1, outcome.exitCode());
    assertTrue(outcome.err().contains("needs a JDK 25"), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"25", "025", "25.0.1", "25-ea", "26.0.1", "100"})
  void takesAnyJdkFromTheOneNeeded(String version) throws Exception {
    sandbox.jdk("jdk", version);
    sandbox.javaHome("jdk");

    assertEquals("jdk", sandbox.builtBefore().run().jdk());
  }

  @Test
  void prefersJavaHomeThenThePathThenTheOldestOfTheUsualFolders() throws Exception {
    sandbox.builtBefore();
    sandbox.jdk("jdks/a", "27");
    sandbox.jdk("jdks/b", "26.0.2");
    sandbox.jdk("jdks/c", "21.0.7");
    assertEquals("jdks/b", sandbox.run().jdk());

    sandbox.jdk("on-path", "28");
    sandbox.putOnPath("on-path");
    assertEquals("on-path", sandbox.run().jdk());

    sandbox.jdk("home", "29");
    sandbox.javaHome("home");
    assertEquals("home", sandbox.run().jdk());
  }

  @Test
  void passesArgumentsInputAndExitCode() throws Exception {
    sandbox.withJdk().builtBefore();

    Outcome outcome = sandbox.input("from stdin").run("a b", "", "*", "--exit=7");

    assertEquals(7, outcome.exitCode());
    assertEquals(List.of("a b", "", "*", "--exit=7"), outcome.arguments());
    assertEquals("from stdin", outcome.input());
    assertTrue(outcome.options().contains("-Dgpt2j.stderr.fd=3"), outcome.out());
  }

  @Test
  void leavesOutTheBootWarningAndNothingElse() throws Exception {
    sandbox.withJdk().builtBefore();

    assertEquals("before\nafter\n", sandbox.run().err());
  }

  @Test
  void worksThroughSymbolicLinksFromElsewhere() throws Exception {
    sandbox.withJdk().builtBefore();
    Path elsewhere = Files.createDirectories(folder.resolve("else where"));
    Files.createSymbolicLink(elsewhere.resolve("one"), sandbox.launcher());
    Files.createSymbolicLink(elsewhere.resolve("two"), Path.of("one"));

    assertEquals(0, sandbox.runAs(elsewhere.resolve("two"), elsewhere).exitCode());
  }

  @Test
  void saysInOneLineThatThereIsNoMaven() throws Exception {
    sandbox.withJdk();

    Outcome outcome = sandbox.run();

    assertEquals(1, outcome.exitCode());
    assertEquals(
        "gpt2j: this must be built first, with Maven, and there is no mvn on the PATH: install"
            + " Maven\n",
        outcome.err());
  }

  @Test
  void buildsOnceAndAgainWhenSourcesChange() throws Exception {
    sandbox.withJdk().withMaven();
    assertEquals(0, sandbox.run().exitCode());
    assertEquals(1, sandbox.builds());
    sandbox.run();
    assertEquals(1, sandbox.builds(), "nothing changed");

    Path source = sandbox.write("api/src/main/java/gpt2j/api/New.java");
    sandbox.run();
    assertEquals(2, sandbox.builds(), "a new source");
    sandbox.age();
    Files.delete(source);
    sandbox.run();
    assertEquals(3, sandbox.builds(), "a source removed");
    sandbox.age();
    sandbox.write("model-gpt2/pom.xml");
    sandbox.run();
    assertEquals(4, sandbox.builds(), "a changed POM");
    sandbox.age();
    sandbox.write("cli/src/test/java/gpt2j/cli/SomeTest.java");
    sandbox.write("cli/target/classes/x");
    sandbox.write("api/target/classes/x");
    sandbox.write("bench/scripts/new.py");
    sandbox.run();
    assertEquals(4, sandbox.builds(), "tests, scripts and what is built don't count");
  }

  @Test
  void showsTheErrorsOfAFailedBuildAndDoesNotStart() throws Exception {
    sandbox.withJdk().withFailingMaven();

    Outcome outcome = sandbox.run();

    assertEquals(1, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("[ERROR] A.java: ';' expected\n"), outcome.err());
    assertTrue(outcome.err().contains("gpt2j: the build failed;"), outcome.err());
    assertFalse(outcome.err().contains("[Help 1]"), outcome.err());
    assertEquals(1, sandbox.run().exitCode());
    assertEquals(2, sandbox.builds(), "it is tried again");
  }

  @Test
  void buildsOnceForTwoFirstCalls() throws Exception {
    sandbox.withJdk().withMaven();

    try (var calls = Executors.newFixedThreadPool(2)) {
      var first = calls.submit(() -> sandbox.run());
      var second = calls.submit(() -> sandbox.run());

      assertEquals(0, first.get().exitCode());
      assertEquals(0, second.get().exitCode());
    }
    assertEquals(1, sandbox.builds());
  }

  @Test
  void startsWithTheArchiveOfClasses() throws Exception {
    sandbox.withJdk().withMaven();

    Outcome outcome = sandbox.run();

    Path archive = sandbox.path("cli/target/classes.jsa");
    assertTrue(outcome.options().contains("-XX:SharedArchiveFile=" + archive), outcome.out());
  }

  @Test
  void makesTheArchiveAgainAfterTheFolderWasMoved() throws Exception {
    sandbox.withJdk().withMaven();
    assertFalse(sandbox.run().err().isEmpty(), "it says what it does first");
    assertFalse(sandbox.run().err().contains("fast start"), "the archive is there");

    Path root = sandbox.path("cli/target/classes.jsa.root");
    Files.writeString(root, "/elsewhere\n");
    assertTrue(sandbox.run().err().contains("fast start"), "it was made elsewhere");
    assertEquals(sandbox.path("") + "\n", Files.readString(root));
    assertEquals(1, sandbox.builds());
  }

  @Test
  void startsWithoutAnArchiveThatCannotBeMade() throws Exception {
    sandbox.withJdk().withMaven();
    sandbox.javaFails("init");

    Outcome outcome = sandbox.run();

    assertEquals(0, outcome.exitCode());
    assertFalse(outcome.out().contains("SharedArchiveFile"), outcome.out());
  }

  @Test
  void startsWithoutAnArchiveThatJavaCannotUse() throws Exception {
    sandbox.withJdk().withMaven();
    sandbox.javaFails("-XX:SharedArchiveFile=");

    Outcome outcome = sandbox.run();

    assertEquals(0, outcome.exitCode());
    assertFalse(outcome.out().contains("SharedArchiveFile"), outcome.out());
    assertFalse(sandbox.run().err().contains("fast start"), "it is not tried again");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "näh",
        "漢字",
        "a b",
        "a:b",
        ":",
        "it's",
        "say \"hi\"",
        "100%41#q?",
        "@file",
        "-dash",
        "*",
        "$HOME`id`",
        "back\\slash",
        "new\nline",
        "end\n"
      })
  void worksBelowAnyFolder(String name) throws Exception {
    sandbox = new LauncherSandbox(folder, name + "/project");
    sandbox.jdk("jdk", "25");
    sandbox.javaHome("jdk");

    Outcome outcome = sandbox.builtBefore().runAs(sandbox.launcher(), folder, "generate");

    assertEquals(0, outcome.exitCode(), outcome.err());
    assertFalse(outcome.err().contains("gpt2j: "), outcome.err());
    assertEquals(sandbox.path("cli/target/mods").toRealPath(), outcome.modules());
    List<String> options = outcome.options();
    String modules = options.get(options.indexOf("--module-path") + 1);
    assertFalse(modules.contains(":"), modules);
  }

  @Test
  void saysInOneLineWhereItCannotBeBuilt() throws Exception {
    sandbox = new LauncherSandbox(folder, "a:b");
    sandbox.jdk("jdk", "25");
    sandbox.javaHome("jdk");
    sandbox.withMaven();

    Outcome outcome = sandbox.run();

    assertEquals(1, outcome.exitCode());
    assertEquals(
        "gpt2j: this must be built first, and javac takes no folder with a colon in its name:"
            + " build it elsewhere\n",
        outcome.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
  void givesJavaNoClosedDescriptors(String closing) throws Exception {
    sandbox.withJdk().builtBefore();
    Path script = folder.resolve("closing");
    Files.writeString(
        script, "#!/usr/bin/env bash\nexec '%s' %s\n".formatted(sandbox.launcher(), closing));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));

    sandbox.runAs(script, folder);

    assertTrue(Files.notExists(sandbox.path("closed")), closing);
  }

  @Test
  void saysInOneLineThatTheCurrentFolderIsGone() throws Exception {
    sandbox.withJdk().builtBefore();
    Path script = folder.resolve("removing");
    Files.writeString(
        script,
        "#!/usr/bin/env bash\nmkdir x && cd x && rm -r ../x && exec '%s'\n"
            .formatted(sandbox.launcher()));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));

    Outcome outcome = sandbox.runAs(script, folder);

    assertEquals(1, outcome.exitCode());
    assertTrue(
        outcome.err().endsWith("gpt2j: the current folder was removed: go to another\n"),
        outcome.err());
  }
}
