package gpt2j.bench.grid;

import gpt2j.api.DeviceKind;
import gpt2j.bench.machine.HostProbe;
import gpt2j.bench.measure.Subject;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * What a device can do at most, as measured.
 *
 * @param bandwidthMethod how the read bandwidth was measured
 * @param bytesPerSecond its samples
 * @param arithmeticMethod how the arithmetic was measured
 * @param operationsPerSecond its samples
 */
record DeviceLimits(
    String bandwidthMethod,
    List<Double> bytesPerSecond,
    String arithmeticMethod,
    List<Double> operationsPerSecond) {
  DeviceLimits {
    bytesPerSecond = List.copyOf(bytesPerSecond);
    operationsPerSecond = List.copyOf(operationsPerSecond);
  }

  /**
   * The limits: of the processor that this runs on by loops of our own, of any other device by what
   * its backend does fastest, copies and products of large matrices.
   */
  static DeviceLimits measure(Subject subject, LongSupplier clock) {
    BackendProbe backend = new BackendProbe(subject.backend(), clock);
    if (subject.kind() != DeviceKind.PROCESSOR) {
      List<Double> copies = backend.copies();
      return new DeviceLimits(
          backend.copyMethod(),
          copies,
          "product of large square matrices",
          backend.products(subject.key().precision()));
    }
    HostProbe host = new HostProbe(subject.threads());
    return new DeviceLimits(
        host.bandwidthMethod(), host.bandwidth(), host.arithmeticMethod(), host.arithmetic());
  }

  /** The same device, measured once more. */
  DeviceLimits and(DeviceLimits later) {
    return new DeviceLimits(
        bandwidthMethod,
        Stream.concat(bytesPerSecond.stream(), later.bytesPerSecond.stream()).toList(),
        arithmeticMethod,
        Stream.concat(operationsPerSecond.stream(), later.operationsPerSecond.stream()).toList());
  }
}
