package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokenizers may be made, and one may be used, by several threads at the same time. */
class ThreadsTest {
  private static final int THREADS = 8;

  static Stream<Supplier<Tokenizer>> sources() {
    return Stream.of(Tokenizer::gpt2, () -> Tokenizer.load(Golden.folder("shuffled")));
  }

  @ParameterizedTest
  @MethodSource("sources")
  void allGetTheSame(Supplier<Tokenizer> source) throws Exception {
    Tokenizer shared = source.get();
    List<Object> expected = work(shared);
    for (Object result : together(() -> work(shared))) {
      assertEquals(expected, result);
    }
    for (Object result : together(() -> work(source.get()))) {
      assertEquals(expected, result);
    }
  }

  private static List<Object> work(Tokenizer tokenizer) {
    List<Object> results = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(6);
    for (int i = 0; i < 200; i++) {
      int[] tokens = tokenizer.encode(Texts.next(random), SpecialTokens.RECOGNIZED);
      results.add(List.of(Arrays.toString(tokens), tokenizer.decode(tokens)));
    }
    return results;
  }

  private static List<Object> together(Callable<Object> task)
      throws InterruptedException, ExecutionException {
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      List<Object> results = new ArrayList<>();
      for (Future<Object> future : threads.invokeAll(Collections.nCopies(THREADS, task))) {
        results.add(future.get());
      }
      return results;
    }
  }
}
