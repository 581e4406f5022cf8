package gpt2j.cli;

import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** Data to train on: words in a random order, byte by byte. */
final class TrainingData {
  /** Of a byte-level vocabulary. */
  static final int VOCABULARY = 257;

  private static final String[] WORDS = {"the", "old", "fox", "ran", "to", "a", "hill", "and"};

  private TrainingData() {}

  /** Some thousand tokens. */
  static Path bytes(Path directory) throws IOException {
    Files.createDirectories(directory);
    Random random = new Random(1);
    write(directory.resolve("train.bin"), text(random, 2000));
    write(directory.resolve("val.bin"), text(random, 100));
    return withVocabulary(directory);
  }

  /** Puts the files of the vocabulary there. */
  static Path withVocabulary(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file : TokenizerFiles.bytes().content().entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    return directory;
  }

  private static byte[] text(Random random, int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Two bytes a token, as nanoGPT writes them. */
  private static void write(Path file, byte[] tokens) throws IOException {
    ByteBuffer content =
        ByteBuffer.allocate(tokens.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (byte token : tokens) {
      content.putShort(token);
    }
    Files.write(file, content.array());
  }
}
