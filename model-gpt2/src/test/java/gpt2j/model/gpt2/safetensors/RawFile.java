package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.HostTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Puts the bytes of a safetensors file together, right or wrong. */
final class RawFile {
  private RawFile() {}

  /** A tensor of a file that can be read. */
  static HostTensor tensor(SafetensorsFile file, TensorEntry entry, String name) {
    return file.read(entry, name, UncheckedIOException::new);
  }

  /** A file whose header is {@code header}, followed by {@code dataBytes} zeros. */
  static byte[] of(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return of(text.length, text, new byte[dataBytes]);
  }

  /** A file that says that its header has {@code length} bytes. */
  static byte[] of(long length, byte[] header, byte[] data) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    file.writeBytes(header);
    file.writeBytes(data);
    return file.toByteArray();
  }

  static SafetensorsHeader parse(byte[] file) {
    MemorySegment bytes = MemorySegment.ofArray(file);
    try {
      return SafetensorsHeader.parse(
          "x.safetensors",
          (position, to) -> MemorySegment.copy(bytes, position, to, 0, to.byteSize()),
          file.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
