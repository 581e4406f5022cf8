package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.testkit.ReferenceBackendProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadTest {
  @TempDir private Path folder;
  private Path directory;

  @BeforeEach
  void write() {
    directory = TinyModels.write(folder, TinyModels.config().build(), 5);
  }

  @ParameterizedTest
  @EnumSource
  void accountsForTheWeights(WeightFormat precision) {
    try (Backend backend = TinyModels.reference()) {
      try (Gpt2 model =
          Gpt2.load(directory, backend, LoadOptions.defaults().withPrecision(precision))) {
        assertEquals(precision, model.precision());
        assertEquals(backend.memory().of(Usage.WEIGHTS), model.weightBytes());
        assertEquals(backend.memory().total(), model.weightBytes());
      }
      assertEquals(0, backend.memory().total());
    }
  }

  @Test
  void untiedHeadCounts() {
    Path untied = TinyModels.write(folder, TinyModels.config().tieWordEmbeddings(false).build(), 5);
    try (Backend backend = TinyModels.reference();
        Gpt2 model = Gpt2.load(untied, backend)) {
      assertEquals(backend.memory().of(Usage.WEIGHTS), model.weightBytes());
      assertEquals(model.config().parameters() * Float.BYTES, model.weightBytes());
    }
  }

  /** Memory runs out at every allocation in turn; each time everything is given back. */
  @Test
  void givesEverythingBackWhenLoadingFails() {
    long needed;
    try (Backend backend = TinyModels.reference();
        Gpt2 model = TinyModels.load(directory, backend)) {
      needed = model.weightBytes();
    }
    int failures = 0;
    for (long limit = 1; limit < needed; limit += needed / 97) {
      try (Backend backend = limited(limit)) {
        assertThrows(OutOfMemoryException.class, () -> TinyModels.load(directory, backend));
        assertEquals(0, backend.memory().total(), "limit " + limit);
        failures++;
      }
    }
    assertTrue(failures > 90);
  }

  /** The same for what a session, a decoder, a generation and a score need on top. */
  @ParameterizedTest
  @ValueSource(strings = {"session", "generation", "score"})
  void givesEverythingBackWhenMemoryRunsOutLater(String user) {
    long weights;
    try (Backend backend = TinyModels.reference();
        Gpt2 model = TinyModels.load(directory, backend)) {
      weights = model.weightBytes();
    }
    boolean enough = false;
    for (long limit = weights; !enough; limit += 499) {
      try (Backend backend = limited(limit);
          Gpt2 model = TinyModels.load(directory, backend)) {
        try {
          use(user, model);
          enough = true;
        } catch (OutOfMemoryException e) {
          // Expected until there is enough.
        }
        assertEquals(weights, backend.memory().total(), "limit " + limit);
      }
    }
  }

  private static void use(String user, Gpt2 model) {
    switch (user) {
      case "session" -> {
        try (Session session = model.session(SessionOptions.defaults().withSequences(3))) {
          session.evaluate(0, 1, 2, 3);
        }
      }
      case "generation" ->
          model.generate(GenerationRequest.of(Prompt.of(1, 2)).withSamples(3).withMaxNewTokens(3));
      default -> model.score(TinyModels.tokens(30, 1), ScoreOptions.defaults());
    }
  }

  @Test
  void tellsHowFarItIs() {
    List<Long> seen = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    try (Backend backend = TinyModels.reference();
        Gpt2 model =
            Gpt2.load(
                directory,
                backend,
                LoadOptions.defaults()
                    .withProgress(
                        (bytes, total) -> {
                          seen.add(bytes);
                          totals.add(total);
                        }))) {
      assertEquals(seen.stream().sorted().distinct().toList(), seen);
      assertEquals(model.config().parameters() * Float.BYTES, seen.getLast());
      assertEquals(List.of(seen.getLast()), totals.stream().distinct().toList());
    }
  }

  @Test
  void tellsWhatIsOdd() throws IOException {
    rename("ln_f.bias", "ln_f.bogs");
    List<String> notes = new ArrayList<>();
    try (Backend backend = TinyModels.reference()) {
      Gpt2.load(directory, backend, LoadOptions.defaults().withNotes(notes::add)).close();
    }
    assertEquals(
        List.of(
            directory + ": model.safetensors: 1 bias is missing and taken as 0 (ln_f.bias)",
            directory
                + ": model.safetensors: 1 tensor is no part of the model that config.json"
                + " describes, and left out (ln_f.bogs)"),
        notes);
  }

  /** Of half the old weights and half the new ones no model is made. */
  @Test
  void refusesWeightsThatChangeMeanwhile() {
    Path weights = directory.resolve("model.safetensors");
    LoadOptions options =
        LoadOptions.defaults()
            .withProgress(
                (_, _) -> {
                  try {
                    FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 1000);
                    Files.setLastModifiedTime(weights, later);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    try (Backend backend = TinyModels.reference()) {
      assertEquals(
          directory + ": model.safetensors: was changed while it was read",
          assertThrows(CheckpointException.class, () -> Gpt2.load(directory, backend, options))
              .getMessage());
      assertEquals(0, backend.memory().total());
    }
  }

  /** In the header of the weights, where both names take as many bytes. */
  private void rename(String from, String to) throws IOException {
    Path weights = directory.resolve("model.safetensors");
    String bytes = Files.readString(weights, StandardCharsets.ISO_8859_1);
    Files.writeString(weights, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
  }

  @Test
  void closedModelsRefuse() {
    try (Backend backend = TinyModels.reference()) {
      Gpt2 model = TinyModels.load(directory, backend);
      Session session = model.session();
      model.close();
      model.close();
      assertClosed(model::session);
      assertClosed(() -> session.prefill(0, 1));
      assertClosed(() -> model.generate(GenerationRequest.of(Prompt.of(1))));
      assertClosed(() -> model.score(new int[] {1, 2}, ScoreOptions.defaults()));
      session.close();
      assertEquals(0, backend.memory().total());
    }
  }

  private static void assertClosed(org.junit.jupiter.api.function.Executable use) {
    assertEquals(
        "the model is closed", assertThrows(IllegalStateException.class, use).getMessage());
  }

  private static Backend limited(long bytes) {
    return new ReferenceBackendProvider().open(BackendOptions.defaults().withMemoryLimit(bytes));
  }
}
