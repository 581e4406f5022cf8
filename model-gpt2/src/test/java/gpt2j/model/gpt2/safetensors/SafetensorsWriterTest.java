package gpt2j.model.gpt2.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      List<HostTensor> tensors = randomTensors(random);
      Map<String, String> metadata = randomMetadata(random);
      Path path = folder.resolve(seed + ".safetensors");
      write(path, tensors, metadata, 1 + random.nextInt(3));
      try (SafetensorsFile file = SafetensorsFile.open(path, "x")) {
        assertEquals(metadata, file.metadata());
        assertEquals(tensors.size(), file.tensors().size());
        for (HostTensor tensor : tensors) {
          TensorEntry entry = file.tensors().get(tensor.name());
          HostTensor read = RawFile.tensor(file, entry, tensor.name());
          assertEquals(tensor.type(), read.type());
          assertEquals(tensor.shape(), read.shape());
          assertEquals(-1, tensor.data().mismatch(read.data()), "seed " + seed);
          long data =
              file.tensors().values().stream().mapToLong(TensorEntry::end).max().getAsLong();
          long position = Files.size(path) - data + entry.begin();
          assertEquals(0, position % tensor.type().bytes(), "alignment");
        }
      }
    }
  }

  @Test
  void neitherOrderNorThreadsChangeTheBytes() throws IOException {
    Random random = new Random(1);
    List<HostTensor> tensors = randomTensors(random);
    tensors.add(randomTensor(random, "large", Shape.of(3, 1_000_003))); // several parts
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    write(first, tensors, Map.of(), 1);
    Collections.shuffle(tensors, random);
    write(second, tensors, Map.of(), 4);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  @Test
  void progressRisesToOne() throws IOException {
    List<Double> reports = new ArrayList<>();
    HostTensor large = randomTensor(new Random(2), "large", Shape.of(5, 1 << 20));
    SafetensorsWriter.write(
        folder.resolve("x"), List.of(OutputTensor.of(large)), Map.of(), 3, reports::add);
    assertTrue(reports.size() > 2);
    assertEquals(reports.stream().sorted().toList(), reports);
    assertEquals(1.0, reports.getLast());
  }

  @Test
  void aFileIsReplacedOnlyWhenAllIsWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("x"), "before");
    OutputTensor failing =
        new OutputTensor(
            "a",
            DataType.F32,
            Shape.of(1 << 22),
            (first, _) -> {
              if (first > 0) {
                throw new IllegalStateException("no more values");
              }
            });
    var e =
        assertThrows(
            IllegalStateException.class,
            () -> SafetensorsWriter.write(file, List.of(failing), Map.of(), 2, _ -> {}));
    assertEquals("no more values", e.getMessage());
    assertEquals("before", Files.readString(file));
    assertEquals(List.of("x"), names());

    write(file, randomTensors(new Random(3)), Map.of(), 2);
    assertEquals(List.of("x"), names());
    SafetensorsFile.open(file, "x").close();
  }

  @Test
  void moreThanTheDiskHoldsIsRefusedBeforeAnythingIsWritten() throws IOException {
    OutputTensor huge =
        new OutputTensor("a", DataType.F32, Shape.of(1 << 30, 1 << 20), (_, _) -> {});
    var e =
        assertThrows(
            IOException.class,
            () ->
                SafetensorsWriter.write(folder.resolve("x"), List.of(huge), Map.of(), 1, _ -> {}));
    assertTrue(
        e.getMessage().matches("no space left: 4294967296 MiB are needed, \\d+ MiB are free"),
        e.getMessage());
    assertEquals(List.of(), names());
  }

  @Test
  void aFolderThatIsNotThere() {
    Path file = folder.resolve("none").resolve("x");
    assertThrows(NoSuchFileException.class, () -> write(file, List.of(), Map.of(), 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "__metadata__"})
  void namesThatCollideAreRefused(String name) {
    List<HostTensor> tensors =
        List.of(HostTensor.of("a", Shape.of(1), 0), HostTensor.of(name, Shape.of(1), 0));
    assertThrows(
        IllegalArgumentException.class, () -> write(folder.resolve("x"), tensors, Map.of(), 1));
  }

  @Test
  void anInterruptedThreadWritesNothing() throws IOException {
    Thread.currentThread().interrupt();
    assertThrows(
        IOException.class,
        () -> write(folder.resolve("x"), randomTensors(new Random(4)), Map.of(), 2));
    assertTrue(Thread.interrupted());
    assertEquals(List.of(), names());
  }

  private static void write(
      Path file, List<HostTensor> tensors, Map<String, String> metadata, int threads)
      throws IOException {
    List<OutputTensor> output = tensors.stream().map(OutputTensor::of).toList();
    SafetensorsWriter.write(file, output, metadata, threads, _ -> {});
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static List<HostTensor> randomTensors(Random random) {
    List<HostTensor> tensors = new ArrayList<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      int[] sizes = random.ints(1 + random.nextInt(4), 1, 9).toArray();
      tensors.add(randomTensor(random, randomText(random) + i, Shape.of(sizes)));
    }
    return tensors;
  }

  private static HostTensor randomTensor(Random random, String name, Shape shape) {
    DataType type = DataType.values()[random.nextInt(DataType.values().length)];
    byte[] data = new byte[Math.toIntExact(shape.elements() * type.bytes())];
    random.nextBytes(data);
    return new HostTensor(name, type, shape, MemorySegment.ofArray(data));
  }

  private static Map<String, String> randomMetadata(Random random) {
    Map<String, String> metadata = new HashMap<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      metadata.put(randomText(random), randomText(random));
    }
    return metadata;
  }

  /** Any characters but surrogates on their own. */
  private static String randomText(Random random) {
    return random
        .ints(random.nextInt(20), 0, Character.MAX_CODE_POINT + 1)
        .map(c -> random.nextBoolean() ? c % 128 : c)
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
