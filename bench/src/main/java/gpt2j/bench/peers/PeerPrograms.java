package gpt2j.bench.peers;

import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.PeerOptions;
import gpt2j.bench.result.setup.Program;
import java.io.IOException;
import java.util.List;

/** The programs as they are found on this machine, and what they need while they run. */
final class PeerPrograms implements AutoCloseable {
  static final String TRANSFORMERS_SCRIPT = "transformers_peer.py";
  static final String NANOGPT_SCRIPT = "nanogpt_peer.py";
  static final String JLAMA_SCRIPT = "JlamaPeer.java";

  private final PeerOptions options;
  private final Scripts scripts;

  PeerPrograms(PeerOptions options) {
    this.options = options;
    try {
      scripts =
          new Scripts(List.of("protocol.py", TRANSFORMERS_SCRIPT, NANOGPT_SCRIPT, JLAMA_SCRIPT));
    } catch (IOException e) {
      throw BenchException.failure("the folder of temporary files can't be written: " + e);
    }
  }

  List<PeerProgram> of(List<Program> programs) {
    return programs.stream().map(this::of).toList();
  }

  private PeerProgram of(Program program) {
    return switch (program) {
      case TRANSFORMERS -> PythonProgram.transformers(options.python(), scripts);
      case NANOGPT -> PythonProgram.nanoGpt(options.python(), scripts, false);
      case NANOGPT_CACHE -> PythonProgram.nanoGpt(options.python(), scripts, true);
      case LLAMA_CPP -> new LlamaCpp(options.llamaBench());
      case JLAMA -> new Jlama(scripts, options.download());
    };
  }

  @Override
  public void close() {
    scripts.close();
  }
}
