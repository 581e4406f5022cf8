package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.files.BundledFiles;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.tokenizer.AddedTokens.AddedToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Finds the vocabulary of a checkpoint. */
final class TokenizerDirectory {
  private static final String TOKENIZER = "tokenizer.json";

  /** Vocabularies of other kinds; to take GPT-2's where there is one of these would be wrong. */
  private static final String[] FOREIGN = {"tokenizer.model", "spiece.model", "vocab.txt"};

  private TokenizerDirectory() {}

  static Tokenizer load(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new TokenizerException(
          directory + ": " + (Files.exists(directory) ? "is not a directory" : Io.NO_CHECKPOINT));
    }
    if (has(directory, TOKENIZER)) {
      TokenizerConfig config = TokenizerConfig.read(directory);
      return tokenizer(TokenizerJson.read(directory.resolve(TOKENIZER), config), config);
    }
    if (has(directory, VocabAndMerges.VOCAB) || has(directory, VocabAndMerges.MERGES)) {
      TokenizerConfig config = TokenizerConfig.read(directory);
      return tokenizer(VocabAndMerges.read(directory, config), config);
    }
    for (String foreign : FOREIGN) {
      if (has(directory, foreign)) {
        throw new TokenizerException(
            foreign + ": is not supported; a vocabulary must be byte-level BPE, in tokenizer.json");
      }
    }
    return Tokenizer.gpt2();
  }

  /** That of the checkpoint among the resources, which {@link TokenizerFiles} wrote. */
  static Tokenizer bundled() {
    try (InputStream in = BundledFiles.open(TOKENIZER)) {
      TokenizerConfig config = TokenizerConfig.endingWith(Tokenizer.END_OF_TEXT);
      return tokenizer(TokenizerJson.read(TOKENIZER, in.readAllBytes(), config), config);
    } catch (IOException e) {
      throw new TokenizerException(TOKENIZER + ": " + e.getMessage(), e);
    }
  }

  private static boolean has(Path directory, String name) {
    return JsonFile.exists(directory.resolve(name));
  }

  private static Tokenizer tokenizer(TokenizerParts parts, TokenizerConfig config) {
    OptionalInt endOfText =
        parts.added().stream()
            .filter(token -> token.content().equals(config.endOfText()))
            .mapToInt(AddedToken::id)
            .findFirst();
    Integer ordinary = parts.ids().get(config.endOfText());
    if (endOfText.isEmpty() && ordinary != null) {
      endOfText = OptionalInt.of(ordinary);
    }
    return new Tokenizer(parts.vocabulary(), new AddedTokens(parts.added()), endOfText);
  }
}
