package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import gpt2j.model.gpt2.tokenizer.TextCutter.TextPart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The parts of a text have the tokens of the whole. */
class TextCutterTest {
  private static final String[] ADDED = {
    "aaa bbb", "aaa", " ", "\n\n", "bbb\na", "<|a|>", "'l", "\u5929 \u5730", "\uD83D\uDE00'", "bb"
  };

  static Stream<Named<Tokenizer>> tokenizers() {
    return Stream.of(
        Named.of("gpt2", Tokenizer.gpt2()),
        Named.of("bytes", TokenizerFiles.bytes().tokenizer()),
        Named.of("added tokens", made(false)),
        Named.of("added tokens, a space before", made(true)));
  }

  /** A vocabulary with some merges and with added tokens of all kinds, which overlap. */
  private static Tokenizer made(boolean addPrefixSpace) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    ByteAlphabet.inOrder().forEach(token -> ids.put(token, ids.size()));
    List<Merge> merges = new ArrayList<>();
    String space = String.valueOf(ByteAlphabet.character(' '));
    for (Merge merge : List.of(new Merge("a", "a"), new Merge("b", "b"), new Merge(space, "a"))) {
      ids.put(merge.left() + merge.right(), ids.size());
      merges.add(merge);
    }
    var vocabulary =
        new BytePairVocabulary(
            ids, merges, rank -> "merge " + rank, new Unknown(null, false), addPrefixSpace);
    List<AddedToken> added = new ArrayList<>();
    added.add(new AddedToken(ids.size(), Tokenizer.END_OF_TEXT, false, false, false, false, true));
    for (String content : ADDED) {
      int number = added.size();
      added.add(
          new AddedToken(
              ids.size() + number,
              content,
              number % 5 == 3,
              number % 3 == 1,
              number % 3 == 2,
              number % 2 == 0,
              number % 4 == 0));
    }
    return new Tokenizer(vocabulary, new AddedTokens(added), OptionalInt.of(ids.size()));
  }

  /** Random characters of all scripts, with pieces of added tokens among them. */
  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int parts = random.nextInt(1, 10); parts > 0; parts--) {
      String added = ADDED[random.nextInt(ADDED.length)];
      switch (random.nextInt(4)) {
        case 0 -> text.append(Texts.next(random));
        case 1 -> text.append(added.repeat(random.nextInt(1, 5)));
        case 2 -> text.append(added, 0, random.nextInt(added.length()));
        default -> text.append("ab '\n".charAt(random.nextInt(5)));
      }
    }
    return text.toString();
  }

  private static List<TextPart> cut(
      Tokenizer tokenizer, int size, String text, SplittableRandom random) {
    List<TextPart> parts = new ArrayList<>();
    TextCutter cutter = new TextCutter(tokenizer, size, parts::add);
    for (int at = 0; at < text.length(); ) {
      int end = Math.min(text.length(), at + random.nextInt(1, 50));
      cutter.add(text.substring(at, end));
      at = end;
    }
    cutter.end();
    return parts;
  }

  private static int[] encode(Tokenizer tokenizer, List<TextPart> parts) {
    return parts.stream().map(tokenizer::encode).flatMapToInt(Arrays::stream).toArray();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void partsHaveTheTokensOfTheWhole(Tokenizer tokenizer) {
    SplittableRandom random = new SplittableRandom(3);
    long several = 0;
    for (int i = 0; i < 3000; i++) {
      String text = text(random);
      int size = random.nextInt(1, 40);
      List<TextPart> parts = cut(tokenizer, size, text, random);
      assertEquals(text, String.join("", parts.stream().map(TextPart::text).toList()));
      assertArrayEquals(
          tokenizer.encode(text), encode(tokenizer, parts), () -> size + ": " + parts);
      several += parts.size() > 1 ? 1 : 0;
    }
    assertTrue(several > 1500, "texts that were cut: " + several);
  }

  @Test
  void atABoundaryThePiecesOfBothSidesAreThoseOfTheWhole() {
    SplittableRandom random = new SplittableRandom(4);
    int boundaries = 0;
    for (int i = 0; i < 2000; i++) {
      String text = WellFormed.of(text(random));
      List<String> whole = pieces(text);
      for (int at = 1; at < text.length(); at++) {
        if (!Character.isSurrogatePair(text.charAt(at - 1), text.charAt(at))
            && BytePairVocabulary.isBoundary(text, at)) {
          List<String> both = new ArrayList<>(pieces(text.substring(0, at)));
          both.addAll(pieces(text.substring(at)));
          assertEquals(whole, both, text + " at " + at);
          boundaries++;
        }
      }
    }
    assertTrue(boundaries > 20_000, "boundaries: " + boundaries);
  }

  private static List<String> pieces(String text) {
    return BytePairVocabulary.PIECE.matcher(text).results().map(MatchResult::group).toList();
  }

  @Test
  void everyCharacterIsOfTheKindThatPiecesTakeItFor() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.isDefined(c) && !isOfNoOnesKind(Character.getType(c))) {
        String text = Character.toString(c);
        for (String other : List.of("a", "1", "!", "\n")) {
          String both = other + text;
          if (BytePairVocabulary.isBoundary(both, 1)) {
            assertTrue(
                BytePairVocabulary.PIECE.matcher(both).results().count() == 2,
                () -> "U+" + Integer.toHexString(text.codePointAt(0)));
          }
        }
      }
    }
  }

  private static boolean isOfNoOnesKind(int type) {
    return type == Character.SURROGATE || type == Character.PRIVATE_USE;
  }

  /** Scripts that have no blanks, all line ends, and lines without an end. */
  static Stream<Named<String>> scripts() {
    return Stream.of(
        Named.of("Chinese", "\u5929\u5730\u7384\u9EC4\uFF0C\u5B87\u5B99\u6D2A\u8352\u3002\n"),
        Named.of("Chinese in one line", "\u5929\u5730\u7384\u9EC4\uFF0C"),
        Named.of("Thai", "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\u0E0A\u0E32\u0E27\r\n"),
        Named.of("Thai with combining marks only", "\u0E01\u0E31\u0E01\u0E34"),
        Named.of("Russian", "\u041C\u0430\u043C\u0430 \u043C\u044B\u043B\u0430\n"),
        Named.of("Arabic", "\u0628\u0633\u0645 \u0627\u0644\u0644\u0647\r"),
        Named.of("emoji", "\uD83D\uDE00\uD83C\uDF89x"),
        Named.of("tabs", "a\tb\t"),
        Named.of("numbers", "12,"),
        Named.of("code", "f(x){return'';}"),
        Named.of("narrow spaces", "a\u202Fb\u00A0"));
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void everyScriptCanBeCut(String line) {
    String text = line.repeat(3000);
    for (Tokenizer tokenizer : tokenizers().map(Named::getPayload).toList()) {
      List<TextPart> parts = cut(tokenizer, 1000, text, new SplittableRandom(5));
      int most = parts.stream().mapToInt(part -> part.text().length()).max().orElseThrow();
      assertTrue(most <= 1050, "characters in a part: " + most);
      assertArrayEquals(tokenizer.encode(text), encode(tokenizer, parts));
    }
  }

  @Test
  void whatCanNotBeCutIsTakenWholeUpToALimit() {
    Tokenizer tokenizer = Tokenizer.gpt2();
    List<TextPart> parts = new ArrayList<>();
    TextCutter cutter = new TextCutter(tokenizer, 10, 1000, parts::add);
    cutter.add("a".repeat(900) + " ");
    assertEquals(List.of(), parts);
    cutter.add("the end of it");
    cutter.end();
    cutter.add("b");
    cutter.end();
    assertEquals(
        List.of(
            new TextPart("a".repeat(900), false),
            new TextPart(" the end of it", true),
            new TextPart("b", false)),
        parts);
    TokenizerException e =
        assertThrows(TokenizerException.class, () -> cutter.add("a".repeat(2000)));
    assertEquals(
        "has more than 1000 characters without a place to cut them at, such as white space",
        e.getMessage());
  }

  @Test
  void anEmptyTextHasNoParts() {
    List<TextPart> parts = new ArrayList<>();
    TextCutter cutter = new TextCutter(Tokenizer.gpt2(), 10, parts::add);
    cutter.add("");
    cutter.end();
    assertEquals(List.of(), parts);
  }
}
