package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.VocabularyContents.Kind;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Takes a tokenizer apart again. */
final class ContentsOf {
  private ContentsOf() {}

  /**
   * What a tokenizer is made of.
   *
   * @throws TokenizerException when it has what {@link VocabularyContents} can't say
   */
  static VocabularyContents tokenizer(
      Vocabulary vocabulary, AddedTokens added, OptionalInt endOfText) {
    VocabularyContents ordinary =
        switch (vocabulary) {
          case Gpt2Vocabulary _ -> TokenizerFiles.gpt2().contents();
          case NumberVocabulary ids -> throw new TokenizerException(ids.reason());
          case BytePairVocabulary own -> ordinary(own);
        };
    List<Token> tokens = new ArrayList<>(ordinary.tokens());
    for (AddedToken token : added.all()) {
      if (token.singleWord() || token.stripLeft() || token.stripRight()) {
        throw new TokenizerException(
            "the vocabulary's token %s has properties (single_word, lstrip, rstrip) that only Hugging Face's files have"
                .formatted(TokenizerException.quote(token.content())));
      }
      while (tokens.size() <= token.id()) {
        tokens.add(Token.NONE);
      }
      tokens.set(
          token.id(), new Token(token.content(), token.special() ? Kind.SPECIAL : Kind.ADDED));
    }
    return new VocabularyContents(tokens, ordinary.merges(), endOfText);
  }

  private static VocabularyContents ordinary(BytePairVocabulary vocabulary) {
    if (vocabulary.addsPrefixSpace() || vocabulary.hasUnknownToken()) {
      throw new TokenizerException(
          "the vocabulary has %s, which only Hugging Face's files can say"
              .formatted(
                  vocabulary.addsPrefixSpace()
                      ? "add_prefix_space"
                      : "a token for bytes that it doesn't know"));
    }
    List<Token> tokens = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      byte @Nullable [] bytes = vocabulary.bytes(id);
      tokens.add(bytes == null ? Token.NONE : new Token(ByteAlphabet.spell(bytes), Kind.ORDINARY));
    }
    List<String> merges =
        vocabulary.merges().stream().map(merge -> merge.left() + " " + merge.right()).toList();
    return new VocabularyContents(tokens, merges, OptionalInt.empty());
  }
}
