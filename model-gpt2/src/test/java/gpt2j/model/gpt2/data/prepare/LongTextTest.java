package gpt2j.model.gpt2.data.prepare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.data.TokenSequence;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts longer than what is read or encoded at once. */
class LongTextTest {
  private static final String[] PARTS = {
    "<|endoftext|>",
    "<|endoftext|>\n",
    "\n<|endoftext|>\n",
    "\r\n<|endoftext|>\r\n",
    "<|endof",
    "\n",
    "\r\n",
    "\r",
    " ",
    "word",
    " word",
    "'ll",
    "12",
    "caf\u00e9 ",
    "\u5929\u5730",
    "\uD83D\uDE00"
  };

  @TempDir private Path directory;
  private final Random random = new Random(5);
  private final List<String> notes = new ArrayList<>();
  private int folders;

  private String text(int characters, String... parts) {
    StringBuilder text = new StringBuilder();
    while (text.length() < characters) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return text.toString();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private DataSet prepare(VocabularyChoice vocabulary, double validation, Path... inputs) {
    Path out = directory.resolve("out" + folders++);
    Preparation.run(
        List.of(inputs),
        out,
        new PreparationOptions(vocabulary, validation, 3, 2, false),
        new PreparationListener() {
          @Override
          public void progressed(String task, long bytes, long total, Unit unit) {
            // not wanted
          }

          @Override
          public void note(String line) {
            notes.add(line);
          }
        });
    return DataSet.open(out);
  }

  private static int[] all(TokenSequence tokens) {
    int[] read = new int[(int) tokens.size()];
    tokens.read(0, read, 0, read.length);
    return read;
  }

  private static int[] ended(Tokenizer tokenizer, int... tokens) {
    int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
    ended[tokens.length] = tokenizer.endOfText().orElseThrow();
    return ended;
  }

  /** The documents of a text, found in the plainest way. */
  private static List<String> documents(String text) {
    List<String> documents = new ArrayList<>();
    StringBuilder document = new StringBuilder();
    for (String line : text.split("(?<=\n)")) {
      if (line.matches("<\\|endoftext\\|>\r?\n?") && !line.matches(".*>\r")) {
        String before = document.toString();
        String ended = before.endsWith("\n") ? before.substring(0, before.length() - 1) : before;
        documents.add(ended.endsWith("\r") ? ended.substring(0, ended.length() - 1) : ended);
        document.setLength(0);
      } else {
        document.append(line);
      }
    }
    documents.add(document.toString());
    return documents.stream().filter(found -> !found.isEmpty()).toList();
  }

  @Test
  void documentsAreTheSameHoweverMuchIsReadAtOnce() throws IOException {
    for (int round = 0; round < 3000; round++) {
      String text = text(random.nextInt(300), PARTS);
      Path file = file("chunks.txt", (round % 2 == 0 ? "\uFEFF" : "") + text);
      List<String> found = new ArrayList<>();
      StringBuilder document = new StringBuilder();
      DocumentSink sink =
          new DocumentSink() {
            @Override
            public void text(String part) {
              assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(part), "half a character");
              document.append(part);
            }

            @Override
            public void end() {
              found.add(document.toString());
              document.setLength(0);
            }
          };
      int chunk = random.nextInt(3, 60);
      new TextDocuments(file, chunk, sink).read(_ -> {});
      assertEquals(documents(text), found, () -> chunk + ": " + text);
      assertEquals(0, document.length());
    }
  }

  @Test
  void badBytesAreNamedWithTheLineHoweverMuchIsReadAtOnce() throws IOException {
    Path file = directory.resolve("bad.txt");
    for (int lines = 0; lines < 60; lines++) {
      byte[] good = "\u5929\n".repeat(lines).getBytes(StandardCharsets.UTF_8);
      byte[] bad = Arrays.copyOf(good, good.length + 3);
      bad[good.length] = (byte) 0xE5;
      bad[good.length + 1] = (byte) 0xA4;
      bad[good.length + 2] = 'x';
      Files.write(file, bad);
      int chunk = random.nextInt(3, 60);
      DataException e =
          assertThrows(
              DataException.class,
              () -> new TextDocuments(file, chunk, DocumentSink.NOTHING).read(_ -> {}));
      assertEquals(
          "%s: line %d is not UTF-8; convert the file first".formatted(file, lines + 1),
          e.getMessage());
    }
  }

