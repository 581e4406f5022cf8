package gpt2j.model.gpt2.data.prepare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.data.TokenSequence;
import gpt2j.model.gpt2.stories.Stories;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From texts to tokens and back. */
class PreparationTest {
  private static final PreparationListener SILENT =
      new PreparationListener() {
        @Override
        public void progressed(String task, long bytes, long total, Unit unit) {
          assertTrue(bytes >= 0 && bytes <= total, task);
          assertEquals(unit == Unit.TOKENS, task.startsWith("learning") || task.startsWith("meas"));
        }

        @Override
        public void note(String line) {
          // not wanted
        }
      };

  @TempDir private Path directory;
  private int folders;

  private static PreparationOptions options(VocabularyChoice vocabulary, double validation) {
    return new PreparationOptions(vocabulary, validation, 3, 2, true);
  }

  private Path file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(String name, byte... content) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private Path prepare(PreparationOptions options, Path... inputs) {
    Path out = directory.resolve("out" + folders++);
    Preparation.run(List.of(inputs), out, options, SILENT);
    return out;
  }

  private static int[] all(TokenSequence tokens) {
    int[] read = new int[(int) tokens.size()];
    tokens.read(0, read, 0, read.length);
    return read;
  }

  /** The documents whose tokens these are. */
  private static List<String> documents(Tokenizer tokenizer, TokenSequence tokens) {
    int endOfText = tokenizer.endOfText().orElseThrow();
    List<String> documents = new ArrayList<>();
    List<Integer> current = new ArrayList<>();
    for (int token : all(tokens)) {
      if (token == endOfText) {
        documents.add(tokenizer.decode(current.stream().mapToInt(t -> t).toArray()));
        current.clear();
      } else {
        current.add(token);
      }
    }
    assertTrue(current.isEmpty(), "the last document ends, too");
    return documents;
  }

  private static List<String> sorted(List<String> a, List<String> b) {
    return Stream.concat(a.stream(), b.stream()).sorted().toList();
  }

  private static List<VocabularyChoice> vocabularies() {
    return List.of(
        new VocabularyChoice.Gpt2(),
        new VocabularyChoice.Bytes(),
        new VocabularyChoice.Learned(400));
  }

