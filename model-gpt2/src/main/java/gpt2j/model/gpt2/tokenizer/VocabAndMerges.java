package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code vocab.json} and {@code merges.txt}: the files of OpenAI's encoder under the names
 * that transformers gave them.
 */
final class VocabAndMerges {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";

  private VocabAndMerges() {}

  static TokenizerParts read(TokenizerFolder folder, TokenizerConfig config) {
    Map<String, Integer> tokens = folder.read(VOCAB, Vocabulary::readIds);
    if (tokens.isEmpty()) {
      throw new TokenizerException(folder.label(VOCAB) + ": has no tokens");
    }
    config.refuseFrame();
    Lines lines = lines(folder);
    var vocabulary =
        new BytePairVocabulary(
            tokens,
            lines.merges(),
            rank -> folder.label(MERGES) + ": line " + (rank + 1 + lines.header()),
            new Unknown(null, false),
            config.addPrefixSpace().orElse(false));
    return new TokenizerParts(vocabulary, tokens, List.of(), null);
  }

  /** The merges of a file, after so many lines of a header. */
  private record Lines(int header, List<Merge> merges) {}

  /**
   * Checks the form of {@code merges.txt}.
   *
   * @throws TokenizerException when it is something else
   */
  static void requireMerges(TokenizerFolder folder) {
    lines(folder);
  }

  private static Lines lines(TokenizerFolder folder) {
    String name = folder.label(MERGES);
    String text = JsonFile.decode(name, folder.bytes(MERGES)).toString();
    int header = text.startsWith("#version") ? 1 : 0;
    return new Lines(header, merges(name, text, header));
  }

  private static List<Merge> merges(String name, String text, int header) {
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
            name
                + ": line "
                + (merges.size() + 1 + header)
                + " must be two tokens with a space between, not "
                + TokenizerException.quote(line));
      }
      merges.add(merge);
    }
    return merges;
  }
}
