package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vocabularies that are learned from text. */
class VocabularyTrainingTest {
  @TempDir private Path directory;

  private static Path folder() {
    try {
      URL text = VocabularyTrainingTest.class.getResource("learned/text.txt");
      return Path.of(text.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> merges(TokenizerFiles files) {
    String json = new String(files.content().get("tokenizer.json"), StandardCharsets.UTF_8);
    String list = json.substring(json.indexOf("\"merges\": [") + 11, json.lastIndexOf(']'));
    return list.strip().isEmpty()
        ? List.of()
        : List.of(list.strip().replaceAll("^\"|\"$", "").split("\",\\s*\"")).stream()
            .map(merge -> merge.replaceAll("\\\\(.)", "$1"))
            .toList();
  }

  private static TokenizerFiles learn(int size, String... texts) {
    VocabularyTraining training = new VocabularyTraining();
    List.of(texts).forEach(training::add);
    return training.learn(size, _ -> {});
  }

  @Test
  void mergesAreThoseOfHuggingFace() throws IOException {
    Path folder = folder();
    TokenizerFiles learned = learn(600, Files.readString(folder.resolve("text.txt")));
    assertEquals(600, learned.tokenizer().vocabularySize());
    assertEquals(Files.readAllLines(folder.resolve("merges.txt")), merges(learned));
  }

  /** Counts all pairs again for each merge. */
  private static List<String> naive(String text, int merges) {
    List<List<String>> words = new ArrayList<>();
    for (String word : text.split("(?= )")) {
      List<String> symbols = new ArrayList<>();
      word.chars().forEach(c -> symbols.add(String.valueOf(ByteAlphabet.character(c))));
      words.add(symbols);
    }
    Map<String, Integer> ids = new HashMap<>();
    ByteAlphabet.inOrder().forEach(symbol -> ids.put(symbol, ids.size()));
    List<String> found = new ArrayList<>();
    while (found.size() < merges) {
      // By the ids of the pair, so that the first of the most frequent ones is the one to take.
      Map<Long, Integer> counts = new TreeMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(
              (long) ids.get(word.get(i)) << 32 | ids.get(word.get(i + 1)), 1, Integer::sum);
        }
      }
      int most = counts.values().stream().mapToInt(c -> c).max().orElse(0);
      if (most < 2) {
        break;
      }
      long pair =
          counts.entrySet().stream()
              .filter(entry -> entry.getValue() == most)
              .findFirst()
              .orElseThrow()
              .getKey();
      String left = symbol(ids, (int) (pair >>> 32));
      String right = symbol(ids, (int) pair);
      if (ids.putIfAbsent(left + right, ids.size()) != null) {
        return found; // two ways to one token: what comes next may differ
      }
      found.add(left + " " + right);
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i).equals(left) && word.get(i + 1).equals(right)) {
            word.set(i, left + word.remove(i + 1));
          }
        }
      }
    }
    return found;
  }

  private static String symbol(Map<String, Integer> ids, int id) {
    return ids.entrySet().stream()
        .filter(entry -> entry.getValue() == id)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  @Test
  void mergesAreThoseOfCountingAgainEachTime() {
    Random random = new Random(1);
    for (int round = 0; round < 150; round++) {
      StringBuilder text = new StringBuilder();
      int letters = 1 + random.nextInt(4);
      for (int word = 0; word < 60; word++) {
        text.append(' ');
        IntStream.range(0, 1 + random.nextInt(9))
            .forEach(_ -> text.append((char) ('a' + random.nextInt(letters))));
      }
      List<String> expected = naive(text.toString(), 40);
      List<String> found = merges(learn(257 + 40, text.toString()));
      assertEquals(expected, found.subList(0, Math.min(expected.size(), found.size())));
    }
  }

  @Test
  void textThatIsTooShortGivesFewerTokens() {
    assertEquals(257, learn(300, "").tokenizer().vocabularySize());
    assertEquals(257, learn(300, "abc").tokenizer().vocabularySize());
    // a and b; then the space before them, which is there twice
    assertEquals(259, learn(300, " ab ab").tokenizer().vocabularySize());
    assertThrows(IllegalArgumentException.class, () -> learn(256, "abc"));
  }

  @Test
  void theOrderOfTextsDoesNotMatter() {
    String a = "the cat sat on the mat";
    String b = "a dog and a log and a frog";
    assertArrayEquals(
        learn(290, a, b).content().get("tokenizer.json"),
        learn(290, b, a).content().get("tokenizer.json"));
  }

  @Test
  void whatIsWrittenIsWhatIsRead() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    List<TokenizerFiles> all =
        List.of(
            TokenizerFiles.bytes(),
            TokenizerFiles.gpt2(),
            learn(700, Files.readString(folder().resolve("text.txt"))));
    List<Tokenizer> same =
        List.of(all.get(0).tokenizer(), Tokenizer.gpt2(), all.get(2).tokenizer());
    for (int i = 0; i < all.size(); i++) {
      Path folder = Files.createDirectory(directory.resolve("tokenizer" + i));
      for (Map.Entry<String, byte[]> file : all.get(i).content().entrySet()) {
        Files.write(folder.resolve(file.getKey()), file.getValue());
      }
      assertEquals(all.get(i).content().keySet(), TokenizerFolder.of(folder).files().keySet());
      Tokenizer loaded = Tokenizer.load(folder);
      assertEquals(same.get(i).vocabularySize(), loaded.vocabularySize());
      assertEquals(same.get(i).endOfText(), loaded.endOfText());
      for (int round = 0; round < 300; round++) {
        String text = Texts.next(random);
        int[] tokens = same.get(i).encode(text);
        assertArrayEquals(tokens, loaded.encode(text));
        assertEquals(text, loaded.decode(tokens));
      }
    }
  }

  @Test
  void aByteIsItsOwnToken() {
    Tokenizer bytes = TokenizerFiles.bytes().tokenizer();
    for (int b = 0; b < 256; b++) {
      assertArrayEquals(new byte[] {(byte) b}, bytes.bytes(b));
    }
    assertArrayEquals(new int[] {72, 105, 0xC3, 0xA9}, bytes.encode("Hi\u00e9"));
    assertEquals(256, bytes.endOfText().orElseThrow());
  }
}
