package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Penalties, biases and allowed tokens: what is drawn is what the logits say by hand. */
class DrawnTokensTest {
  private static final int PROMPT = 15496;
  private static final int COUNT = 24;

  @TempDir private static Path directory;
  private static TinyModel model = new TinyModel("");

  @BeforeAll
  static void prepare() {
    model = TinyModel.in(directory);
  }

  private static List<Integer> drawn(String... options) {
    String[] all = TinyModel.join(options, "--token-ids=" + PROMPT, "--max-new-tokens=" + COUNT);
    return model.sample(all).integers("tokens");
  }

  /** The largest of the logits each time, less what a token's draws so far cost. */
  private static List<Integer> byHand(IntToDoubleFunction cost, Map<Integer, Float> bias) {
    List<Integer> tokens = new ArrayList<>();
    try (Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
        Gpt2 loaded = Gpt2.load(Path.of(model.path()), backend);
        Session session = loaded.session()) {
      session.prefill(0, PROMPT);
      while (true) {
        float[] logits = session.logits(0);
        int best = 0;
        for (int token = 0; token < logits.length; token++) {
          logits[token] += bias.getOrDefault(token, 0f);
          logits[token] -= (float) cost.applyAsDouble(Collections.frequency(tokens, token));
          best = logits[token] > logits[best] ? token : best;
        }
        tokens.add(best);
        if (tokens.size() == COUNT) {
          return tokens;
        }
        session.prefill(0, best);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0.02, 0", "1, 0", "-1, 0", "0, 0.01", "0, 1", "0.5, -0.3", "1e30, 0"})
  void penaltiesAreTakenFromLogits(float presence, float frequency) {
    assertEquals(
        byHand(count -> count == 0 ? 0 : presence + frequency * count, Map.of()),
        drawn(
            "--temperature=0",
            "--presence-penalty=" + presence,
            "--frequency-penalty=" + frequency));
  }

  @Test
  void aPenaltyEndsRepetition() {
    List<Integer> without = drawn("--temperature=0");
    List<Integer> with = drawn("--temperature=0", "--presence-penalty=1e4");
    assertTrue(new HashSet<>(without).size() < COUNT, "repeats itself: " + without);
    assertEquals(COUNT, new HashSet<>(with).size(), "no token twice: " + with);
  }

  @Test
  void aNumberBelowZeroMayFollowItsOption() {
    assertEquals(
        drawn("--temperature=0", "--presence-penalty=-0.5"),
        drawn("--temperature=0", "--presence-penalty", "-0.5"));
  }

  @Test
  void penaltiesOfTheEnvironmentAreTaken() {
    CliRun run = new CliRun().environment(Map.of("GPT2J_PRESENCE_PENALTY", "1e4"));
    String[] options = {
      "--token-ids=" + PROMPT, "--temperature=0", "--max-new-tokens=" + COUNT, "--format=json"
    };
    List<Integer> tokens = Json.of(model.generate(run, options).out()).integers("tokens");
    assertEquals(COUNT, new HashSet<>(tokens).size(), tokens.toString());
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "50"})
  void aLargeBiasMakesATokenCertain(String temperature) {
    assertEquals(
        Collections.nCopies(COUNT, 464),
        drawn("--temperature", temperature, "--logit-bias=464=1e4"));
  }

  @Test
  void biasesAreAddedToLogits() {
    int usual = drawn("--temperature=0").getFirst();
    Map<Integer, Float> biases = Map.of(usual, -2f, 7, 0.3f, 464, 0.2f);
    List<Integer> expected = byHand(count -> 0, biases);
    assertNotEquals(usual, expected.getFirst());
    assertEquals(
        expected,
        drawn("--temperature=0", "--logit-bias=" + usual + "=-2", "--logit-bias", "7=.3, 464=0.2"));
  }

  @Test
  void allowedTokensAloneAreDrawn() {
    Set<Integer> allowed = Set.of(11, 13, 464);
    List<Integer> tokens = drawn("--temperature=9", "--seed=1", "--allowed-tokens=464, 11 13,11");
    assertEquals(allowed, new HashSet<>(tokens), tokens.toString());
    assertEquals(
        Collections.nCopies(COUNT, 13), drawn("--allowed-tokens=13", "--logit-bias=11=1e4"));
  }

  /** Also when samples leave the batch before others. */
  @Test
  void everySampleIsRestricted() {
    List<Json> samples =
        model.samples(
            "--token-ids=" + PROMPT,
            "--num-samples=5",
            "--seed=3",
            "--temperature=9",
            "--max-new-tokens=" + COUNT,
            "--stop=..",
            "--allowed-tokens=11,13");
    Set<Integer> all = new HashSet<>();
    samples.forEach(sample -> all.addAll(sample.integers("tokens")));
    assertEquals(Set.of(11, 13), all);
    assertTrue(samples.stream().map(s -> s.list("tokens").size()).distinct().count() > 1);
  }
}
