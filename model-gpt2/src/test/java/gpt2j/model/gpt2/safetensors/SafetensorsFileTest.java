package gpt2j.model.gpt2.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against files of the format's own library: see src/test/python/make_safetensors.py. */
class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void readsWhatTheLibraryWrote() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(golden("all.safetensors"), "all")) {
      assertEquals(20, file.tensors().size());
      assertEquals(Map.of("format", "pt", "note", "naïve\n"), file.metadata());
      assertValues(file, "a.float32", DataType.F32, "[1]");
      assertValues(file, "z.float32", DataType.F32, "[2, 3, 4]");
      assertValues(file, "ä.float32", DataType.F32, "[5]");
      assertValues(file, "scalar", DataType.F32, "[1]");
      assertValues(file, "b.bfloat16", DataType.BF16, "[3, 5]");
      assertValues(file, "a.float16", DataType.F16, "[7]");
      assertValues(file, "c.int32", DataType.I32, "[4, 2]");
    }
  }

  @Test
  void knowsTypesThatItDoesNotRead() throws IOException {
    Map<String, StoredType> types =
        Map.ofEntries(
            Map.entry("bool", StoredType.BOOL),
            Map.entry("uint8", StoredType.U8),
            Map.entry("int8", StoredType.I8),
            Map.entry("float8_e5m2", StoredType.F8_E5M2),
            Map.entry("float8_e4m3", StoredType.F8_E4M3),
            Map.entry("int16", StoredType.I16),
            Map.entry("uint16", StoredType.U16),
            Map.entry("uint32", StoredType.U32),
            Map.entry("complex64", StoredType.C64),
            Map.entry("int64", StoredType.I64),
            Map.entry("uint64", StoredType.U64));
    try (SafetensorsFile file = SafetensorsFile.open(golden("all.safetensors"), "all")) {
      types.forEach(
          (name, type) -> {
            TensorEntry entry = file.tensors().get(name);
            assertEquals(type, entry.type());
            assertEquals(Optional.empty(), entry.type().dataType());
            assertThrows(NoSuchElementException.class, () -> RawFile.tensor(file, entry, name));
          });
      assertEquals(List.of(1L, 1L, 4L, 4L), file.tensors().get("bool").sizes());
      assertEquals(List.of(0L, 7L), file.tensors().get("empty").sizes());
    }
  }

  @Test
  void writesTheBytesThatTheLibraryWrites() throws IOException {
    Path golden = golden("readable.safetensors");
    Path copy = folder.resolve("copy.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(golden, "readable")) {
      // By name, which is neither the file's order nor that of the script.
      List<OutputTensor> tensors =
          new TreeMap<>(file.tensors())
              .values().stream()
                  .map(entry -> OutputTensor.of(RawFile.tensor(file, entry, entry.name())))
                  .toList();
      SafetensorsWriter.write(copy, tensors, file.metadata(), 2, _ -> {});
    }
    assertArrayEquals(Files.readAllBytes(golden), Files.readAllBytes(copy));
  }

  @Test
  void roundsDoublesToTheNearestFloats() throws IOException {
    double[] doubles = {1, 1 + 0x1p-24, 1 + 0x1.8p-24, -1e-50, Float.MAX_VALUE * (1 + 1e-9), 0.1};
    double[] special = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0};
    double[] all = DoubleStream.concat(Arrays.stream(doubles), Arrays.stream(special)).toArray();
    try (SafetensorsFile file = SafetensorsFile.open(doubles(all), "doubles")) {
      HostTensor tensor = RawFile.tensor(file, file.tensors().get("x"), "x");
      assertEquals(DataType.F32, tensor.type());
      float[] read = new float[all.length];
      tensor.copyTo(0, read, 0, read.length);
      for (int i = 0; i < all.length; i++) {
        assertEquals((float) all[i], read[i], "number " + i);
        assertEquals((float) all[i], tensor.get(i), "number " + i);
        assertEquals((float) all[i], tensor.inMemory(Arena.ofAuto()).get(i), "number " + i);
      }
    }
  }

  @Test
  void refusesDoublesThatNoFloatComesNear() throws IOException {
    double[] doubles = new double[100_000];
    doubles[70_000] = -1e39;
    try (SafetensorsFile file = SafetensorsFile.open(doubles(doubles), "doubles")) {
      HostTensor tensor = RawFile.tensor(file, file.tensors().get("x"), "x");
      tensor.copyTo(0, new float[70_000], 0, 70_000);
      UncheckedIOException e = assertThrows(UncheckedIOException.class, tensor::data);
      assertEquals("tensor x has -1.0E39, which float32 can't hold", e.getCause().getMessage());
    }
  }

  private Path doubles(double... values) throws IOException {
    byte[] data = new byte[values.length * Double.BYTES];
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(values);
    byte[] header =
        "{\"x\":{\"dtype\":\"F64\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(values.length, data.length)
            .getBytes(StandardCharsets.UTF_8);
    return Files.write(folder.resolve("doubles"), RawFile.of(header.length, header, data));
  }

  @Test
  void aTensorIsReadWhenItIsNeeded() throws IOException {
    Path copy = Files.copy(golden("readable.safetensors"), folder.resolve("copy"));
    HostTensor tensor;
    try (SafetensorsFile file = SafetensorsFile.open(copy, "x")) {
      tensor = RawFile.tensor(file, file.tensors().get("z.float32"), "z");
      assertEquals("z", tensor.name());
      assertEquals(-0.75f, tensor.get(0));
      try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
        channel.truncate(8);
      }
      assertThrows(UncheckedIOException.class, tensor::data);
      assertThrows(IOException.class, file::requireUnchanged);
    }
    assertThrows(IllegalStateException.class, () -> tensor.get(0));
  }

  @Test
  void aFileThatIsNotThereOrNoFile() {
    assertThrows(IOException.class, () -> SafetensorsFile.open(folder.resolve("none"), "none"));
    assertThrows(IOException.class, () -> SafetensorsFile.open(folder, "folder"));
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThrows(SafetensorsException.class, () -> SafetensorsFile.open(empty, "empty"));
  }

  /** The header is no longer than the limit, and tensors lie beyond what an int can count. */
  @Test
  void offsetsMayExceedTwoGibibytes() throws IOException {
    Path sparse = folder.resolve("sparse.safetensors");
    long bytes = 3L << 30;
    String header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3,268435456],\"data_offsets\":[0,%1$d]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%1$d,%2$d]}}"
            .formatted(bytes, bytes + 4);
    Files.write(sparse, RawFile.of(header, 0));
    try (var channel = FileChannel.open(sparse, StandardOpenOption.WRITE)) {
      byte[] one = {0, 0, (byte) 0x80, 0x3F};
      channel.write(ByteBuffer.wrap(one), channel.size() + bytes);
    }
    try (SafetensorsFile file = SafetensorsFile.open(sparse, "sparse")) {
      assertEquals(1f, RawFile.tensor(file, file.tensors().get("b"), "b").get(0));
      assertEquals(0f, RawFile.tensor(file, file.tensors().get("a"), "a").get((bytes >> 2) - 1));
    }
  }

  private static void assertValues(SafetensorsFile file, String name, DataType type, String shape) {
    HostTensor tensor = RawFile.tensor(file, file.tensors().get(name), name);
    assertEquals(type, tensor.type());
    assertEquals(shape, tensor.shape().toString());
    for (int i = 0; i < tensor.shape().elements(); i++) {
      assertEquals(type == DataType.I32 ? i - 3 : (i - 3) / 4f, tensor.get(i), name + " " + i);
    }
  }

  private static Path golden(String name) {
    try {
      return Path.of(SafetensorsFileTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
