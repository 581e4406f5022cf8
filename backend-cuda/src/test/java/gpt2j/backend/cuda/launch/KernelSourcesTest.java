package gpt2j.backend.cuda.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The PTX is of the sources as they are, as far as can be told without nvcc. */
final class KernelSourcesTest {
  private static final Path SOURCES = Path.of("src/main/cuda");

  @Test
  void thePtxIsOfTheseSources() throws IOException {
    String recorded;
    try (InputStream in = PtxVariant.class.getResourceAsStream("sources.sha256")) {
      recorded = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
    List<Path> sources;
    try (Stream<Path> files = Files.list(SOURCES)) {
      sources = files.filter(file -> file.toString().matches(".*\\.cuh?")).sorted().toList();
    }
    assertEquals(
        recorded.lines().sorted().toList(),
        sources.stream().map(KernelSourcesTest::line).sorted().toList(),
        "kernels have changed since their PTX was made: run backend-cuda/scripts/ptx.sh");
  }

  /** As sha256sum writes it. */
  private static String line(Path file) {
    try {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(sum) + "  " + file.getFileName();
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
