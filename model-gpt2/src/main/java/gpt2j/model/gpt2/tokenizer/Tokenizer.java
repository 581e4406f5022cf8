package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import gpt2j.model.gpt2.files.BundledFiles;
import gpt2j.model.gpt2.tokenizer.TextCutter.TextPart;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Text to token ids and back: byte-level byte pair encoding (Radford et al. 2019, section 2.2;
 * Sennrich et al. 2016).
 *
 * <p>Every text has an encoding that decodes to the same text. An unpaired surrogate, which isn't
 * Unicode, is taken for U+FFFD.
 *
 * <p>Immutable; any number of threads may share one. Making one reads its vocabulary and does
 * nothing else, so that it may be done beside other work.
 */
public final class Tokenizer {
  static final String END_OF_TEXT = "<|endoftext|>";

  private final Vocabulary vocabulary;
  private final AddedTokens added;
  private final OptionalInt endOfText;

  Tokenizer(Vocabulary vocabulary, AddedTokens added, OptionalInt endOfText) {
    this.vocabulary = vocabulary;
    this.added = added;
    this.endOfText = endOfText;
  }

  /** The tokenizer of OpenAI's GPT-2, r50k_base: 50257 tokens, the last {@code <|endoftext|>}. */
  public static Tokenizer gpt2() {
    var endOfText = AddedToken.special(Gpt2Vocabulary.SIZE, END_OF_TEXT);
    return new Tokenizer(
        new Gpt2Vocabulary(), new AddedTokens(List.of(endOfText)), OptionalInt.of(endOfText.id()));
  }

  /**
   * What stands in where a model's vocabulary isn't known: tokens are shown as their ids, and texts
   * are refused.
   *
   * @param size one more than the largest id
   * @param reason what to say to whoever has a text
   */
  public static Tokenizer ofIds(int size, String reason) {
    return new Tokenizer(
        new NumberVocabulary(size, reason), new AddedTokens(List.of()), OptionalInt.empty());
  }

  /** The tokenizer of the small model that comes with gpt2j. */
  public static Tokenizer bundled() {
    // TokenizerFiles wrote it.
    try (InputStream in = BundledFiles.open(TokenizerFolder.TOKENIZER)) {
      TokenizerConfig config = TokenizerConfig.gpt2();
      return JsonFile.read(
              TokenizerFolder.TOKENIZER,
              in.readAllBytes(),
              json -> TokenizerJson.read(json, config))
          .tokenizer(config, Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The tokenizer of a checkpoint in the Hugging Face layout: {@code tokenizer.json} of the
   * directory, else {@code vocab.json} and {@code merges.txt}, else {@link #gpt2()}. What those
   * files ask for beyond byte-level byte pair encoding is refused by name, never passed over.
   *
   * @throws TokenizerException when a file can't be read, is malformed, contradicts itself or asks
   *     for something that isn't supported
   */
  public static Tokenizer load(Path directory) {
    return TokenizerFolder.of(directory).tokenizer();
  }

  /** The tokens of {@code text}, special tokens {@linkplain SpecialTokens#AS_TEXT as text}. */
  public int[] encode(String text) {
    return encode(text, SpecialTokens.AS_TEXT);
  }

  /**
   * The tokens of {@code text}. Nothing is put before or after them, except the space that a
   * vocabulary with {@code add_prefix_space} asks for.
   *
   * @throws TokenizerException when the vocabulary of the checkpoint lacks tokens for some bytes,
   *     and the text has one
   */
  public int[] encode(String text, SpecialTokens policy) {
    return encode(text, policy, false);
  }

  /**
   * The tokens of a part of a text, special tokens {@linkplain SpecialTokens#AS_TEXT as text}.
   *
   * @throws TokenizerException as above
   */
  public int[] encode(TextPart part) {
    return encode(part.text(), SpecialTokens.AS_TEXT, part.continues());
  }

  private int[] encode(String text, SpecialTokens policy, boolean continues) {
    IntArrayList tokens = new IntArrayList();
    boolean[] begins = {!continues};
    added.split(
        WellFormed.of(text),
        policy,
        stretch -> {
          vocabulary.encode(stretch, begins[0], tokens);
          begins[0] = true;
        },
        token -> {
          tokens.add(token);
          begins[0] = true;
        });
    return tokens.toArray();
  }

  /**
   * The text of {@code tokens}, special tokens by their names. Bytes that aren't UTF-8, which no
   * text encodes to but a model may produce, become U+FFFD.
   *
   * @throws TokenizerException when no token has one of the ids
   */
  public String decode(int... tokens) {
    StringBuilder text = new StringBuilder();
    Utf8Decoder utf8 = new Utf8Decoder(text);
    for (int token : tokens) {
      utf8.append(tokenBytes(token));
    }
    utf8.finish();
    return text.toString();
  }

  /** A decoder for tokens that come one by one. */
  public StreamingDecoder streamingDecoder() {
    return new StreamingDecoder(this);
  }

  /**
   * The bytes that {@code token} stands for; often not a whole number of characters.
   *
   * @throws TokenizerException when no token has this id
   */
  public byte[] bytes(int token) {
    return tokenBytes(token).clone();
  }

  /**
   * One more than the largest token id. The model's vocabulary may be larger, where its embedding
   * was padded; the ids in between are no tokens.
   */
  public int vocabularySize() {
    return Math.max(vocabulary.size(), added.size());
  }

  /** Whether a token has this id, and so a text. */
  public boolean has(int token) {
    return vocabulary.has(token) || added.bytes(token) != null;
  }

  /** The token that ends a text, where there is one. */
  public OptionalInt endOfText() {
    return endOfText;
  }

  /**
   * The vocabulary, for files that hold byte-level tokens, merges and nothing else.
   *
   * @throws TokenizerException when it has what they can't say
   */
  public VocabularyContents contents() {
    return ContentsOf.tokenizer(vocabulary, added, endOfText);
  }

  /** The ids of the special tokens by their names; unmodifiable. */
  public Map<String, Integer> specialTokens() {
    return added.special();
  }

  /** The name of a special token that is in {@code text}, and may have been meant as a token. */
  public Optional<String> specialName(String text) {
    return added.special().keySet().stream().filter(text::contains).findFirst();
  }

  /**
   * Whether a text can be cut at a place, so that its tokens are those of the one part and then
   * those of the other, however it goes on.
   *
   * @param place with a character before it, and behind it at least {@link #lookAhead} of them
   */
  boolean canBeCut(StringBuilder text, int place) {
    if (Character.isSurrogatePair(text.charAt(place - 1), text.charAt(place))
        || !BytePairVocabulary.isBoundary(text, place)) {
      return false;
    }
    // What follows an added token begins anew, which nobody sees from behind the cut.
    boolean matters = vocabulary.addsPrefixSpace() && text.charAt(place) != ' ';
    return !added.reachAcross(text, place, matters);
  }

  /** How many characters behind a place decide whether a text can be cut there. */
  int lookAhead() {
    return Math.max(2, added.longest());
  }

  /** As {@link #bytes(int)}, not to be changed. */
  byte[] tokenBytes(int token) {
    byte[] bytes = vocabulary.bytes(token);
    if (bytes == null) {
      bytes = added.bytes(token);
    }
    if (bytes == null) {
      throw new TokenizerException(
          "no token has id " + token + "; the ids are 0 to " + (vocabularySize() - 1));
    }
    return bytes;
  }
}
