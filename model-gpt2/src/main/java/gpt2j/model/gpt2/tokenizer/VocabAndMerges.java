package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.AddedTokens.AddedToken;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads {@code vocab.json}, {@code merges.txt} and, where there is one, {@code added_tokens.json}:
 * the files of OpenAI's encoder under the names that transformers gave them.
 */
final class VocabAndMerges {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";
  private static final String ADDED = "added_tokens.json";

  private VocabAndMerges() {}

  static TokenizerParts read(Path directory, TokenizerConfig config) {
    Map<String, Integer> tokens = JsonFile.read(directory.resolve(VOCAB), TokenIds::read);
    if (tokens.isEmpty()) {
      throw new TokenizerException(VOCAB + ": has no tokens");
    }
    if (config.addBeginningOfText()) {
      throw new TokenizerException(
          TokenizerConfig.FILE + ": add_bos_token is not supported; set it to false");
    }
    String text = JsonFile.readText(directory.resolve(MERGES)).toString();
    int header = text.startsWith("#version") ? 1 : 0;
    var vocabulary =
        new BytePairVocabulary(
            tokens,
            merges(text, header),
            rank -> MERGES + ": line " + (rank + 1 + header),
            new Unknown(null, false),
            config.addPrefixSpace().orElse(false));
    return TokenizerParts.of(ADDED, vocabulary, tokens, added(directory, tokens, config));
  }

  private static List<Merge> merges(String text, int header) {
    List<String> lines = text.lines().skip(header).toList();
    int end = lines.size();
    while (end > 0 && lines.get(end - 1).isEmpty()) {
      end--;
    }
    List<Merge> merges = new ArrayList<>(end);
    for (String line : lines.subList(0, end)) {
      Merge merge = Merge.parse(line);
      if (merge == null) {
        throw new TokenizerException(
            MERGES
                + ": line "
                + (merges.size() + 1 + header)
                + " must be two tokens with a space between, not "
                + TokenizerException.quote(line));
      }
      merges.add(merge);
    }
    return merges;
  }

  private static List<AddedToken> added(
      Path directory, Map<String, Integer> tokens, TokenizerConfig config) {
    // By id, so that the order doesn't depend on that of the file.
    Map<Integer, AddedToken> added = new TreeMap<>();
    for (String name : config.specialTokens()) {
      Integer id = tokens.get(name);
      if (id != null) {
        added.put(id, new AddedToken(id, name, true, false));
      }
    }
    Path file = directory.resolve(ADDED);
    if (JsonFile.exists(file)) {
      JsonFile.read(file, TokenIds::read)
          .forEach(
              (content, id) -> {
                boolean special = config.specialTokens().contains(content);
                added.put(id, new AddedToken(id, content, special, !special));
              });
    }
    return List.copyOf(added.values());
  }
}
