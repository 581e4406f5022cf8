package gpt2j.bench.baselines;

import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.ResidentMemory;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** gpt2j itself, in this process. */
final class Gpt2jProgram implements RunningProgram {
  private final Conditions conditions;
  private final Subject subject;

  Gpt2jProgram(Conditions conditions, Subject subject) {
    this.conditions = conditions;
    this.subject = subject;
  }

  @Override
  public String version() {
    return "gpt2j %s, %s".formatted(conditions.context().version(), subject.key().backend());
  }

  @Override
  public boolean warmsUp() {
    return false;
  }

  @Override
  public Taken measure(Work work) {
    boolean measurable = ResidentMemory.reset();
    List<Long> nanos = new ArrayList<>();
    List<Integer> drawn = List.of();
    try (CaseRunner runner =
        new CaseRunner(
            conditions.context(),
            subject,
            subject.benchmarkCase(true, work.batch(), work.promptTokens(), work.newTokens()),
            conditions.seed())) {
      for (int i = 0; i < work.repetitions(); i++) {
        GenerationSample sample = runner.run(true);
        if (work.phase() == Phase.PREFILL) {
          nanos.add(sample.firstTokenNanos());
        } else {
          nanos.addAll(sample.stepNanos());
        }
        drawn = runner.drawn();
      }
    }
    return new Taken(nanos, measurable ? ResidentMemory.peak() : OptionalLong.empty(), drawn);
  }

  @Override
  public void close() {
    // What it was given belongs to somebody else.
  }
}
