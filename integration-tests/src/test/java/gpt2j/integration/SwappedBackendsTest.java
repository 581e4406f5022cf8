package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A backend is one name in a program: with any other it writes the same text. */
class SwappedBackendsTest {
  private static final GenerationRequest REQUEST =
      GenerationRequest.of("Once upon a time")
          .withMaxNewTokens(40)
          .withSampling(SamplingParameters.random(7).withTemperature(0.8f).withTopK(40));

  /** Those of this build that the machine has. */
  static Stream<String> names() {
    return Backends.names()
        .filter(name -> Backends.provider(name).availability() instanceof Availability.Available);
  }

  @ParameterizedTest
  @MethodSource("names")
  void allWriteTheSameStory(String name) {
    String story = story(Backends.provider("plain"));
    assertTrue(story.length() > 100, story);
    assertEquals(story, story(Backends.provider(name)));
  }

  private static String story(BackendProvider provider) {
    try (Backend backend = provider.open(BackendOptions.defaults());
        Checkpoint checkpoint = Checkpoint.bundled();
        Gpt2 model = Gpt2.load(checkpoint, Tokenizer.bundled(), backend, LoadOptions.defaults())) {
      return model.generate(REQUEST).getFirst().text();
    }
  }
}
