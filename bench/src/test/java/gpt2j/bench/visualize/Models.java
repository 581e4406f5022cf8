package gpt2j.bench.visualize;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** A model of three layers of two heads of 8, with 97 tokens and 24 positions. */
final class Models {
  static final int LAYERS = 3;
  static final int HEADS = 2;
  static final int HEAD_SIZE = 8;
  static final int CONTEXT = 24;
  static final int[] PROMPT = {5, 17, 42, 0, 96, 3};

  private static final Tokenizer TOKENIZER = Tokenizer.gpt2();

  private Models() {}

  static Path write(Path directory) {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(97)
            .contextLength(CONTEXT)
            .embeddingWidth(HEADS * HEAD_SIZE)
            .layers(LAYERS)
            .heads(HEADS)
            .bosToken(OptionalInt.empty())
            .eosTokens(List.of())
            .build();
    Path model = directory.resolve("model");
    RandomCheckpoint.write(model, config, 11, DataType.F32, fraction -> {});
    return model;
  }

  static Gpt2 load(Path directory, Backend backend) {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return Gpt2.load(checkpoint, TOKENIZER, backend, LoadOptions.defaults());
    }
  }
}
