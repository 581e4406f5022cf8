package gpt2j.bench.roofline;

import gpt2j.bench.context.DeviceKind;
import gpt2j.bench.machine.HostProbe;
import gpt2j.bench.measure.Subject;
import java.util.List;
import java.util.function.LongSupplier;

/** Measures the limits of a subject's device. */
public final class Probes {
  private Probes() {}

  /**
   * The limits: of the processor that this runs on by loops of our own, of any other device by what
   * its backend does fastest, copies and products of large matrices.
   */
  public static Limits measure(Subject subject, LongSupplier clock) {
    BackendProbe backend = new BackendProbe(subject.backend(), clock);
    if (subject.kind() != DeviceKind.PROCESSOR) {
      List<Double> copies = backend.copies();
      return new Limits(
          backend.copyMethod(),
          copies,
          "product of large square matrices",
          backend.products(subject.key().precision()));
    }
    HostProbe host = new HostProbe(subject.threads());
    return new Limits(
        host.bandwidthMethod(), host.bandwidth(), host.arithmeticMethod(), host.arithmetic());
  }
}
