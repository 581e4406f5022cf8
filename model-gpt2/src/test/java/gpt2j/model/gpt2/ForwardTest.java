package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.Backend;
import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward pass against an independent one, on logits. */
final class ForwardTest {
  @TempDir private static Path folder;

  static Stream<Named<Gpt2ConfigBuilder>> configurations() {
    return Stream.of(
        Named.of("the usual", TinyModels.config()),
        Named.of("GELU by erf", TinyModels.config().activation(GeluForm.ERF)),
        Named.of("one head", TinyModels.config().heads(1)),
        Named.of("heads of size one", TinyModels.config().heads(15)),
        Named.of("one layer", TinyModels.config().layers(1)),
        Named.of("five layers", TinyModels.config().layers(5)),
        Named.of("inner width", TinyModels.config().innerWidth(7)),
        Named.of("unscaled attention", TinyModels.config().scaleAttention(false)),
        Named.of("scaled by layer", TinyModels.config().layers(4).scaleByInverseLayer(true)),
        Named.of("large epsilon", TinyModels.config().layerNormEpsilon(0.5f)),
        Named.of("untied head", TinyModels.config().tieWordEmbeddings(false)));
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void equalsTheFormulas(Gpt2ConfigBuilder config) {
    Path directory = TinyModels.write(folder, config.build(), 7);
    int[] tokens = TinyModels.tokens(TinyModels.CONTEXT, 3);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Backend backend = TinyModels.reference();
        Gpt2 model = Gpt2.load(directory, backend);
        Session session = model.session()) {
      double[][] expected = new NaiveGpt2(checkpoint).logits(tokens);
      float[][] actual = session.evaluate(0, tokens);
      assertEquals(tokens.length, actual.length);
      for (int t = 0; t < tokens.length; t++) {
        assertEquals(TinyModels.VOCABULARY, actual[t].length);
        for (int v = 0; v < actual[t].length; v++) {
          assertEquals(expected[t][v], actual[t][v], 2e-5, "token " + v + " after " + t);
        }
      }
    }
  }
}
