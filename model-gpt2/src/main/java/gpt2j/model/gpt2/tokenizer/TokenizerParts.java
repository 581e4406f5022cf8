package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.TokenizerConfig.TokenizerClass;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a vocabulary say.
 *
 * @param vocabulary the tokens and merges
 * @param ids the ids of the tokens of {@code vocabulary}
 * @param added the added tokens beside them, each with its id
 * @param paddingToken the name of the one that pads, as far as {@code tokenizer.json} says so
 */
record TokenizerParts(
    BytePairVocabulary vocabulary,
    Map<String, Integer> ids,
    List<AddedToken> added,
    @Nullable String paddingToken) {
  /**
   * The tokenizer that transformers' {@code AutoTokenizer} makes of them. Which added tokens there
   * are, and which of their properties hold, is in up to four files; it takes {@code
   * added_tokens_decoder}, else {@code added_tokens.json} and {@code tokenizer.json}, then the
   * tokens with a role that none of them has.
   *
   * @param older the content of {@code added_tokens.json}, as far as it counts
   */
  Tokenizer tokenizer(TokenizerConfig config, Map<String, Integer> older) {
    AddedVocabulary tokens = new AddedVocabulary(ids);
    SortedMap<Integer, AddedToken> recorded =
        config.added().orElseGet(() -> recorded(config, older));
    String place =
        config.added().isPresent()
            ? TokenizerConfig.FILE + ": added_tokens_decoder"
            : older.isEmpty()
                ? TokenizerFolder.TOKENIZER + ": added_tokens"
                : TokenizerFolder.ADDED;
    boolean asSaved = config.tokenizerClass() == TokenizerClass.AS_SAVED;
    if (asSaved) {
      added.forEach(token -> tokens.add(token, TokenizerFolder.TOKENIZER + ": added_tokens"));
    }
    List<AddedToken> special =
        config.withRoles(
            paddingToken != null && asSaved
                ? AddedToken.special(AddedToken.NO_ID, paddingToken)
                : null);
    Set<String> named = special.stream().map(AddedToken::content).collect(Collectors.toSet());
    for (AddedToken token : recorded.values()) {
      tokens.add(named.contains(token.content()) ? token.asSpecial() : token, place);
    }
    for (AddedToken token : Stream.concat(special.stream(), config.further().stream()).toList()) {
      if (!tokens.contains(token.content())) {
        tokens.add(token, TokenizerConfig.FILE);
      }
    }
    return new Tokenizer(
        vocabulary, new AddedTokens(tokens.tokens()), endOfText(config.endOfText(), tokens));
  }

  private SortedMap<Integer, AddedToken> recorded(
      TokenizerConfig config, Map<String, Integer> older) {
    Set<String> special = config.specialNames();
    SortedMap<Integer, AddedToken> tokens = new TreeMap<>();
    older.forEach(
        (content, id) -> {
          boolean isSpecial = special.contains(content);
          tokens.put(id, new AddedToken(id, content, false, false, false, !isSpecial, isSpecial));
        });
    added.forEach(token -> tokens.put(token.id(), token));
    return tokens;
  }

  private OptionalInt endOfText(@Nullable String content, AddedVocabulary tokens) {
    Optional<AddedToken> token =
        tokens.tokens().stream().filter(added -> added.content().equals(content)).findFirst();
    if (token.isPresent()) {
      return OptionalInt.of(token.get().id());
    }
    Integer ordinary = content == null ? null : ids.get(content);
    return ordinary == null ? OptionalInt.empty() : OptionalInt.of(ordinary);
  }
}
