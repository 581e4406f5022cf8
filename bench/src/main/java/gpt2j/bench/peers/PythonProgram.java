package gpt2j.bench.peers;

import gpt2j.bench.result.setup.Program;
import java.util.ArrayList;
import java.util.List;

/** A program of PyTorch, by a script of ours. */
final class PythonProgram implements PeerProgram {
  private final Program program;
  private final String python;
  private final Scripts scripts;
  private final String script;
  private final List<String> variant;

  private PythonProgram(
      Program program, String python, Scripts scripts, String script, String... variant) {
    this.program = program;
    this.python = python;
    this.scripts = scripts;
    this.script = script;
    this.variant = List.of(variant);
  }

  static PeerProgram transformers(String python, Scripts scripts) {
    return new PythonProgram(
        Program.TRANSFORMERS, python, scripts, PeerPrograms.TRANSFORMERS_SCRIPT);
  }

  static PeerProgram nanoGpt(String python, Scripts scripts, boolean cache) {
    return cache
        ? new PythonProgram(
            Program.NANOGPT_CACHE, python, scripts, PeerPrograms.NANOGPT_SCRIPT, "cache")
        : new PythonProgram(Program.NANOGPT, python, scripts, PeerPrograms.NANOGPT_SCRIPT);
  }

  @Override
  public String name() {
    return program.label();
  }

  @Override
  public OpenPeer open(Conditions conditions) throws PeerException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(python, "-B", scripts.file(script).toString()));
    command.addAll(List.of(conditions.model().toString(), conditions.precisionName()));
    command.addAll(List.of("" + conditions.threads(), conditions.onGpu() ? "cuda" : "cpu"));
    command.addAll(variant);
    return ScriptPeer.start(conditions, command);
  }
}
