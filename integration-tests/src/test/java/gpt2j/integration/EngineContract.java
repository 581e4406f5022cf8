package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random requests in random company, with cancellations, slow readers, prompts that begin alike and
 * slots that are taken from what they kept: each becomes, token by token, what it becomes alone.
 * {@code -Dgpt2j.engine.requests} and {@code -Dgpt2j.engine.seed} say how many and which company
 * comes first.
 */
abstract class EngineContract {
  abstract BackendProvider provider();

  /** Requests that take a few seconds. */
  abstract int requests();

  /** Of three heads. */
  int width() {
    return 24;
  }

  @Test
  final void everyRequestBecomesWhatItBecomesAlone(@TempDir Path folder)
      throws IOException, InterruptedException {
    int requests = Integer.getInteger("gpt2j.engine.requests", requests());
    long first = Long.getLong("gpt2j.engine.seed", 1);
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(203)
            .contextLength(140)
            .embeddingWidth(width())
            .layers(2)
            .heads(3)
            .bosToken(OptionalInt.empty())
            .eosTokens(List.of(7))
            .build();
    RandomCheckpoint.write(folder.resolve("model"), config, 1, DataType.F32, fraction -> {});
    BackendOptions options = BackendOptions.defaults().withThreads(2).withBatchInvariant(true);
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model"));
        Backend backend = provider().open(options);
        Gpt2 model = Gpt2.load(checkpoint, Tokenizer.gpt2(), backend, LoadOptions.defaults())) {
      EngineCompany.Seen seen = new EngineCompany.Seen();
      long seed = first;
      while (seen.requests() < requests) {
        new EngineCompany(model, seed++, seen).run();
      }
      System.out.printf(
          "engine of %s: seeds %d … %d: %s%n", provider().name(), first, seed - 1, seen);
      assertTrue(seen.isOfAllKinds(), "too little happened: " + seen);
    }
  }
}
