package gpt2j.bench.baselines;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Shell scripts that speak the protocol, each in its own way. */
final class FakePrograms {
  /** What every step of {@link #steady} takes. */
  static final long STEP = 7_000;

  /** What every prefill of it takes. */
  static final long PREFILL = 90_000;

  /** Reads each request's counts, and makes a list of that many. */
  private static final String READ =
      """
      list() { i=0; while [ $i -lt $1 ]; do printf "$sep$2"; sep=,; i=$((i+1)); done; sep=; }
      number() { printf '%s' "$line" | sed 's/.*"'$1'":\\([0-9]*\\).*/\\1/'; }
      while read -r line; do
        new=$(number new_tokens)
        case $line in
          *prefill*) nanos=$(list $(number repetitions) PREFILL) ;;
          *) nanos=$(list $((new-1)) STEP) ;;
        esac
        printf '{"nanos":[%s],"drawn":[%s]}\\n' "$nanos" "$(list $new 1)"
      done
      """
          .replace("PREFILL", "" + PREFILL)
          .replace("STEP", "" + STEP);

  private static final String VERSION = "echo '{\"version\":\"fake 1\"}'\n";

  private final Path folder;

  FakePrograms(Path folder) {
    this.folder = folder;
  }

  /** Always takes the same time. */
  BaselineProgram steady(String name) {
    return program(name, VERSION + READ);
  }

  /** Can't do more than one sequence. */
  BaselineProgram single(String name) {
    return program(
        name,
        VERSION
            + READ.replace(
                "case $line in",
                """
                case $line in
                    *],[*) echo '{"unsupported":"one at a time"}'; continue ;;\
                """));
  }

  /** Isn't installed. */
  BaselineProgram absent(String name) {
    return program(name, "echo '{\"absent\":\"No module named torch\"}'\n");
  }

  /** Ends while it should work. */
  BaselineProgram failing(String name) {
    return program(name, VERSION + "read -r line; echo 'out of memory' >&2; exit 3\n");
  }

  /** Never answers; leaves its process's number in a file of its name. */
  BaselineProgram hanging(String name) {
    String file = folder.resolve(name + ".pid").toString();
    return program(name, VERSION + "echo $$ > '" + file + "'\nread -r line; sleep 1000; :\n");
  }

  /** Answers every request with this line. */
  BaselineProgram answering(String name, String line) {
    return program(name, VERSION + "while read -r line; do echo '" + line + "'; done\n");
  }

  /** Is no program at all. */
  static BaselineProgram missing(String name) {
    return program(name, List.of("no-such-program-anywhere"));
  }

  private BaselineProgram program(String name, String script) {
    return program(name, List.of("sh", file(name + ".sh", script).toString()));
  }

  private static BaselineProgram program(String name, List<String> command) {
    return new BaselineProgram() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public RunningProgram open(Conditions conditions) throws ProgramException {
        return ScriptProgram.start(conditions, command);
      }
    };
  }

  /** A file that can be run. */
  Path file(String name, String script) {
    try {
      Path file = Files.writeString(folder.resolve(name), script);
      boolean ignored = file.toFile().setExecutable(true);
      return file;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
