package gpt2j.bench.measure;

import gpt2j.api.DeviceKind;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.result.setup.Surroundings;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** Notes what the machine is like while repetitions of one case are measured. */
public final class Watch {
  private final MachineWatch machine;
  private final Subject subject;
  private final List<Double> othersCores = new ArrayList<>();
  private final List<Double> bytesPerSecond = new ArrayList<>();

  Watch(MachineWatch machine, Subject subject) {
    this.machine = machine;
    this.subject = subject;
  }

  /** Does the work of a repetition. */
  public <T> T during(Supplier<T> work) {
    if (subject.kind() == DeviceKind.PROCESSOR) {
      machine.readBandwidth(subject.threads()).ifPresent(bytesPerSecond::add);
    }
    Supplier<OptionalDouble> others = machine.others();
    T result = work.get();
    others.get().ifPresent(othersCores::add);
    return result;
  }

  /** What was seen so far. */
  public Surroundings seen() {
    return new Surroundings(othersCores, bytesPerSecond);
  }
}
