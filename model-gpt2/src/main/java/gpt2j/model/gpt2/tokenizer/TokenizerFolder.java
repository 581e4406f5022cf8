package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.tokenizer.TokenizerConfig.TokenizerClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The vocabulary of a folder, such as that of a checkpoint. Each file is read once, so that what is
 * copied is what was checked.
 */
public final class TokenizerFolder {
  static final String TOKENIZER = "tokenizer.json";
  static final String ADDED = "added_tokens.json";

  /** Every file that a checkpoint's vocabulary may consist of. */
  private static final List<String> ALL =
      List.of(
          TOKENIZER,
          VocabAndMerges.VOCAB,
          VocabAndMerges.MERGES,
          ADDED,
          TokenizerConfig.OLDER_FILE,
          TokenizerConfig.FILE);

  /** Vocabularies of other kinds; to take GPT-2's where there is one of these would be wrong. */
  private static final List<String> FOREIGN =
      List.of("tokenizer.model", "spiece.model", "vocab.txt");

  /** Several times the largest vocabulary in use. */
  private static final int LARGEST_FILE = 128 << 20;

  /** What OpenAI called its files. */
  private static final Map<String, String> OPENAI =
      Map.of(VocabAndMerges.VOCAB, "encoder.json", VocabAndMerges.MERGES, "vocab.bpe");

  private final Path directory;
  private final Map<String, String> labels;
  private final Map<String, byte[]> content = new LinkedHashMap<>();

  private TokenizerFolder(Path directory, Map<String, String> labels) {
    this.directory = directory;
    this.labels = labels;
  }

  /**
   * A folder, of which nothing is read yet.
   *
   * @throws TokenizerException when it isn't one
   */
  public static TokenizerFolder of(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new TokenizerException(
          directory + ": " + (Files.exists(directory) ? "is not a directory" : Io.NO_CHECKPOINT));
    }
    return new TokenizerFolder(directory, Map.of());
  }

  /** The same with {@code encoder.json} and {@code vocab.bpe}, as OpenAI published them. */
  public static TokenizerFolder openAi(Path directory) {
    return new TokenizerFolder(directory, OPENAI);
  }

  /** What a file is called here. */
  String label(String name) {
    return labels.getOrDefault(name, name);
  }

  /**
   * The tokenizer that the files describe; GPT-2's where there are none.
   *
   * @throws TokenizerException when a file can't be read, is malformed, contradicts itself or asks
   *     for something that isn't supported
   */
  public Tokenizer tokenizer() {
    if (!hasVocabulary()) {
      for (String foreign : FOREIGN) {
        if (has(foreign)) {
          throw new TokenizerException(
              foreign
                  + ": is not supported; a vocabulary must be byte-level BPE, in tokenizer.json");
        }
      }
      return Tokenizer.gpt2();
    }
    TokenizerConfig config = TokenizerConfig.read(this);
    Map<String, Integer> added =
        config.added().isEmpty() && has(ADDED) ? read(ADDED, Vocabulary::readIds) : Map.of();
    if (has(TOKENIZER)) {
      return read(TOKENIZER, json -> TokenizerJson.read(json, config)).tokenizer(config, added);
    }
    TokenizerConfig own = config.withClass(TokenizerClass.GPT2);
    return VocabAndMerges.read(this, own).tokenizer(own, added);
  }

  /**
   * The files of the vocabulary by their names; GPT-2's, as gpt2j writes them, where there are
   * none.
   *
   * @throws TokenizerException when one can't be read, or isn't what its name says
   */
  public Map<String, byte[]> files() {
    return hasVocabulary() ? present() : TokenizerFiles.gpt2().content();
  }

  /**
   * Those files of a vocabulary that are there, by their names.
   *
   * @throws TokenizerException when one can't be read, or isn't what its name says
   */
  public Map<String, byte[]> present() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : ALL) {
      if (has(name)) {
        requireForm(name);
        files.put(name, bytes(name));
      }
    }
    return Collections.unmodifiableMap(files);
  }

  /** A link to anything else must not be followed and copied under a name that it doesn't fit. */
  private void requireForm(String name) {
    switch (name) {
      case VocabAndMerges.MERGES -> VocabAndMerges.requireMerges(this);
      case VocabAndMerges.VOCAB, ADDED -> read(name, Vocabulary::readIds);
      default ->
          read(
              name,
              json -> {
                json.object(_ -> json.skip());
                return json;
              });
    }
  }

  /** Whether it has files of a vocabulary. */
  public boolean hasVocabulary() {
    return has(TOKENIZER) || has(VocabAndMerges.VOCAB) || has(VocabAndMerges.MERGES);
  }

  /** Whether there is such a file. A link that leads nowhere counts: its file is missed. */
  private boolean has(String name) {
    return Files.exists(directory.resolve(label(name)), LinkOption.NOFOLLOW_LINKS);
  }

  /** What {@code body} makes of the one value in a JSON file. */
  <T> T read(String name, Function<JsonFile, T> body) {
    return JsonFile.read(label(name), bytes(name), body);
  }

  /** As {@link #read}, where there is such a file. */
  <T> void readIfPresent(String name, Function<JsonFile, T> body) {
    if (has(name)) {
      read(name, body);
    }
  }

  /** The whole of a file. */
  byte[] bytes(String name) {
    return content.computeIfAbsent(
        name,
        n -> {
          try {
            return Io.readText(directory.resolve(label(n)), LARGEST_FILE);
          } catch (IOException e) {
            throw new TokenizerException(label(n) + ": " + Io.explain(e), e);
          }
        });
  }
}
