package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the package's documentation, as a program that embeds gpt2j has them. */
final class ExampleTest {
  @TempDir private Path folder;
  private Path directory;
  private final BackendProvider provider = new ReferenceBackendProvider();
  private final StringBuilder out = new StringBuilder();

  @BeforeEach
  void write() {
    // A vocabulary of GPT-2's size, so that any text can be encoded.
    Gpt2Config config = TinyModels.config().vocabularySize(50257).build();
    directory = TinyModels.write(folder, config, 1);
  }

  @Test
  void generate() {
    try (Backend backend = provider.open(BackendOptions.defaults());
        Gpt2 model = Gpt2.load(directory, backend)) {
      for (Completion completion : model.generate(GenerationRequest.of("Once upon a time"))) {
        print(completion.text());
      }
    }
    assertTrue(out.length() > 0);
  }

  @Test
  void stream() {
    try (Backend backend = provider.open(BackendOptions.defaults());
        Gpt2 model = Gpt2.load(directory, backend)) {
      GenerationRequest request =
          GenerationRequest.of("Once upon a time")
              .withMaxNewTokens(5)
              .withSampling(SamplingParameters.random(42).withTemperature(0.8f).withTopK(40))
              .withStopStrings("\n\n");
      model.generate(request, event -> print(event.text()));

      assertEquals(model.generate(request).getFirst().text(), out.toString());
    }
  }

  @Test
  void session() {
    try (Backend backend = provider.open(BackendOptions.defaults());
        Gpt2 model = Gpt2.load(directory, backend);
        Session session = model.session()) {
      session.prefill(0, model.tokenizer().encode("Once upon a time"));
      try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
        for (int i = 0; i < 5; i++) {
          print(model.tokenizer().decode(decoder.next()));
        }
      }

      GenerationRequest same = GenerationRequest.of("Once upon a time").withMaxNewTokens(5);
      assertEquals(model.generate(same).getFirst().text(), out.toString());
    }
  }

  private void print(String text) {
    out.append(text);
  }
}
