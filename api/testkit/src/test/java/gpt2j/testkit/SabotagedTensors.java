package gpt2j.testkit;

import gpt2j.api.Backend;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/** What planted bugs need to look into tensors and to change them. */
final class SabotagedTensors {
  private SabotagedTensors() {}

  static float[] floats(Backend backend, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    backend.read(tensor, MemorySegment.ofArray(values));
    return values;
  }

  static void setFloats(Backend backend, Tensor tensor, float[] values) {
    backend.write(tensor, MemorySegment.ofArray(values));
  }

  static int[] ints(Backend backend, Tensor tensor) {
    int[] values = new int[Math.toIntExact(tensor.shape().elements())];
    backend.read(tensor, MemorySegment.ofArray(values));
    return values;
  }

  static void setInts(Backend backend, Tensor tensor, int[] values) {
    backend.write(tensor, MemorySegment.ofArray(values));
  }

  /** A copy of a list of integers with each one changed. */
  static Tensor changed(Backend backend, Tensor tensor, IntUnaryOperator change) {
    int[] values = ints(backend, tensor);
    for (int i = 0; i < values.length; i++) {
      values[i] = change.applyAsInt(values[i]);
    }
    Tensor copy = backend.allocate(DataType.I32, tensor.shape(), Usage.ACTIVATION);
    setInts(backend, copy, values);
    return copy;
  }

  static TokenBatch withTokens(Backend backend, TokenBatch batch, IntUnaryOperator change) {
    return new TokenBatch(
        changed(backend, batch.tokens(), change), batch.positions(), batch.slots());
  }

  static TokenBatch withPositions(Backend backend, TokenBatch batch, IntUnaryOperator change) {
    return new TokenBatch(
        batch.tokens(), changed(backend, batch.positions(), change), batch.slots());
  }

  static TokenBatch withSlots(Backend backend, TokenBatch batch, IntUnaryOperator change) {
    return new TokenBatch(
        batch.tokens(), batch.positions(), changed(backend, batch.slots(), change));
  }

  /** Cut off to the format instead of rounded. */
  static HostTensor truncated(HostTensor tensor, WeightFormat format) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    tensor.copyTo(0, values, 0, values.length);
    int kept = format == WeightFormat.BF16 ? 0xFFFF0000 : format == WeightFormat.F16 ? ~0x1FFF : ~0;
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) & kept);
    }
    return HostTensor.of(tensor.name(), tensor.shape(), values);
  }

  /** The first bytes of a tensor overwritten. */
  static void spoilStart(Backend backend, Tensor tensor) {
    byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
    backend.read(tensor, MemorySegment.ofArray(bytes));
    MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_INT_UNALIGNED, 0, 77);
    backend.write(tensor, MemorySegment.ofArray(bytes));
  }
}
