package gpt2j.bench.roofline;

/**
 * What a section asks of the device in one step, all layers together.
 *
 * @param bytes that must at least be moved
 * @param operations floating-point additions and multiplications
 */
public record Demand(long bytes, long operations) {
  Demand plus(Demand other) {
    return new Demand(bytes + other.bytes, operations + other.operations);
  }
}
