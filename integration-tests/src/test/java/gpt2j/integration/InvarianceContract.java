package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link BackendOptions#batchInvariant} on whole models: in random histories of batches, chunks,
 * forks, roll-backs and recorded steps, with the cache and without, each sequence's logits have the
 * bits that it has alone. {@code -Dgpt2j.invariance.schedules} and {@code -Dgpt2j.invariance.seed}
 * say how many histories and which comes first; precisions and types of cache take turns.
 */
abstract class InvarianceContract {
  abstract BackendProvider provider();

  /** Histories that take a few seconds. */
  abstract int schedules();

  /** Types that the backend keeps keys and values in. */
  abstract List<WeightFormat> cacheTypes();

  /** Of three heads; so that sums have several parts, where the backend is fast enough. */
  int width() {
    return 60;
  }

  @Test
  final void everySequenceHasTheBitsThatItHasAlone(@TempDir Path folder) throws IOException {
    int schedules = Integer.getInteger("gpt2j.invariance.schedules", schedules());
    long first = Long.getLong("gpt2j.invariance.seed", 1);
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(203)
            .contextLength(140)
            .embeddingWidth(width())
            .layers(2)
            .heads(3)
            .bosToken(OptionalInt.empty())
            .eosTokens(List.of())
            .build();
    RandomCheckpoint.write(folder.resolve("model"), config, 1, DataType.F32, fraction -> {});
    BackendOptions options = BackendOptions.defaults().withThreads(2).withBatchInvariant(true);
    Map<WeightFormat, Gpt2> models = new EnumMap<>(WeightFormat.class);
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model"));
        Backend backend = provider().open(options)) {
      List<WeightFormat> precisions =
          Stream.of(WeightFormat.values()).filter(backend::supports).toList();
      long compared = 0;
      for (long seed = first; seed < first + schedules; seed++) {
        WeightFormat precision =
            precisions.get((int) Math.floorMod(seed, (long) precisions.size()));
        long turn = Math.floorDiv(seed, (long) precisions.size());
        WeightFormat type = cacheTypes().get((int) Math.floorMod(turn, (long) cacheTypes().size()));
        Gpt2 model =
            models.computeIfAbsent(
                precision,
                kept ->
                    Gpt2.load(
                        checkpoint,
                        Tokenizer.gpt2(),
                        backend,
                        LoadOptions.defaults().withPrecision(kept)));
        compared += new InvarianceSchedule(model, type, seed).run();
      }
      models.values().forEach(Gpt2::close);
      System.out.printf(
          "invariance of %s: seeds %d … %d, %s: %,d rows of logits compared%n",
          provider().name(), first, first + schedules - 1, precisions, compared);
      assertTrue(compared > schedules, "hardly anything was compared");
    }
  }
}
