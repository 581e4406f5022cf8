package gpt2j.bench.baselines;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of PyTorch.
 *
 * @param name in results
 * @param python that runs it
 * @param script of ours
 * @param variant what else the script is told
 */
record PythonProgram(String name, String python, Path script, List<String> variant)
    implements BaselineProgram {
  @Override
  public RunningProgram open(Conditions conditions) throws ProgramException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(python, "-B", script.toString()));
    command.addAll(List.of(conditions.model().toString(), conditions.precisionName()));
    // The device by PyTorch's name for it.
    command.addAll(List.of("" + conditions.threads(), conditions.onGpu() ? "cuda" : "cpu"));
    command.addAll(variant);
    return ScriptProgram.start(conditions, command);
  }
}
