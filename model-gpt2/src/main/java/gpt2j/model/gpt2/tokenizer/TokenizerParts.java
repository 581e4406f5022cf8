package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.AddedTokens.AddedToken;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the files of a checkpoint say.
 *
 * @param ids the ids of the tokens of {@code vocabulary}
 */
record TokenizerParts(
    BytePairVocabulary vocabulary, Map<String, Integer> ids, List<AddedToken> added) {

  /**
   * The parts, once they are known to agree.
   *
   * @param where names the place of the added tokens in error messages
   */
  static TokenizerParts of(
      String where,
      BytePairVocabulary vocabulary,
      Map<String, Integer> ids,
      List<AddedToken> added) {
    Set<String> contents = new HashSet<>();
    Set<Integer> taken = new HashSet<>();
    for (AddedToken token : added) {
      int id = token.id();
      Integer expected = ids.get(token.content());
      String problem = null;
      if (token.content().isEmpty()) {
        problem = " has no text";
      } else if (!contents.add(token.content())) {
        problem = " is there twice";
      } else if (expected != null && expected != id) {
        problem = " has id " + id + " but " + expected + " in the vocabulary";
      } else if (!taken.add(id) || expected == null && vocabulary.bytes(id) != null) {
        problem = " has the id of another token, " + id;
      }
      if (problem != null) {
        throw new TokenizerException(
            where + ": " + TokenizerException.quote(token.content()) + problem);
      }
    }
    return new TokenizerParts(vocabulary, ids, added);
  }
}
