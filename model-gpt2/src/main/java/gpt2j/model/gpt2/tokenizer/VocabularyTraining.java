package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * Learns a byte-level vocabulary from texts: again and again, the two neighbours that occur
 * together most often become one token (Sennrich et al. 2016, algorithm 1), within the pieces that
 * GPT-2's tokenizer cuts a text into. Of equally frequent pairs the one of the smallest ids comes
 * first, as in Hugging Face tokenizers, so that the result depends on nothing but the texts.
 *
 * <p>Pieces are counted once; a merge looks only at the pieces that have it.
 */
public final class VocabularyTraining {
  /** The smallest vocabulary: the bytes and the token that ends a text. */
  public static final int SMALLEST = 257;

  private static final int RAREST_PAIR = 2;

  private final Map<String, Count> pieces = new HashMap<>();

  private static final class Count {
    private long value;
  }

  /** A training that has seen no text. */
  public VocabularyTraining() {
    // nothing to do
  }

  /** Counts the pieces of a text, well-formed UTF-16. */
  public void add(String text) {
    Matcher piece = BytePairVocabulary.PIECE.matcher(text);
    while (piece.find()) {
      // Not put(): most pieces are there already.
      pieces.computeIfAbsent(piece.group(), _ -> new Count()).value++;
    }
  }

  /**
   * Learns the vocabulary.
   *
   * @param size tokens, those of the bytes and the one that ends a text among them; there will be
   *     fewer when no pair is left that occurs twice
   * @param progress is told after each merge how many tokens there are
   */
  public TokenizerFiles learn(int size, IntConsumer progress) {
    if (size < SMALLEST) {
      throw new IllegalArgumentException(
          "a vocabulary has %d tokens or more, not %d".formatted(SMALLEST, size));
    }
    List<String> tokens = new ArrayList<>(ByteAlphabet.inOrder());
    Map<String, Integer> ids = new HashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    PairCounts pairs = new PairCounts(words(ids));
    List<Merge> merges = new ArrayList<>();
    Set<Long> merged = new HashSet<>();
    while (tokens.size() < size - 1) {
      PairCounts.@Nullable Pair pair = pairs.mostFrequent();
      if (pair == null || pair.count() < RAREST_PAIR) {
        break;
      }
      Merge merge = new Merge(tokens.get(pair.left()), tokens.get(pair.right()));
      String token = merge.left().concat(merge.right());
      // Other merges may have made it before: then there is one more way to it.
      int id = ids.computeIfAbsent(token, _ -> tokens.size());
      if (id == tokens.size()) {
        tokens.add(token);
      }
      if (merged.add(pair.key())) {
        merges.add(merge);
      }
      pairs.merge(pair, id);
      progress.accept(tokens.size() + 1);
    }
    return new TokenizerFiles(tokens, merges);
  }

  private List<PairCounts.Word> words(Map<String, Integer> ids) {
    List<PairCounts.Word> words = new ArrayList<>(pieces.size());
    pieces.forEach(
        (piece, count) -> {
          byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
          if (bytes.length > 1) {
            int[] symbols = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
              symbols[i] = ids.get(String.valueOf(ByteAlphabet.character(bytes[i] & 0xFF)));
            }
            words.add(new PairCounts.Word(symbols, count.value));
          }
        });
    return words;
  }
}
