package gpt2j.bench.visualize;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one head of one layer did during a generation.
 *
 * @param layer counted from 0
 * @param head counted from 0
 * @param layers number of layers of the model
 * @param heads number of heads of the layer
 * @param capacity positions for which the cache has room
 * @param bytesPerPosition bytes that one position takes in the cache, all layers and heads together
 * @param scale by which scores are multiplied
 * @param promptTokens how many of the tokens are the prompt's
 * @param tokens all tokens, the last of which was drawn and not evaluated
 * @param steps first the prefill of the prompt, then one for each token evaluated
 */
record KvTrace(
    int layer,
    int head,
    int layers,
    int heads,
    int capacity,
    long bytesPerPosition,
    float scale,
    int promptTokens,
    List<Token> tokens,
    List<Step> steps) {
  /**
   * A token.
   *
   * @param text how it is shown
   */
  record Token(int id, String text) {}

  /**
   * One forward pass, seen at its last row.
   *
   * @param position the row's position; positions 0 to this one are in the cache
   * @param query {@code [headSize]}
   * @param keys {@code [position + 1][headSize]}, as read from the cache after the step
   * @param attention {@code [position + 1]}: probabilities
   * @param values {@code [position + 1][headSize]}, as read from the cache after the step
   * @param output {@code [headSize]}
   */
  record Step(
      int position,
      float[] query,
      float[][] keys,
      float[] attention,
      float[][] values,
      float[] output) {}

  int headSize() {
    return steps.getFirst().query().length;
  }

  /** Positions that something was written to: fewer than there is room for where the text ended. */
  int reached() {
    return steps.getLast().position() + 1;
  }

  /** The token drawn after a step. */
  Token drawnAfter(Step step) {
    return tokens.get(step.position() + 1);
  }

  /** Keys and values only once: of the last step, which has those of all steps before. */
  private record Contents(KvTrace trace, float[][] keys, float[][] values) {}

  @JsonIgnoreProperties({"keys", "values"})
  private interface WithoutCache {}

  /** Writes the numbers behind the film. */
  void write(Path file) throws IOException {
    JsonMapper mapper =
        JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addMixIn(Step.class, WithoutCache.class)
            .build();
    Step last = steps.getLast();
    Files.write(file, mapper.writeValueAsBytes(new Contents(this, last.keys(), last.values())));
  }
}
