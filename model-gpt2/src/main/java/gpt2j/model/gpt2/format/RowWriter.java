package gpt2j.model.gpt2.format;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.WeightFormat;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/** Writes a file from its beginning on, little-endian: numbers, texts, and rows of weights. */
public final class RowWriter {
  private static final int ROOM = 1 << 20;

  private final OutputStream out;
  private final LongConsumer progress;
  private final ByteBuffer buffer = ByteBuffer.allocate(ROOM).order(ByteOrder.LITTLE_ENDIAN);
  private byte[] integers = {};
  private long flushed;

  /**
   * A writer.
   *
   * @param progress is told now and then how many bytes are written
   */
  public RowWriter(OutputStream out, LongConsumer progress) {
    this.out = out;
    this.progress = progress;
  }

  /** How many bytes were written. */
  public long position() {
    return flushed + buffer.position();
  }

  public void oneByte(int value) throws IOException {
    need(1);
    buffer.put((byte) value);
  }

  public void intNumber(int value) throws IOException {
    need(Integer.BYTES);
    buffer.putInt(value);
  }

  public void longNumber(long value) throws IOException {
    need(Long.BYTES);
    buffer.putLong(value);
  }

  /** A text after its length in bytes, of 64 bits. */
  public void text(String value) throws IOException {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    longNumber(bytes.length);
    for (int at = 0; at < bytes.length; at += ROOM) {
      int count = Math.min(ROOM, bytes.length - at);
      need(count);
      buffer.put(bytes, at, count);
    }
  }

  /** Zeros up to a multiple of a power of two. */
  public void align(int alignment) throws IOException {
    while ((position() & alignment - 1) != 0) {
      oneByte(0);
    }
  }

  /** Numbers in a format; whole groups, where it has groups. */
  public void row(float[] values, WeightFormat format) throws IOException {
    if (format.plain().isPresent()) {
      int bytes = format.plain().get().bytes();
      for (float value : values) {
        need(bytes);
        switch (format.plain().get()) {
          case F32 -> buffer.putFloat(value);
          case F16 -> buffer.putShort(Float.floatToFloat16(value));
          case BF16 -> buffer.putShort(BFloat16.of(value));
          case I32 -> throw new IllegalArgumentException("weights are no integers");
        }
      }
      return;
    }
    int size = format.groupSize();
    if (values.length % size != 0) {
      throw new IllegalArgumentException(values.length + " numbers are no whole groups");
    }
    integers = integers.length == size ? integers : new byte[size];
    for (int from = 0; from < values.length; from += size) {
      need(format.groupBytes());
      buffer.putShort(format.quantize(values, from, size, 1, integers));
      if (format == WeightFormat.Q8_0) {
        buffer.put(integers);
      } else { // Q4_0: the low bits of a byte are of the first half
        for (int i = 0; i < size / 2; i++) {
          buffer.put((byte) (integers[i] + 8 | integers[i + size / 2] + 8 << 4));
        }
      }
    }
  }

  private void need(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
  }

  /** Hands over what was written so far. */
  public void flush() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted while writing");
    }
    out.write(buffer.array(), 0, buffer.position());
    flushed += buffer.position();
    buffer.clear();
    progress.accept(flushed);
  }
}
