package gpt2j.bench.result.setup;

/**
 * A machine, as far as it matters for speed.
 *
 * @param processor model name
 * @param logicalProcessors processors that this process may use
 * @param memoryBytes main memory
 * @param operatingSystem name and version of the kernel
 * @param java version and virtual machine
 */
public record MachineDescription(
    String processor,
    int logicalProcessors,
    long memoryBytes,
    String operatingSystem,
    String java) {
  /** One line, for captions. */
  public String summary() {
    return "%s, %d logical processors, %.0f GiB, %s, Java %s"
        .formatted(
            processor, logicalProcessors, memoryBytes / (double) (1 << 30), operatingSystem, java);
  }
}
