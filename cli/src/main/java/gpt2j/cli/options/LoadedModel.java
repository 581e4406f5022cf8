package gpt2j.cli.options;

import gpt2j.api.Backend;
import gpt2j.model.gpt2.Gpt2;
import java.time.Duration;

/**
 * A model that is ready.
 *
 * @param backendName the name that users give its backend
 * @param tokens the tokens of the text to work on
 * @param loadTime how long all that took
 */
public record LoadedModel(
    String backendName, Backend backend, Gpt2 model, int[] tokens, Duration loadTime)
    implements AutoCloseable {
  @Override
  public void close() {
    model.close();
    backend.close();
  }
}
