package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.files.FileCutter;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints whose weights are cut off while they are read, in whichever way that is. */
class CutFilesTest {
  /** Pages are what a mapping loses. */
  private static final Gpt2Config CONFIG =
      TinyModels.config().vocabularySize(2000).embeddingWidth(33).build();

  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void write() {
    model = TinyModels.write(folder, CONFIG, 5);
  }

  @Test
  void openingAndLoadingACheckpoint() throws Exception {
    Tokenizer tokenizer = Tokenizer.bundled();
    try (Backend backend = reference()) {
      race(
          model.resolve("model.safetensors"),
          () -> {
            try (Checkpoint checkpoint = Checkpoint.open(model);
                Gpt2 gpt2 = Gpt2.load(checkpoint, tokenizer, backend, LoadOptions.defaults())) {
              gpt2.weightBytes();
            }
          });
      assertEquals(0, backend.memory().total());
    }
  }

  /** Opening compares the head with the embedding it may be tied to, which reads both. */
  @Test
  void openingACheckpointWithAHead() throws Exception {
    Path untied =
        TinyModels.write(
            Files.createDirectory(folder.resolve("untied")),
            CONFIG.withTieWordEmbeddings(false),
            5);
    Path config = untied.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(
        config,
        text.replaceFirst("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
    assertNotEquals(text, Files.readString(config));
    race(untied.resolve("model.safetensors"), () -> Checkpoint.open(untied).close());
  }

  @Test
  void convertingAndTrainingACheckpoint() throws Exception {
    AtomicInteger copies = new AtomicInteger();
    race(
        model.resolve("model.safetensors"),
        () ->
            new Conversion(
                    model,
                    folder.resolve("copy-" + copies.incrementAndGet()),
                    Target.HF,
                    Optional.of(WeightFormat.BF16),
                    (_, _) -> {},
                    _ -> {})
                .run());
    try (Backend backend = reference()) {
      race(
          model.resolve("model.safetensors"),
          () -> {
            try (Checkpoint checkpoint = Checkpoint.open(model)) {
              TrainingModel.of(checkpoint, TrainingOptions.of(1, 4), backend).close();
            }
          });
    }
  }

  private static void race(Path file, FileCutter.Reading reading) throws Exception {
    FileCutter.race(file, reading, CheckpointException.class);
  }

  private static Backend reference() {
    return new ReferenceBackendProvider().open(BackendOptions.defaults());
  }
}
