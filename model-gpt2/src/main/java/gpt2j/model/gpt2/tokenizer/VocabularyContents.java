package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A byte-level vocabulary as other programs' files have it: tokens by id, and merges.
 *
 * @param tokens by id
 * @param merges in their order, each two ordinary tokens with a space between
 * @param endOfText the token that ends a text, where there is one
 */
public record VocabularyContents(List<Token> tokens, List<String> merges, OptionalInt endOfText) {
  public VocabularyContents {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /** What a token is. */
  public enum Kind {
    /** One that merges make, or a byte. */
    ORDINARY,
    /** One that is recognised in a text on request only. */
    SPECIAL,
    /** Another one that is looked for in a text before merges are. */
    ADDED,
    /** None: an id that stands for nothing. */
    UNUSED
  }

  /**
   * A token.
   *
   * @param text that of an ordinary one in the alphabet of GPT-2's files, where a space is {@code
   *     Ġ}; others as they are
   */
  public record Token(String text, Kind kind) {
    /** What an id is that stands for nothing. */
    public static final Token NONE = new Token("", Kind.UNUSED);
  }

  /**
   * The tokenizer that has this vocabulary.
   *
   * @param tokenName names a token, by its id, in messages
   * @param mergeName the same for merges
   * @throws TokenizerException when it contradicts itself
   */
  public Tokenizer tokenizer(IntFunction<String> tokenName, IntFunction<String> mergeName) {
    if (tokens.size() > Vocabulary.LARGEST_ID) {
      throw new TokenizerException(
          tokenName.apply(Vocabulary.LARGEST_ID) + ": there are more tokens than any model has");
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    Map<String, AddedToken> added = new LinkedHashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      Token token = tokens.get(id);
      if (!add(id, token, ids, added)) {
        throw new TokenizerException(
            "%s: is %s, which %s"
                .formatted(
                    tokenName.apply(id),
                    TokenizerException.quote(token.text()),
                    token.text().isEmpty() ? "no token can be" : "another token is already"));
      }
    }
    List<Merge> parsed = new ArrayList<>(merges.size());
    for (String merge : merges) {
      Merge two = Merge.parse(merge);
      if (two == null) {
        throw new TokenizerException(
            "%s: must be two tokens with a space between, not %s"
                .formatted(mergeName.apply(parsed.size()), TokenizerException.quote(merge)));
      }
      parsed.add(two);
    }
    var vocabulary =
        new BytePairVocabulary(ids, parsed, mergeName, new Unknown(null, false), false);
    return new Tokenizer(vocabulary, new AddedTokens(added.values()), endOfText);
  }

  private static boolean add(
      int id, Token token, Map<String, Integer> ids, Map<String, AddedToken> added) {
    String text = token.text();
    return switch (token.kind()) {
      case UNUSED -> true;
      case ORDINARY -> !text.isEmpty() && ids.put(text, id) == null;
      case SPECIAL -> !text.isEmpty() && added.put(text, AddedToken.special(id, text)) == null;
      case ADDED ->
          !text.isEmpty()
              && added.put(text, new AddedToken(id, text, false, false, false, true, false))
                  == null;
    };
  }
}
