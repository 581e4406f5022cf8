package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.BackendProvider;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Threads generate, train, score, interrupt each other and close everything under each other, at
 * random: each comes to a right end, or is told what was closed, and nothing hangs, crashes or
 * keeps memory. {@code -Dgpt2j.life.rounds} and {@code -Dgpt2j.life.seed} say how many rounds and
 * which comes first.
 */
abstract class LifeContract {
  abstract BackendProvider provider();

  /** Rounds that take a few seconds. */
  abstract int rounds();

  @Test
  final void whateverIsClosedWhenever(@TempDir Path folder)
      throws IOException, InterruptedException {
    int rounds = Integer.getInteger("gpt2j.life.rounds", rounds());
    long first = Long.getLong("gpt2j.life.seed", 1);
    System.out.printf("life of %s: seeds %d … %d%n", provider().name(), first, first + rounds - 1);
    try (LifeSubject subject = new LifeSubject(provider(), folder.resolve("model"))) {
      int disturbed = 0;
      for (long seed = first; seed < first + rounds; seed++) {
        disturbed += new LifeRound(subject, seed).run();
      }
      System.out.printf("life of %s: %d were disturbed%n", provider().name(), disturbed);
      assertTrue(disturbed > 0, "nobody was disturbed");
    }
  }
}
