package gpt2j.testkit;

import gpt2j.api.tensor.Usage;
import gpt2j.spi.HostSamplingState;

/** What {@link HostSamplingState} keeps, counted as memory; and draws by {@link Sampler}. */
final class ReferenceSampling extends HostSamplingState {
  private final ReferenceHandle memory;

  ReferenceSampling(ReferenceMemory home, int rows, int vocabulary) {
    super(rows, vocabulary);
    long bitmap = (vocabulary + 7L) / 8;
    long bytes = rows * (Long.BYTES + Integer.BYTES + bitmap);
    memory = new ReferenceHandle(home, "a sampling state", Usage.ACTIVATION, bytes) {};
  }

  /** Draws a token for a row and moves the row on. */
  int draw(int index, float[] logits) {
    Row row = row(index);
    int token = Sampler.draw(row.parameters(), logits, History.of(row), row.draw(), row.stream());
    row.drew(token);
    return token;
  }

  @Override
  public void close() {
    memory.close();
  }
}
