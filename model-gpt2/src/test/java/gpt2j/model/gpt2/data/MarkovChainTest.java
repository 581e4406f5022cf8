package gpt2j.model.gpt2.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.data.MarkovChain.History;
import gpt2j.model.gpt2.stories.Stories;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The baseline: its probabilities are some, and it is as good as such a chain can be. */
class MarkovChainTest {
  private static final Tokenizer BYTES = TokenizerFiles.bytes().tokenizer();

  private static TokenSequence text(int from, int to) {
    Stories stories = new Stories(4);
    String all = IntStream.range(from, to).mapToObj(stories::story).collect(Collectors.joining());
    return TokenSequence.of(BYTES.encode(all));
  }

  @Test
  void probabilitiesAddUpToOne() {
    Random random = new Random(1);
    TokenSequence train = text(0, 20);
    for (int order = 0; order <= MarkovChain.MOST_ORDER; order++) {
      MarkovChain chain = new MarkovChain(order, BYTES, train);
      for (int round = 0; round < 40; round++) {
        History history = new History();
        int[] some = new int[random.nextInt(8)];
        train.read(random.nextInt(1000), some, 0, some.length);
        for (int symbol : some) {
          history.add(round % 4 == 0 ? random.nextInt(257) : symbol);
        }
        double sum = 0;
        for (int symbol = 0; symbol < MarkovChain.SYMBOLS; symbol++) {
          double probability = chain.probability(history, symbol);
          assertTrue(probability > 0 && probability < 1);
          sum += probability;
        }
        assertEquals(1, sum, 1e-9);
      }
    }
  }

  @Test
  void withoutContextItIsHowOftenSymbolsOccur() {
    int[] tokens = new int[4000];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = i % 4 == 0 ? 'a' : 'b';
    }
    TokenSequence sequence = TokenSequence.of(tokens);
    double entropy = -(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75));
    assertEquals(entropy, new MarkovChain(0, BYTES, sequence).loss(BYTES, sequence), 0.01);
    // Three symbols before tell all, save for those at the beginning.
    assertTrue(new MarkovChain(3, BYTES, sequence).loss(BYTES, sequence) < 0.02);
    assertTrue(new MarkovChain(1, BYTES, sequence).loss(BYTES, sequence) > 0.4);
  }

  @Test
  void moreContextHelpsOnTextThatWasNotCounted() {
    TokenSequence train = text(0, 300);
    TokenSequence validation = text(300, 330);
    double before = Math.log(MarkovChain.SYMBOLS);
    for (int order = 0; order <= 5; order++) {
      double loss = new MarkovChain(order, BYTES, train).loss(BYTES, validation);
      assertTrue(loss < before - 0.02, order + ": " + loss);
      before = loss;
    }
  }

  @Test
  void theVocabularyMakesNoDifference() {
    Tokenizer gpt2 = Tokenizer.gpt2();
    String text = "a caf\u00e9 and a bar, a caf\u00e9 and a car";
    TokenSequence bytes = TokenSequence.of(BYTES.encode(text));
    TokenSequence tokens = TokenSequence.of(gpt2.encode(text));
    MarkovChain chain = new MarkovChain(5, BYTES, bytes);
    assertEquals(chain.loss(BYTES, bytes), chain.loss(gpt2, tokens));
    assertEquals(chain.loss(BYTES, bytes), new MarkovChain(5, gpt2, tokens).loss(BYTES, bytes));
    assertThrows(DataException.class, () -> chain.loss(BYTES, TokenSequence.of()));
    assertThrows(IllegalArgumentException.class, () -> new MarkovChain(7, BYTES, bytes));
  }
}
