package gpt2j.model.gpt2.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.data.prepare.Preparation;
import gpt2j.model.gpt2.data.prepare.PreparationListener;
import gpt2j.model.gpt2.data.prepare.PreparationOptions;
import gpt2j.model.gpt2.data.prepare.VocabularyChoice;
import gpt2j.model.gpt2.files.FileCutter;
import gpt2j.testkit.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders of tokens, whole and damaged. */
class DataSetTest {
  @TempDir private Path directory;
  private Path data;

  @BeforeEach
  void prepare() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "one two three\n<|endoftext|>\nfour five\n<|endoftext|>\nsix\n");
    data = directory.resolve("data");
    Preparation.run(
        List.of(text),
        data,
        new PreparationOptions(new VocabularyChoice.Bytes(), 0.4, 1, 1, true),
        new PreparationListener() {
          @Override
          public void progressed(String task, long bytes, long total, Unit unit) {
            // not wanted
          }

          @Override
          public void note(String line) {
            throw new AssertionError(line);
          }
        });
  }

  private String refusal() {
    DataException e = assertThrows(DataException.class, () -> DataSet.open(data).close());
    assertTrue(e.getMessage().matches("\\P{Cntrl}+"), e.getMessage());
    assertTrue(e.getMessage().startsWith(directory.toString()), e.getMessage());
    return e.getMessage().substring(directory.toString().length() + 1);
  }

  private void write(String file, int... tokens) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(2 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int token : tokens) {
      bytes.putShort((short) token);
    }
    Files.write(data.resolve(file), bytes.array());
  }

  @Test
  void foldersOfNanoGptAreRead() throws IOException {
    data = Files.createDirectory(directory.resolve("nano"));
    int[] tokens = IntStream.range(0, 3000).map(i -> i * 17 % 50257).toArray();
    write("train.bin", tokens);
    write("val.bin", 464, 3797, 50256);
    try (DataSet set = DataSet.open(data)) {
      assertEquals(50257, set.vocabularySize());
      int[] read = new int[3000];
      set.train().read(0, read, 0, 3000);
      assertArrayEquals(tokens, read);
      // "The", " cat", and what ends a text
      assertEquals((3 + 4 + 1) / 3.0, set.bytesPerToken());
      assertTrue(set.tokenizerFiles().containsKey("tokenizer.json"));
    }
    write("val.bin");
    assertEquals("nano/val.bin: is empty", refusal());
    write("val.bin", 1, 50257);
    assertEquals(
        "nano/val.bin: token 50257 at index 1 is outside the vocabulary, 0 to 50256", refusal());
    Files.write(data.resolve("val.bin"), new byte[3]);
    assertEquals(
        "nano/val.bin: has 3 bytes, and tokens of uint16 take 2 each: it is cut off, or something"
            + " else",
        refusal());
    Files.delete(data.resolve("val.bin"));
    assertEquals("nano/val.bin: does not exist", refusal());
    Files.createFile(data.resolve("meta.pkl"));
    assertEquals(
        "nano/meta.pkl: vocabularies of characters are not read; make the folder anew of the text:"
            + " prepare TEXT --vocabulary=bytes --out DIR",
        refusal());
  }

  @Test
  void theBaselineIsThatOfTheChain() {
    try (DataSet set = DataSet.open(data)) {
      double loss =
          new MarkovChain(5, set.tokenizer(), set.train()).loss(set.tokenizer(), set.validation());
      assertEquals(Optional.of(new Baseline(5, loss)), set.baseline());
    }
  }

  @Test
  void whatIsNoFolderIsRefused() {
    data = directory.resolve("none");
    assertEquals(
        "none: does not exist; prepare makes a folder of tokens: prepare TEXTS --out DIR",
        refusal());
    data = directory.resolve("text.txt");
    assertEquals(
        "text.txt: is a file, not a folder of tokens; prepare makes a folder of tokens: prepare "
            + data
            + " --out DIR",
        refusal());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          "gpt2j data"        ~ "text"        ~ data.json: format must be "gpt2j data"
          "version": 1        ~ "version": 2  ~ data.json: version 2 is not supported, only 1; prepare the data again
          "version": 1        ~ "version": "1" ~ data.json: version must be a whole number, not "1"
          "vocabulary_size": 257 ~ "vocabulary_size": 0 ~ data.json: vocabulary_size must be a whole number from 1 to 1048576
          "vocabulary_size": 257 ~ "vocabulary_size": 300 ~ data.json: says a vocabulary of 300 tokens that ends texts with 256, but the tokenizer beside it has 257 and 256
          "end_of_text": 256  ~ "end_of_text": 257 ~ data.json: end_of_text must be a whole number from 0 to 256
          "uint16"            ~ "int8"        ~ data.json: token_type must be one of uint16, uint32, not "int8"
          "uint16"            ~ "uint32"      ~ data.json: token_type must be uint16 with a vocabulary of 257
          "train": {          ~ "trains": {   ~ data.json: train is missing
          "train": {          ~ "x": 1, "train": { ~ data.json: x is unknown
          "train": {          ~ "train": {"y": 1, ~ data.json: train.y is unknown
          "validation": {     ~ "train": {},"validation": { ~ data.json: is not valid JSON*
          "order": 5          ~ "order": 7    ~ data.json: baseline.order must be a whole number from 0 to 6
          "order": 5          ~ "order": 5, "z": 0 ~ data.json: baseline.z is unknown
          "loss_per_byte": ~ "loss_per_byte": -1, "x": ~ data.json: baseline.loss_per_byte must be a number, 0 or more
          "loss_per_byte": ~ "loss_per_byte": 1e999, "x": ~ data.json: baseline.loss_per_byte must be a number of at most 308 digits
          "crc32c": "         ~ "crc32c": "x  ~ data.json: train.crc32c must be 8 hexadecimal digits
          "documents": 2      ~ "documents": -2 ~ data.json: train.documents must be 0 or more, not -2
          """)
  void everyFieldIsChecked(String from, String to, String message) throws IOException {
    Path file = data.resolve("data.json");
    String text = Files.readString(file);
    assertTrue(text.contains(from), text);
    Files.writeString(file, text.replaceFirst(java.util.regex.Pattern.quote(from), to));
    String refusal = refusal();
    String start = "data/" + message.replace("*", "");
    assertTrue(message.endsWith("*") ? refusal.startsWith(start) : refusal.equals(start), refusal);
  }

  @Test
  void shardsThatWereChangedAreRefused() throws IOException {
    byte[] train = Files.readAllBytes(data.resolve("train.bin"));
    train[4] ^= 1;
    Files.write(data.resolve("train.bin"), train);
    assertEquals("data/train.bin: is damaged: its checksum isn't the one in data.json", refusal());
    train[5] = 99;
    Files.write(data.resolve("train.bin"), train);
    assertTrue(refusal().contains("at index 2 is outside the vocabulary, 0 to 256"));
    write("train.bin", 1, 2, 3);
    assertTrue(refusal().startsWith("data/train.bin: has 3 tokens, and data.json says "));
    Files.delete(data.resolve("train.bin"));
    assertEquals("data/train.bin: does not exist", refusal());
    Files.createDirectory(data.resolve("train.bin"));
    assertEquals("data/train.bin: is a directory", refusal());
  }

  @Test
  void damageIsFoundOrDoesNotMatter() throws IOException {
    Mutations mutations = new Mutations(new Random(11));
    for (String name : List.of("data.json", "train.bin", "tokenizer.json")) {
      Path file = data.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      int refused = 0;
      for (int i = 0; i < 500; i++) {
        byte[] damaged =
            name.equals("data.json") && i % 2 == 0
                ? mutations
                    .json(new String(whole, StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8)
                : mutations.bytes(whole);
        Files.write(file, damaged);
        try (DataSet set = DataSet.open(data)) {
          int[] tokens = new int[(int) set.train().size()];
          set.train().read(0, tokens, 0, tokens.length);
          for (int token : tokens) {
            assertTrue(token >= 0 && token < set.vocabularySize());
          }
        } catch (DataException e) {
          refused++;
          assertTrue(e.getMessage().matches("\\P{Cntrl}+"), e.getMessage());
          assertTrue(e.getMessage().startsWith(data.toString()), e.getMessage());
        }
      }
      assertTrue(refused > 250, name + ": " + refused);
      Files.write(file, whole);
    }
    DataSet.open(data).close();
  }

  @Test
  void largeVocabulariesTakeFourBytes() throws IOException {
    assertEquals(TokenType.UINT16, TokenType.of(65_536));
    assertEquals(TokenType.UINT32, TokenType.of(65_537));
    Path file = directory.resolve("shard");
    Random random = new Random(12);
    for (TokenType type : TokenType.values()) {
      int bound = type == TokenType.UINT16 ? 65_536 : 1 << 20;
      int[] tokens = random.ints(100_000, 0, bound).toArray();
      String checksum;
      try (ShardWriter writer = new ShardWriter(file, type)) {
        writer.write(tokens, 7, 1);
        DataDescription.Part part = writer.finish();
        assertEquals(new DataDescription.Part(1, 7, tokens.length, part.crc32c()), part);
        checksum = part.crc32c();
      }
      int largest = java.util.Arrays.stream(tokens).max().orElseThrow();
      try (TokenShard shard = TokenShard.open(file, type, bound);
          TokenShard smaller = TokenShard.open(file, type, largest)) {
        assertEquals(checksum, HexFormat.of().toHexDigits(shard.check()));
        int[] read = new int[tokens.length + 2];
        shard.read(0, read, 1, tokens.length);
        assertArrayEquals(tokens, java.util.Arrays.copyOfRange(read, 1, tokens.length + 1));
        shard.read(99_990, read, 0, 10);
        assertThrows(IndexOutOfBoundsException.class, () -> shard.read(99_991, read, 0, 10));
        assertThrows(IndexOutOfBoundsException.class, () -> shard.read(0, read, 99_999, 10));
        assertThrows(DataException.class, smaller::check);
        assertThrows(DataException.class, () -> smaller.read(0, read, 0, tokens.length));
      }
    }
  }

  @Test
  void tokensThatAreCutOffWhileTheyAreRead() throws Exception {
    Path file = Files.write(directory.resolve("train.bin"), new byte[600_000]);
    FileCutter.race(
        file,
        () -> {
          try (TokenShard shard = TokenShard.open(file, TokenType.UINT16, 5)) {
            shard.check();
            Batches batches = Batches.random(shard, 4, 64, 1);
            for (int i = 0; i < 100; i++) {
              batches.fill(i, new int[256], new int[256]);
            }
          }
        },
        DataException.class);
  }

  /** Somebody writes over the file after it was checked. */
  @Test
  void tokensThatChangeToOthersThanTheVocabularyHas() throws IOException {
    Path file = Files.write(directory.resolve("train.bin"), new byte[100]);
    try (TokenShard shard = TokenShard.open(file, TokenType.UINT16, 5)) {
      shard.check();
      byte[] others = new byte[100];
      others[42] = 6;
      Files.write(file, others);
      int[] read = new int[30];
      assertEquals(
          file + ": token 6 at index 21 is outside the vocabulary, 0 to 4",
          assertThrows(DataException.class, () -> shard.read(20, read, 0, 30)).getMessage());
      assertEquals(
          file + ": was changed while it was read",
          assertThrows(
                  DataException.class,
                  () -> {
                    Files.write(file, new byte[102]);
                    shard.check();
                  })
              .getMessage());
    }
  }
}
