package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.util.function.LongConsumer;

/**
 * A Markov chain over bytes, a baseline for models: it predicts a byte, or the end of a text, from
 * the few bytes before it, and was counted on a training text. Smoothed by interpolated Kneser–Ney
 * (Chen and Goodman 1999, <em>An Empirical Study of Smoothing Techniques for Language
 * Modeling</em>, section 2.7), with one discount per order; below all orders every symbol is as
 * likely as any other.
 */
public final class MarkovChain {
  /** The bytes and the end of a text. */
  static final int SYMBOLS = 257;

  /** The longest context: six symbols of nine bits and a mark go into a long. */
  public static final int MOST_ORDER = 6;

  private final int order;

  /** By how many bytes the context has: its statistics. */
  private final ContextCounts[] counts;

  /**
   * A chain.
   *
   * @param order how many bytes before are looked at, from 0 to {@link #MOST_ORDER}
   * @param tokens what it is counted on
   */
  public MarkovChain(int order, Tokenizer tokenizer, TokenSequence tokens) {
    this(order, tokenizer, tokens, _ -> {});
  }

  /**
   * A chain.
   *
   * @param progress is told now and then how many tokens have been counted
   */
  public MarkovChain(int order, Tokenizer tokenizer, TokenSequence tokens, LongConsumer progress) {
    if (order < 0 || order > MOST_ORDER) {
      throw new IllegalArgumentException(
          "the order is from 0 to %d, not %d".formatted(MOST_ORDER, order));
    }
    this.order = order;
    counts = new ContextCounts[order + 1];
    for (int length = 0; length <= order; length++) {
      counts[length] = new ContextCounts();
    }
    TokenBytes symbols = new TokenBytes(tokenizer, tokens, progress);
    for (History history = new History(); symbols.advance(); history.add(symbols.symbol())) {
      count(history, symbols.symbol());
    }
    for (ContextCounts each : counts) {
      each.finish();
    }
  }

  /**
   * Counts a symbol after its contexts. In shorter contexts only what is new in the next longer one
   * counts: how many different symbols stand before, not how often (Kneser and Ney 1995).
   */
  private void count(History history, int symbol) {
    for (int length = Math.min(order, history.length()); length >= 0; length--) {
      // At the beginning there is nothing longer, so that the count is how often it occurs.
      if (!counts[length].add(history.context(length), symbol)) {
        return;
      }
    }
  }

  /** The probability of {@code symbol} after a history. */
  double probability(History history, int symbol) {
    double probability = 1.0 / SYMBOLS;
    for (int length = 0; length <= Math.min(order, history.length()); length++) {
      probability = counts[length].probability(history.context(length), symbol, probability);
    }
    return probability;
  }

  /**
   * The mean negative log-probability of each byte of a text, and of each end of a text, in nats.
   *
   * @throws DataException when the text is empty
   */
  public double loss(Tokenizer tokenizer, TokenSequence tokens) {
    return loss(tokenizer, tokens, _ -> {});
  }

  /**
   * The same.
   *
   * @param progress is told now and then how many tokens have been looked at
   */
  public double loss(Tokenizer tokenizer, TokenSequence tokens, LongConsumer progress) {
    TokenBytes symbols = new TokenBytes(tokenizer, tokens, progress);
    double sum = 0;
    long count = 0;
    for (History history = new History(); symbols.advance(); history.add(symbols.symbol())) {
      sum -= Math.log(probability(history, symbols.symbol()));
      count++;
    }
    if (count == 0) {
      throw new DataException("there is no text to predict");
    }
    return sum / count;
  }

  /** The last symbols that were read. */
  static final class History {
    private static final int BITS = 9;

    private long symbols;
    private int length;

    void add(int symbol) {
      symbols = symbols << BITS | symbol;
      length = Math.min(length + 1, MOST_ORDER);
    }

    int length() {
      return length;
    }

    /** The last {@code size} symbols as a number. */
    long context(int size) {
      return symbols & (1L << BITS * size) - 1;
    }
  }
}
