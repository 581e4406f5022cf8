package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of GPT-2's vocabulary, found again from its tokens: training made a token of each
 * merge, so that ids are the order of the merges, and the two tokens that a merge joined are what
 * the merges before it leave of the new one.
 */
final class Gpt2Merges {
  private static final int BYTES = 256;

  private Gpt2Merges() {}

  static TokenizerFiles files() {
    Gpt2Vocabulary vocabulary = new Gpt2Vocabulary();
    List<String> tokens = new ArrayList<>();
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      String token = ByteAlphabet.spell(vocabulary.bytes(id));
      tokens.add(token);
      ids.put(token, id);
    }
    List<Merge> merges =
        tokens.subList(BYTES, tokens.size()).stream().map(token -> last(token, ids)).toList();
    return new TokenizerFiles(tokens, merges);
  }

  /** The merge that makes {@code token} when all those before it are done. */
  private static Merge last(String token, Map<String, Integer> ids) {
    List<String> parts = new ArrayList<>(List.of(token.split("")));
    while (parts.size() > 2) {
      int first = 0;
      int lowest = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int id = ids.getOrDefault(parts.get(i).concat(parts.get(i + 1)), Integer.MAX_VALUE);
        if (id < lowest) {
          lowest = id;
          first = i;
        }
      }
      parts.set(first, parts.get(first).concat(parts.remove(first + 1)));
    }
    return new Merge(parts.getFirst(), parts.getLast());
  }
}
