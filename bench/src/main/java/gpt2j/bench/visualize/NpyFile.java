package gpt2j.bench.visualize;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Writes an array as NumPy reads it: format 1.0, float32, little-endian, row-major. */
final class NpyFile implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  private final OutputStream out;

  NpyFile(Path file, int... shape) throws IOException {
    String sizes =
        Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    String header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%s%s), }"
            .formatted(sizes, shape.length == 1 ? "," : "");
    int prefix = 10;
    int padded = Math.ceilDiv(prefix + header.length() + 1, ALIGNMENT) * ALIGNMENT;
    String line = header + " ".repeat(padded - prefix - header.length() - 1) + "\n";
    out = new BufferedOutputStream(Files.newOutputStream(file));
    ByteBuffer start = ByteBuffer.allocate(prefix).order(ByteOrder.LITTLE_ENDIAN);
    start.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    start.put((byte) 1).put((byte) 0).putShort((short) line.length());
    out.write(start.array());
    out.write(line.getBytes(StandardCharsets.US_ASCII));
  }

  /** Appends elements. */
  void write(float... values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    out.write(bytes.array());
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
