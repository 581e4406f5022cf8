package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.model.gpt2.Score.TokenLogprob;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TopLogprobsTest {
  @Test
  void equalsSorting() {
    Random random = new Random(1);
    for (int round = 0; round < 2_000; round++) {
      float[] logits = new float[random.nextInt(1, 40)];
      double[] wide = new double[logits.length];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = random.nextInt(-5, 5) * 20; // many equals, and far from each other
        wide[i] = logits[i];
      }
      int count = random.nextInt(1, logits.length + 1);
      List<Integer> expected =
          IntStream.range(0, logits.length)
              .boxed()
              .sorted(Comparator.comparing((Integer i) -> -logits[i]))
              .limit(count)
              .toList();
      List<TokenLogprob> top = TopLogprobs.of(logits, count);
      assertEquals(expected, top.stream().map(TokenLogprob::token).toList());
      for (TokenLogprob one : top) {
        assertEquals(NaiveGpt2.logprob(wide, one.token()), one.logprob(), 1e-9);
      }
    }
  }
}
