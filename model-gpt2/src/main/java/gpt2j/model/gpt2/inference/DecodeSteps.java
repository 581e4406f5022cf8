package gpt2j.model.gpt2.inference;

import gpt2j.api.Backend;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * A decoder's memory on the device, and the steps that are recorded in it: one for each number of
 * rows that it is run with. Whoever calls holds the backend's lock, save for {@link #take}.
 */
public final class DecodeSteps implements AutoCloseable {
  /** What a step of some number of rows works in, the first of them those that are drawn for. */
  private record Sized(TokenBatch batch, Tensor logits, Tensor sampled, Step step) {}

  private final Workspace workspace;
  private final Backend backend;
  private final Operations ops;
  private final Profiler profiler;
  private final int most; // rows

  private final Resources resources = new Resources();
  private final TokenBatch batch; // [most]: the tokens to evaluate next
  private final Tensor logits; // [most, V]
  private final Tensor sampled; // I32 [most]
  private final SamplingState sampling;
  private final TokenQueue queue;
  private final HostInts host;
  private final Map<Integer, Sized> steps = new HashMap<>(); // by rows, when first needed
  private int underWay;

  /**
   * Steps of a workspace.
   *
   * @param most rows at most
   * @param vocabulary tokens to choose from
   */
  public DecodeSteps(Backend backend, Workspace workspace, int most, int vocabulary) {
    this.workspace = workspace;
    this.backend = backend;
    this.most = most;
    ops = backend.operations();
    profiler = backend.profiler();
    try {
      batch = resources.add(TokenBatch.allocate(backend, most));
      logits =
          resources.add(
              backend.allocate(DataType.F32, Shape.of(most, vocabulary), Usage.ACTIVATION));
      sampled = resources.add(backend.allocate(DataType.I32, Shape.of(most), Usage.IO));
      sampling = resources.add(backend.samplingState(most, vocabulary));
      queue = resources.add(backend.tokenQueue(most));
      host = new HostInts(Arena.ofAuto(), most);
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /** How rows are drawn for. */
  public SamplingState sampling() {
    return sampling;
  }

  /** How many steps it is worth queuing behind the one whose tokens the host waits for. */
  public int depth() {
    return queue.depth();
  }

  /** Draws that were queued and not taken. */
  public int underWay() {
    return underWay;
  }

  /**
   * Writes what the first {@code count} rows evaluate next, and where. What is behind them in a
   * step is idle.
   */
  public void write(
      int count, IntUnaryOperator token, IntUnaryOperator position, IntUnaryOperator slot) {
    write(batch.tokens(), count, token, 0);
    write(batch.positions(), count, position, 0);
    write(batch.slots(), count, slot, TokenBatch.IDLE);
  }

  private void write(Tensor to, int count, IntUnaryOperator value, int idle) {
    int size = sizeOf(count);
    for (int i = 0; i < size; i++) {
      host.set(i, i < count ? value.applyAsInt(i) : idle);
    }
    backend.write(to.rows(0, size), host.first(size));
  }

  /**
   * Draws for the first {@code count} rows from the hidden states that are kept for their slots.
   */
  public void begin(int count) {
    TokenBatch first = batch.first(count);
    Tensor firstLogits = logits.rows(0, count);
    workspace.head(firstLogits, workspace.hidden(first.slots()));
    draw(first, firstLogits, sampled.rows(0, count));
    underWay++;
  }

  /** Evaluates what the first {@code count} rows have, and draws for them. */
  public void run(int count) {
    sized(sizeOf(count)).step().run();
    underWay++;
  }

  /**
   * How many rows a step has. Where it is done when its call returns, recording costs nothing, and
   * it has as many as there are; else powers of two, so that few steps serve all numbers, the rest
   * of the rows idle.
   */
  private int sizeOf(int count) {
    return queue.depth() == 0 ? count : Math.min(most, Integer.highestOneBit(2 * count - 1));
  }

  private Sized sized(int size) {
    Sized known = steps.get(size);
    if (known == null) {
      TokenBatch first = batch.first(size);
      Tensor firstLogits = logits.rows(0, size);
      Tensor firstSampled = sampled.rows(0, size);
      Step step =
          resources.add(
              backend.record("decode", () -> evaluateAndDraw(first, firstLogits, firstSampled)));
      known = new Sized(first, firstLogits, firstSampled, step);
      steps.put(size, known);
    }
    return known;
  }

  /** Evaluates the tokens drawn last and draws the next: what is recorded. */
  private void evaluateAndDraw(TokenBatch rows, Tensor logits, Tensor sampled) {
    workspace.head(logits, workspace.evaluate(rows));
    draw(rows, logits, sampled);
  }

  private void draw(TokenBatch rows, Tensor logits, Tensor sampled) {
    profiler.section("sample");
    ops.sample(sampled, logits, sampling);
    ops.advance(rows, sampled, queue);
    profiler.end();
  }

  /**
   * Waits for the oldest draw under way and takes it. Needs no lock.
   *
   * @param tokens room for the largest number of rows
   * @throws IllegalStateException when what it waits for was closed
   */
  public void take(int[] tokens) {
    queue.take(tokens);
    underWay--;
  }

  /** Forgets the draws under way. */
  public void clear() {
    queue.clear();
    underWay = 0;
  }

  @Override
  public void close() {
    resources.close();
  }
}
