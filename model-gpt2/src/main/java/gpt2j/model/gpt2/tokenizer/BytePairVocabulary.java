package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary of a checkpoint's own, given by its tokens and its merges.
 *
 * <p>jtokkit is of no use here: it takes the order of the merges from the ids, merges any two
 * neighbours that spell a token and takes a piece that is a token as it stands. That is the same
 * only for vocabularies as training leaves them, and files of other origin are free to differ.
 */
final class BytePairVocabulary implements Vocabulary {
  /**
   * The pieces that merges don't cross: contractions, then letters, digits and other characters,
   * each with the space before, then white space; OpenAI's pattern.
   */
  static final Pattern PIECE =
      Pattern.compile(
          "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static final int NONE = -1;

  /**
   * Whether the pieces of a text are, however it goes on, those of the part before a place and then
   * those of the rest. Where this says no, they may be or not.
   *
   * @param place with a character before it and one behind it; at 1, no white space is before that
   */
  static boolean isBoundary(CharSequence text, int place) {
    int before = Character.codePointBefore(text, place);
    int after = Character.codePointAt(text, place);
    if (isSpace(before)) {
      // A blank belongs to what follows; of a longer run, the last one is apart there only.
      return before != ' '
          && !isSpace(after)
          && (place == 1 || !isSpace(Character.codePointBefore(text, place - 1)));
    }
    if (isSpace(after)) {
      return true; // it only ever begins a piece
    }
    if (Character.isLetter(before)) {
      return !Character.isLetter(after);
    }
    if (isNumber(before)) {
      return !isNumber(after);
    }
    return isNumber(after) || Character.isLetter(after) && before != '\'';
  }

  /** As {@code \s} in {@link #PIECE}: Unicode's property White_Space. */
  private static boolean isSpace(int character) {
    return Character.isSpaceChar(character)
        || character >= '\t' && character <= '\r'
        || character == 0x85;
  }

  /** As {@code \p{N}}. */
  private static boolean isNumber(int character) {
    return switch (Character.getType(character)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> false;
    };
  }

  /** Two neighbours that become one. */
  record Merge(String left, String right) {
    /**
     * The merge that is written as {@code left right}; null when {@code text} is something else.
     */
    static @Nullable Merge parse(String text) {
      int space = text.indexOf(' ');
      boolean two = space > 0 && space < text.length() - 1 && text.indexOf(' ', space + 1) < 0;
      return two ? new Merge(text.substring(0, space), text.substring(space + 1)) : null;
    }
  }

  /**
   * What becomes of a byte that no token stands for.
   *
   * @param token the token that replaces it; null when there is none and the text is refused
   * @param fused whether it replaces a whole run of such bytes
   */
  record Unknown(@Nullable String token, boolean fused) {}

  private final byte @Nullable [][] bytes;
  private final int[] tokenOfByte = new int[256];
  private final MergeTable merges;
  private final boolean fuseUnknown;
  private final int unknownToken;
  private final boolean addPrefixSpace;

  /**
   * @param tokens each token, in the {@link ByteAlphabet}, and its id; ids are small and unique
   * @param merges the merges in their order
   * @param mergeName names a merge, by its index, in error messages
   * @param addPrefixSpace whether a text that doesn't start with a space gets one
   * @throws TokenizerException when a merge is made of or makes something that isn't a token, or is
   *     there twice
   */
  BytePairVocabulary(
      Map<String, Integer> tokens,
      List<Merge> merges,
      IntFunction<String> mergeName,
      Unknown unknown,
      boolean addPrefixSpace) {
    this.addPrefixSpace = addPrefixSpace;
    fuseUnknown = unknown.fused();
    unknownToken = unknown.token() == null ? NONE : tokens.getOrDefault(unknown.token(), NONE);
    int largest = NONE;
    for (int id : tokens.values()) {
      largest = Math.max(largest, id);
    }
    bytes = new byte @Nullable [largest + 1][];
    tokens.forEach((token, id) -> bytes[id] = spelledBy(token));
    for (int b = 0; b < tokenOfByte.length; b++) {
      tokenOfByte[b] = tokens.getOrDefault(String.valueOf(ByteAlphabet.character(b)), NONE);
    }
    this.merges = table(tokens, merges, mergeName);
  }

  private static MergeTable table(
      Map<String, Integer> tokens, List<Merge> merges, IntFunction<String> mergeName) {
    MergeTable table = new MergeTable(merges.size());
    for (int rank = 0; rank < merges.size(); rank++) {
      Merge merge = merges.get(rank);
      Integer left = tokens.get(merge.left());
      Integer right = tokens.get(merge.right());
      Integer merged = tokens.get(merge.left().concat(merge.right()));
      if (left == null || right == null || merged == null) {
        String stranger =
            left == null
                ? merge.left()
                : right == null ? merge.right() : merge.left() + merge.right();
        throw new TokenizerException(
            mergeName.apply(rank)
                + ": the vocabulary has no token "
                + TokenizerException.quote(stranger));
      }
      if (!table.add(left, right, merged)) {
        throw new TokenizerException(
            mergeName.apply(rank)
                + ": the merge of "
                + TokenizerException.quote(merge.left())
                + " and "
                + TokenizerException.quote(merge.right())
                + " is there already");
      }
    }
    return table;
  }

  private static byte[] spelledBy(String token) {
    byte[] spelled = ByteAlphabet.bytes(token);
    // As Hugging Face tokenizers: what isn't written in the alphabet of bytes stands for itself.
    return spelled == null ? token.getBytes(StandardCharsets.UTF_8) : spelled;
  }

  @Override
  public void encode(String text, boolean begins, IntArrayList tokens) {
    PieceEncoder pieces = new PieceEncoder(merges);
    boolean lacksSpace = addPrefixSpace && begins && !text.startsWith(" ");
    Matcher piece = PIECE.matcher(lacksSpace ? " " + text : text);
    while (piece.find()) {
      encodePiece(piece.group().getBytes(StandardCharsets.UTF_8), pieces);
      pieces.mergeInto(tokens);
    }
  }

  private void encodePiece(byte[] piece, PieceEncoder symbols) {
    symbols.clear(piece.length);
    boolean afterUnknown = false;
    for (byte b : piece) {
      int token = tokenOfByte[b & 0xFF];
      boolean known = token != NONE;
      if (!known) {
        token = unknown(b);
      }
      if (known || !afterUnknown || !fuseUnknown) {
        symbols.add(token);
      }
      afterUnknown = !known;
    }
  }

  private int unknown(byte b) {
    if (unknownToken == NONE) {
      throw new TokenizerException(
          String.format("the vocabulary has no token for byte 0x%02X of the text", b));
    }
    return unknownToken;
  }

  /** Whether some text becomes a token that stands for what it knows nothing of. */
  boolean hasUnknownToken() {
    return unknownToken != NONE;
  }

  /** Each merge as two tokens in the {@link ByteAlphabet}, in their order. */
  List<Merge> merges() {
    return Arrays.stream(merges.byRank())
        .map(pair -> new Merge(spelling(pair[0]), spelling(pair[1])))
        .toList();
  }

  /** A token in the {@link ByteAlphabet}. */
  private String spelling(int token) {
    return ByteAlphabet.spell(Objects.requireNonNull(bytes[token]));
  }

  @Override
  public boolean addsPrefixSpace() {
    return addPrefixSpace;
  }

  @Override
  public byte @Nullable [] bytes(int token) {
    return token < 0 || token >= bytes.length ? null : bytes[token];
  }

  @Override
  public int size() {
    return bytes.length;
  }
}
