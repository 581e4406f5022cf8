package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.SamplingParameters;
import java.util.BitSet;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The sampler and the check for near ties, which filters in another way, against each other. */
class SamplerTest {
  @Test
  void whatIsDrawnMayWinAndLittleElse() {
    SplittableRandom random = new SplittableRandom(4);
    int draws = 4000;
    int mayWin = 0;
    for (int draw = 0; draw < draws; draw++) {
      int vocabulary = 1 + random.nextInt(60);
      SamplingParameters parameters =
          new SamplingParameters(
              0.1f + random.nextFloat() * 2,
              random.nextInt(10),
              random.nextBoolean() ? 1 : 1 - random.nextFloat(),
              random.nextBoolean() ? 0 : random.nextFloat(),
              0.5f + random.nextFloat() * 2,
              random.nextFloat() - 0.5f,
              random.nextFloat() - 0.5f,
              Map.of(random.nextInt(vocabulary), random.nextFloat()),
              random.nextLong());
      float[] logits = Numbers.random(draw, vocabulary, 3);
      History seen =
          new History(
              BitSet.valueOf(new long[] {random.nextLong() >>> 64 - vocabulary}),
              Map.of(random.nextInt(vocabulary), 1 + random.nextInt(3)),
              null);
      long stream = random.nextLong();
      int token = Sampler.draw(parameters, logits, seen, draw, stream);
      NearTies near = new NearTies(parameters, logits, seen, draw, stream);
      assertTrue(near.mayWin(token), parameters + " drew " + token);
      for (int other = 0; other < vocabulary; other++) {
        mayWin += near.mayWin(other) ? 1 : 0;
      }
    }
    assertTrue(mayWin <= draws + 4, mayWin + " tokens might win " + draws + " draws");
  }
}
