package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;

/** The same draws from the same heads twice: right behind them, and after a wait in between. */
final class HeadPair implements AutoCloseable {
  private static final int WIDTH = 12;

  /** What logits are. */
  enum Values {
    RANDOM,
    /** Few different ones. */
    TIES,
    /** Some are no numbers, and some tokens are impossible, so that no token is drawn. */
    SPECIAL,
    /** One is infinite: no token is drawn either. */
    INFINITE,
    /** One is so large that no other is near to it. */
    LARGE,
    /** With impossible tokens, which leave fewer than most filters would. */
    IMPOSSIBLE,
    /** No token of the second row has a logit that is a number. */
    NAN_ROW
  }

  /** What draws, and what it has drawn. */
  private record Side(Tensor normalized, Tensor logits, Tensor tokens, SamplingState state) {}

  private final Backend backend;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Values values;
  private final int rows;
  private final int width;
  private final SplittableRandom random = new SplittableRandom(2);
  private final Tensor x;
  private final Tensor gain;
  private final Tensor bias;
  private final EmbeddingTable head;
  private final Side behind;
  private final Side apart;

  HeadPair(
      Backend backend,
      Values values,
      WeightFormat format,
      int rows,
      int vocabulary,
      SamplingParameters parameters) {
    this(backend, values, format, rows, vocabulary, WIDTH, parameters);
  }

  HeadPair(
      Backend backend,
      Values values,
      WeightFormat format,
      int rows,
      int vocabulary,
      int width,
      SamplingParameters parameters) {
    this.backend = backend;
    this.values = values;
    this.rows = rows;
    this.width = width;
    x = floats(rows, width);
    gain = floats(width);
    bias = floats(width);
    float[] gains = randoms(width, 1);
    float[] shifts = randoms(width, 1);
    gains[0] = 0;
    shifts[0] = 1; // what x is, the first column of the head is a part of each logit
    write(gain, gains);
    write(bias, shifts);
    head =
        keep(
            backend.embeddingTable(
                HostTensor.of("head", Shape.of(vocabulary, width), table(vocabulary)), format));
    behind = side(vocabulary, parameters);
    apart = side(vocabulary, parameters);
  }

  private Side side(int vocabulary, SamplingParameters parameters) {
    SamplingState state = keep(backend.samplingState(rows, vocabulary, parameters));
    state.reset(rows - 1, 1L << 40 | 3, 17, 0, vocabulary / 2, vocabulary - 1);
    Tensor tokens = keep(backend.allocate(DataType.I32, Shape.of(rows), Usage.ACTIVATION));
    return new Side(floats(rows, width), floats(rows, vocabulary), tokens, state);
  }

  private float[] table(int vocabulary) {
    float[] table = randoms(vocabulary * width, 0.6);
    for (int token = 0; token < vocabulary; token++) {
      int first = token * width;
      switch (values) {
        case RANDOM, NAN_ROW -> {}
        case TIES ->
            System.arraycopy(
                table, (int) (token * 7L % 5) % vocabulary * width, table, first, width);
        case SPECIAL -> {
          if (token % 5 == 3) {
            table[first] = token % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
          }
        }
        case INFINITE -> {
          if (token == vocabulary / 3) {
            table[first] = Float.POSITIVE_INFINITY;
          }
        }
        case LARGE -> {
          if (token == vocabulary / 3) {
            table[first] = 60_000;
          }
        }
        case IMPOSSIBLE -> {
          if (token % 97 != 5) {
            Arrays.fill(table, first, first + width, 0);
            table[first] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
    return table;
  }

  private float[] randoms(int count, double deviation) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (random.nextGaussian() * deviation);
    }
    return numbers;
  }

  private <T extends AutoCloseable> T keep(T handle) {
    open.push(handle);
    return handle;
  }

  private Tensor floats(int... sizes) {
    return keep(backend.allocate(DataType.F32, Shape.of(sizes), Usage.ACTIVATION));
  }

  private void write(Tensor tensor, float[] numbers) {
    backend.write(tensor, MemorySegment.ofArray(numbers));
  }

  private float[] read(Tensor tensor) {
    float[] numbers = new float[(int) tensor.shape().elements()];
    backend.read(tensor, MemorySegment.ofArray(numbers));
    return numbers;
  }

  private int[] readTokens(Side side) {
    int[] tokens = new int[rows];
    backend.read(side.tokens(), MemorySegment.ofArray(tokens));
    return tokens;
  }

  private void head(Side side) {
    backend.operations().layerNorm(side.normalized(), x, gain, bias, 1e-5f);
    backend.operations().logits(side.logits(), side.normalized(), head);
  }

  private void sample(Side side) {
    backend.operations().sample(side.tokens(), side.logits(), side.state());
  }

  /** New logits, and a draw from them on either side. */
  void step() {
    float[] numbers = randoms(rows * width, 1);
    if (values == Values.NAN_ROW && rows > 1) {
      numbers[width] = Float.NaN;
    }
    write(x, numbers);
    head(behind);
    sample(behind);
    head(apart);
    backend.synchronize();
    sample(apart);
  }

  /** A draw from the logits that there are, which shows what either state has come to. */
  void drawApart() {
    sample(behind);
    sample(apart);
  }

  void assertSame() {
    assertArrayEquals(bits(read(apart.logits())), bits(read(behind.logits())), "logits");
    assertArrayEquals(bits(read(apart.normalized())), bits(read(behind.normalized())), "norm");
    assertArrayEquals(readTokens(apart), readTokens(behind), "tokens");
  }

  private static int[] bits(float[] numbers) {
    int[] bits = new int[numbers.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(numbers[i]));
    return bits;
  }

  /** The head, without a draw. */
  void headAlone() {
    float[] numbers = new float[rows * width];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i % 7;
    }
    write(x, numbers);
    head(behind);
  }

  /** The head, and a draw by a state that is closed. */
  void headAndSampleFrom(SamplingState closed) {
    headAlone();
    assertThrows(
        IllegalStateException.class,
        () -> backend.operations().sample(behind.tokens(), behind.logits(), closed));
  }

  float[] fusedLogits() {
    return read(behind.logits());
  }

  void clearLogits() {
    write(behind.logits(), new float[(int) behind.logits().shape().elements()]);
  }

  /** All that the head reads. */
  void closeInputs() {
    x.close();
    gain.close();
    bias.close();
    head.close();
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }
}