  static Stream<Named<String[]>> texts() {
    return Stream.of(
        Named.of("lines", new String[] {"the quick brown fox jumps ", "over the lazy dog.\n"}),
        Named.of("one line", new String[] {"word "}),
        Named.of(
            "white space of all kinds", new String[] {" ", "  ", "\n", "\n\n ", "\t", "a", "'ll"}),
        Named.of("Chinese", new String[] {"\u5929\u5730\u7384\u9EC4", "\uFF0C", "\u3002\n"}),
        Named.of("Thai", new String[] {"\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\n"}),
        Named.of("Russian", new String[] {"\u041C\u0430\u043C\u0430 \u043C\u044B\u043B\u0430\n"}),
        Named.of("CRLF", new String[] {"line.\r\n"}),
        Named.of("tabs", new String[] {"a\t", "b\t"}),
        Named.of("separators in lines", new String[] {"one two three<|endoftext|>"}),
        Named.of("emoji", new String[] {"\uD83D\uDE00", "\uD83C\uDF89", "1"}));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void aLongDocumentHasTheTokensOfTheWhole(String... parts) throws IOException {
    String text = text(400_000, parts);
    Path file = file("long.txt", text);
    for (VocabularyChoice vocabulary :
        List.of(new VocabularyChoice.Gpt2(), new VocabularyChoice.Learned(300))) {
      try (DataSet data = prepare(vocabulary, 0, file)) {
        int[] expected = data.tokenizer().encode(text);
        assertArrayEquals(ended(data.tokenizer(), expected), all(data.train()));
      }
    }
    // Of bytes we know the tokens without a tokenizer.
    try (DataSet data = prepare(new VocabularyChoice.Bytes(), 0.1, file)) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int[] train = all(data.train());
      int[] validation = all(data.validation());
      assertEquals(bytes.length + 2, train.length + validation.length);
      for (int i = 0; i < bytes.length; i++) {
        int token = i < train.length - 1 ? train[i] : validation[i - train.length + 1];
        assertEquals(bytes[i] & 0xFF, token);
      }
      assertEquals(0.1, (double) validation.length / bytes.length, 0.011);
    }
  }

  @Test
  void linesOfTenMegabytes() throws IOException {
    String line = "\u5929\u5730,".repeat(1_500_000);
    Path file = file("line.txt", line);
    Path json = file("line.jsonl", "{\"text\": \"%s\"}\n".formatted(line));
    try (DataSet data = prepare(new VocabularyChoice.Bytes(), 0.5, file, json)) {
      long bytes = 2 * 7L * 1_500_000;
      assertEquals(bytes + 2, data.train().size() + data.validation().size());
      assertEquals(0.5, (double) data.validation().size() / bytes, 0.001);
    }
  }

  @Test
  void whatCanNotBeCutIsRefusedByFileAndLine() throws IOException {
    Path file = file("letters.txt", "one\ntwo " + "x".repeat(9 << 20));
    DataException e =
        assertThrows(
            DataException.class, () -> prepare(new VocabularyChoice.Bytes(), 0, file).close());
    assertEquals(
        file
            + ": line 2 has more than 8388608 characters without a place to cut them at, such as"
            + " white space",
        e.getMessage());
  }

  @Test
  void twoLongDocumentsAreSplitAsAsked() throws IOException {
    Path one = file("one.txt", text(100_000, "word ", "line\n"));
    Path two = file("two.txt", text(150_000, "word ", "line\n"));
    try (DataSet data = prepare(new VocabularyChoice.Bytes(), 0.1, one, two)) {
      assertEquals(25_000, data.validation().size(), 1000);
      assertEquals(225_000, data.train().size(), 1000);
    }
    assertEquals(1, notes.size());
    assertTrue(notes.getFirst().startsWith("note: the end of one document"), notes.getFirst());
  }

  @Test
  void namesOfSpecialTokensInATextAreNoted() throws IOException {
    Path plain = file("plain.txt", text(1000, "word "));
    Path text = file("inline.txt", text(600_000, "one two three<|endoftext|>"));
    for (VocabularyChoice vocabulary :
        List.of(
            new VocabularyChoice.Gpt2(),
            new VocabularyChoice.Bytes(),
            new VocabularyChoice.Learned(257))) {
      notes.clear();
      prepare(vocabulary, 0, plain, text).close();
      assertEquals(
          List.of(
              "note: %s has <|endoftext|>, taken as text; it ends a document in a line of its own only"
                  .formatted(text)),
          notes);
    }
    notes.clear();
    prepare(new VocabularyChoice.Bytes(), 0, plain).close();
    assertEquals(List.of(), notes);
  }

  @Test
  void aFileThatChangesMeanwhileIsNamed() throws IOException {
    for (StandardOpenOption how :
        List.of(StandardOpenOption.APPEND, StandardOpenOption.TRUNCATE_EXISTING)) {
      Path one = file("one.txt", "some words\n<|endoftext|>\nand more\n");
      Path two = file("two.txt", "other words");
      Path out = directory.resolve("changed");
      DataException e =
          assertThrows(
              DataException.class,
              () ->
                  Preparation.run(
                      List.of(one, two),
                      out,
                      new PreparationOptions(new VocabularyChoice.Bytes(), 0.2, 3, 2, false),
                      new PreparationListener() {
                        private boolean changed;

                        @Override
                        public void progressed(String task, long bytes, long total, Unit unit) {
                          if (!changed && bytes == total) {
                            changed = true;
                            write(one, how);
                          }
                        }

                        @Override
                        public void note(String line) {
                          // not wanted
                        }
                      }));
      assertEquals(
          one + ": has changed while it was prepared; begin again when it is complete",
          e.getMessage());
      assertTrue(Files.notExists(out));
    }
  }

  private static void write(Path file, StandardOpenOption how) {
    try {
      Files.writeString(file, "another text", StandardOpenOption.WRITE, how);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