  @Test
  void everyDocumentIsInOneOfTheParts() throws IOException {
    Stories stories = new Stories(1);
    List<String> documents = IntStream.range(0, 57).mapToObj(stories::story).toList();
    Path text =
        file(
            "stories.txt",
            documents.stream().map(d -> d + "\n<|endoftext|>\n").collect(Collectors.joining()));
    for (VocabularyChoice vocabulary : vocabularies()) {
      try (DataSet data = DataSet.open(prepare(options(vocabulary, 0.1), text))) {
        List<String> train = documents(data.tokenizer(), data.train());
        List<String> validation = documents(data.tokenizer(), data.validation());
        assertEquals(6, validation.size());
        assertEquals(documents.stream().sorted().toList(), sorted(train, validation));
        assertEquals(documents.stream().filter(train::contains).toList(), train);
        double bytes = validation.stream().mapToInt(d -> d.length() + 1).sum();
        assertEquals(bytes / data.validation().size(), data.bytesPerToken(), 1e-9);
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameFilesWhateverTheThreads() throws IOException {
    Stories stories = new Stories(2);
    Path text =
        file(
            "stories.txt",
            IntStream.range(0, 400)
                .mapToObj(i -> stories.story(i) + "\n<|endoftext|>\n")
                .collect(Collectors.joining()));
    var vocabulary = new VocabularyChoice.Learned(300);
    Path one = prepare(new PreparationOptions(vocabulary, 0.2, 5, 1, false), text);
    Path three = prepare(new PreparationOptions(vocabulary, 0.2, 5, 3, false), text);
    Path other = prepare(new PreparationOptions(vocabulary, 0.2, 6, 1, false), text);
    try (Stream<Path> files = Files.list(one)) {
      for (Path file : files.toList()) {
        Path name = file.getFileName();
        assertEquals(-1, Files.mismatch(file, three.resolve(name)), name.toString());
      }
    }
    assertTrue(Files.mismatch(one.resolve("val.bin"), other.resolve("val.bin")) >= 0);
  }

  @Test
  void foldersAreReadInOrderAndJsonLinesToo() throws IOException {
    file("texts/b.txt", "second");
    file("texts/a/z.md", "first \r\n");
    file(
        "texts/c.jsonl",
        "{\"text\": \"third\\n\\u00e9\", \"id\": 7}\n\n{\"text\": \"\"}\r\n"
            + "  {\"id\": [1], \"text\": \"fourth\"}");
    file("texts/.hidden/x.txt", "hidden");
    file("texts/picture.png", new byte[] {-1, -2});
    Path more = file("more", "\uFEFFfifth");
    List<String> notes = new ArrayList<>();
    Path out = directory.resolve("out");
    Preparation.run(
        List.of(directory.resolve("texts"), more),
        out,
        options(new VocabularyChoice.Bytes(), 0),
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
    try (DataSet data = DataSet.open(out)) {
      assertEquals(
          List.of("first \r\n", "second", "third\n\u00e9", "fourth", "fifth"),
          documents(data.tokenizer(), data.train()));
      assertEquals(0, data.validation().size());
    }
    assertEquals(1, notes.size());
    assertTrue(notes.getFirst().contains("left out 1 file"), notes.getFirst());
  }

  @Test
  void aSeparatorIsALineOfItsOwn() throws IOException {
    Path text =
        file(
            "separators.txt",
            "<|endoftext|>\none\r\n<|endoftext|>\r\n\n<|endoftext|>\ntwo <|endoftext|>\n"
                + "<|endoftext|> three\n\n<|endoftext|>\n<|endoftext|>\nfour\n");
    try (DataSet data = DataSet.open(prepare(options(new VocabularyChoice.Bytes(), 0), text))) {
      assertEquals(
          List.of("one", "two <|endoftext|>\n<|endoftext|> three\n", "four\n"),
          documents(data.tokenizer(), data.train()));
    }
  }

  @Test
  void aSingleDocumentIsCutInTwo() throws IOException {
    String text = new Stories(1).story(1);
    for (VocabularyChoice vocabulary : vocabularies()) {
      Path folder = prepare(options(vocabulary, 0.3), file("one.txt", text));
      try (DataSet data = DataSet.open(folder)) {
        List<String> train = documents(data.tokenizer(), data.train());
        List<String> validation = documents(data.tokenizer(), data.validation());
        assertEquals(1, train.size());
        assertEquals(1, validation.size());
        assertEquals(text, train.getFirst() + validation.getFirst());
        assertEquals(0.3, (double) validation.getFirst().length() / text.length(), 0.03);
      }
    }
  }

  @Test
  void theVocabularyOfACheckpointIsTakenAlong() throws IOException {
    Path text = file("a.txt", "the cat sat on the mat, the cat sat on the hat");
    Path first = prepare(options(new VocabularyChoice.Learned(270), 0), text);
    Path second = prepare(options(new VocabularyChoice.OfCheckpoint(first), 0), text);
    assertEquals(-1, Files.mismatch(first.resolve("train.bin"), second.resolve("train.bin")));
    assertEquals(
        -1, Files.mismatch(first.resolve("tokenizer.json"), second.resolve("tokenizer.json")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          a.txt   ~ one\\ntwo\\xFF\\n               ~ a.txt: line 2 is not UTF-8; convert the file first
          a.txt   ~ \\xC3                           ~ a.txt: line 1 is not UTF-8; convert the file first
          a.txt   ~ a\\n<|endoftext|>\\nb\\n\\xED\\xA0\\x80 ~ a.txt: line 4 is not UTF-8; convert the file first
          a.txt   ~ ''                              ~ a.txt: has no text
          a.txt   ~ \\n<|endoftext|>\\n             ~ a.txt: has no text
          a.jsonl ~ {"text":"a"}\\n{"txt":"b"}      ~ a.jsonl: line 2 has no member "text"
          a.jsonl ~ \\n\\n{"text":["b"]}            ~ a.jsonl: line 3 has […] as its "text", which must be a string
          a.jsonl ~ {"text":null}                   ~ a.jsonl: line 1 has null as its "text", which must be a string
          a.jsonl ~ ["text"]                        ~ a.jsonl: line 1 is not a JSON object
          a.jsonl ~ {"text":"\\\\uD800"}            ~ a.jsonl: line 1 has an unpaired surrogate in "text"
          a.jsonl ~ {"text":"a\\xFF"}               ~ a.jsonl: line 1 is not UTF-8
          a.jsonl ~ {"text":""}                     ~ a.jsonl: has no text
          a.txt   ~ word                            ~ a.txt: is too short to set a part apart for validation; give more text, or --validation 0
          """)
  void badFilesAreNamedWithTheLine(String name, String content, String message) throws IOException {
    Path file = file(name, unescape(content));
    DataException e =
        assertThrows(
            DataException.class, () -> prepare(options(new VocabularyChoice.Bytes(), 0.1), file));
    assertEquals(directory + "/" + message, e.getMessage());
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(file), left.toList(), "nothing may be left behind");
    }
  }

  private static byte[] unescape(String text) {
    var bytes = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      i++;
      switch (text.charAt(i)) {
        case 'n' -> bytes.write('\n');
        case 'x' -> {
          bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> bytes.write(text.charAt(i));
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void brokenJsonLinesAreNamedWithTheLine() throws IOException {
    Random random = new Random(7);
    String good = "{\"text\": \"a story\", \"tags\": [1, true, null, {\"x\": \"y\"}]}";
    var mutations = new gpt2j.testkit.Mutations(random);
    int refused = 0;
    for (int i = 0; i < 1500; i++) {
      byte[] damaged = mutations.bytes(good.getBytes(StandardCharsets.UTF_8));
      Path file = directory.resolve("x.jsonl");
      Files.write(file, damaged);
      List<String> texts = new ArrayList<>();
      DocumentSink sink =
          new DocumentSink() {
            @Override
            public void text(String text) {
              assertFalse(text.isEmpty());
              texts.add(text);
            }

            @Override
            public void end() {
              texts.add("");
            }
          };
      try {
        new JsonlDocuments(file, sink).read(_ -> {});
      } catch (DataException e) {
        refused++;
        assertTrue(e.getMessage().matches(".*x\\.jsonl: line \\d+ \\P{Cntrl}+"), e.getMessage());
      }
    }
    assertTrue(refused > 500, "refused: " + refused);
  }

  @Test
  void anEndInBetweenLeavesNothing() throws IOException {
    Path text = file("a.txt", "some text that is long enough");
    Path out = directory.resolve("out");
    for (String last :
        List.of("reading", "counting words", "learning the vocabulary", "encoding")) {
      PreparationListener ending =
          new PreparationListener() {
            @Override
            public void progressed(String task, long bytes, long total, Unit unit) {
              if (task.equals(last)) {
                throw new CancellationException();
              }
            }

            @Override
            public void note(String line) {
              // not wanted
            }
          };
      PreparationOptions options = options(new VocabularyChoice.Learned(258), 0.5);
      assertThrows(
          CancellationException.class, () -> Preparation.run(List.of(text), out, options, ending));
      try (Stream<Path> left = Files.list(directory)) {
        assertEquals(List.of(text), left.toList());
      }
    }
  }
}
