package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.Words;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.inference.Workspace;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Draws one token after another for sequences of a session, all of them in each step. A step is
 * recorded once for each number of rows that it is run with; tokens, positions and random numbers
 * move on in device memory, and the host reads nothing but the tokens drawn. Nothing is allocated
 * per step but the array of the result.
 *
 * <p>A device may be some steps ahead of the host: as many as its {@link TokenQueue#depth queue} is
 * deep. What it computed for nothing leaves no trace: it lies in the cache behind what the
 * sequences hold, and random numbers are counted from the tokens that were taken.
 *
 * <p>Tokens that have no text, as where an embedding was padded to a round number of rows, are
 * never drawn. Logits and log-probabilities have them as any other.
 *
 * <p>One thread at a time may use a decoder, the one that uses its session; any thread may {@link
 * #close} it at any time, as a {@link Session}.
 *
 * {@snippet :
 * session.prefill(0, prompt);
 * try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
 *   int first = decoder.next()[0];
 *   int second = decoder.next()[0];
 * }
 * }
 */
public final class Decoder implements AutoCloseable {
  /**
   * One sequence to draw for.
   *
   * @param sequence which sequence of the session
   * @param sampling how to draw
   * @param allowed the tokens that may be drawn; null for all
   * @param stream its random stream
   * @param history what the stream has behind it
   */
  record Row(
      int sequence,
      SamplingParameters sampling,
      @Nullable Set<Integer> allowed,
      long stream,
      DrawHistory history) {
    /** One that may draw all tokens. */
    Row(int sequence, SamplingParameters sampling, long stream, DrawHistory history) {
      this(sequence, sampling, null, stream, history);
    }
  }

  /** What a step of some number of rows works in, the first of them those that are drawn for. */
  private record Sized(TokenBatch batch, Tensor logits, Tensor sampled, Step step) {}

  private final Session session;
  private final Workspace workspace;
  private final Backend backend;
  private final Operations ops;
  private final Profiler profiler;
  private final List<Row> rows;
  private final int most; // rows
  private final @Nullable BitSet drawable; // null for all
  private final boolean restricts; // whether there was a row that may not draw all tokens

  private final Resources resources = new Resources();
  private final TokenBatch batch; // [most]: the tokens to evaluate next
  private final Tensor logits; // [most, V]
  private final Tensor sampled; // I32 [most]
  private final SamplingState sampling;
  private final TokenQueue queue;
  private final HostInts host;
  private final Map<Integer, Sized> steps = new HashMap<>(); // by rows, when first needed

  private int underWay; // draws that were queued and not taken
  private boolean rewrite; // whether rows have left since the last draw
  private final int[] taken; // [most]
  private final Lifetime lifetime;

  /**
   * A decoder for some of a session's sequences.
   *
   * @param whole the lifetime of what the session is a part of, or null if it is for itself
   */
  Decoder(
      Gpt2 model, Session session, Workspace workspace, List<Row> rows, @Nullable Lifetime whole) {
    if (rows.isEmpty() || rows.size() > session.sequences()) {
      throw new IllegalArgumentException(
          "a decoder takes 1 … %d sequences, not %d".formatted(session.sequences(), rows.size()));
    }
    this.session = session;
    this.workspace = workspace;
    backend = model.backend();
    ops = backend.operations();
    profiler = backend.profiler();
    this.rows = new ArrayList<>(rows);
    most = rows.size();
    drawable = model.drawable();
    restricts = drawable != null || rows.stream().anyMatch(row -> row.allowed() != null);
    taken = new int[most];

    int vocabulary = model.config().vocabularySize();
    Locked.begin(backend);
    try {
      session.requireOpen();
      batch = resources.add(TokenBatch.allocate(backend, most));
      logits =
          resources.add(
              backend.allocate(DataType.F32, Shape.of(most, vocabulary), Usage.ACTIVATION));
      sampled = resources.add(backend.allocate(DataType.I32, Shape.of(most), Usage.IO));
      sampling = resources.add(backend.samplingState(most, vocabulary));
      queue = resources.add(backend.tokenQueue(most));
      host = new HostInts(Arena.ofAuto(), most);
      useRows();
      resetSampling();
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    } finally {
      backend.lock().unlock();
    }
    lifetime = whole == null ? backend.lifetime(this, "decoder") : whole;
  }

  /**
   * Draws a token for each sequence. The token drawn before becomes part of its sequence; where the
   * sequence was prefilled since, the draw follows what was prefilled instead.
   *
   * @return the tokens drawn, in the order of the sequences
   * @throws IllegalStateException when a sequence is full, or was changed without a prefill; when
   *     the decoder, its session, the model or the backend is closed
   * @throws CancellationException when the thread is interrupted before the step is queued, which
   *     changes nothing; it stays interrupted
   * @throws NonFiniteException when the logits of a sequence aren't numbers; then nothing is drawn
   *     for any of them, and all must be prefilled before the next draw
   */
  public int[] next() {
    Locked.begin(backend);
    try {
      requireOpen();
      if (goesOn()) {
        goOn();
      } else {
        dropSurplus();
        begin();
      }
    } finally {
      backend.lock().unlock();
    }
    try {
      queue.take(taken);
    } catch (IllegalStateException e) {
      requireOpen(); // or says what was closed meanwhile
      throw e;
    }
    underWay--;
    int[] drawn = Arrays.copyOf(taken, rows.size());
    requireTokens(drawn);
    for (int i = 0; i < drawn.length; i++) {
      sequence(i).draw(drawn[i], this);
      rows.get(i).history().drew(drawn[i]);
    }
    return drawn;
  }

  private void requireOpen() {
    lifetime.requireOpen();
    session.requireOpen();
  }

  private Sequence sequence(int row) {
    return session.sequence(rows.get(row).sequence());
  }

  /** Leaves out the sequences that aren't wanted any more; the others go on in the same order. */
  void retain(IntPredicate sequences) {
    if (rows.removeIf(row -> !sequences.test(row.sequence()))) {
      Locked.run(
          backend,
          () -> {
            requireOpen();
            forget();
            useRows();
          });
    }
  }

  /** Makes the tokens drawn last part of their sequences and queues as many steps as it may. */
  private void goOn() {
    if (rewrite) {
      writeRows(sizeOf(rows.size()), i -> sequence(i).drawn(), i -> sequence(i).length());
      rewrite = false;
    }
    int longest = 0;
    for (int i = 0; i < rows.size(); i++) {
      int length = sequence(i).length();
      workspace.reserve(
          rows.get(i).sequence(), Math.min(session.capacity(), length + queue.depth() + 2));
      longest = Math.max(longest, length + 1);
    }
    Step step = sized(sizeOf(rows.size())).step();
    if (underWay == 0) {
      run(step);
    }
    for (int i = 0; i < rows.size(); i++) {
      sequence(i).append(sequence(i).drawn());
    }
    // The first draw under way follows the sequences as they are; each further one, a token more.
    while (underWay <= queue.depth() && longest + underWay <= session.capacity()) {
      run(step);
    }
  }

  private void run(Step step) {
    step.run();
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

  private void requireTokens(int[] drawn) {
    for (int i = 0; i < drawn.length; i++) {
      if (drawn[i] == SamplingState.NO_TOKEN) {
        Locked.run(
            backend,
            () -> {
              requireOpen();
              forget();
            });
        for (int row = 0; row < drawn.length; row++) {
          sequence(row).undraw(); // there is nothing that a sequence could go on with
        }
        throw session.nonFinite(sequence(i).tokens());
      }
    }
  }

  /** Forgets the draws under way, as if they had not been queued. */
  private void dropSurplus() {
    if (underWay > 0) {
      forget();
    }
  }

  private void forget() {
    queue.clear();
    underWay = 0;
    rewrite = true;
    resetSampling();
  }

  private void useRows() {
    for (int i = 0; i < rows.size(); i++) {
      sampling.use(i, rows.get(i).sampling());
    }
    if (restricts) {
      allow();
    }
  }

  /** Also lifts what a row that has left was restricted to from the row that takes its place. */
  private void allow() {
    Map<Set<Integer>, BitSet> made = new IdentityHashMap<>(); // samples of a request share theirs
    for (int i = 0; i < rows.size(); i++) {
      Set<Integer> allowed = rows.get(i).allowed();
      sampling.allow(i, allowed == null ? drawable : made.computeIfAbsent(allowed, this::bits));
    }
  }

  private BitSet bits(Set<Integer> tokens) {
    BitSet bits = new BitSet();
    tokens.forEach(bits::set);
    if (drawable != null) {
      bits.and(drawable);
    }
    return bits;
  }

  private void resetSampling() {
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int[] drawn = row.history().drawn();
      sampling.reset(i, row.stream(), drawn.length, row.history().prompt(), drawn);
    }
  }

  /** Whether the tokens drawn last go on with what the sequences hold; if not, all have logits. */
  private boolean goesOn() {
    boolean goesOn = true;
    for (int i = 0; i < rows.size(); i++) {
      goesOn &= sequence(i).isDrawnBy(this);
    }
    for (int i = 0; i < rows.size(); i++) {
      int sequence = rows.get(i).sequence();
      if (!goesOn) {
        session.requireHidden(sequence);
      } else if (session.length(sequence) == session.capacity()) {
        throw new IllegalStateException(
            "sequence %d is full: it holds %s"
                .formatted(sequence, Words.count(session.capacity(), "token")));
      }
    }
    return goesOn;
  }

  /** Draws from the logits after what was prefilled. */
  private void begin() {
    int size = sizeOf(rows.size());
    // The draw makes the token the next step's input and moves the position on.
    writeRows(size, i -> 0, i -> sequence(i).length() - 1);
    rewrite = false;
    TokenBatch first = batch.first(rows.size());
    Tensor firstLogits = logits.rows(0, rows.size());
    workspace.head(firstLogits, workspace.hidden(first.slots()));
    draw(first, firstLogits, sampled.rows(0, rows.size()));
    underWay++;
  }

  /** What the rows evaluate next, and where; those behind them are idle. */
  private void writeRows(int size, IntUnaryOperator token, IntUnaryOperator position) {
    write(batch.tokens(), size, token, 0);
    write(batch.positions(), size, position, 0);
    write(batch.slots(), size, i -> rows.get(i).sequence(), TokenBatch.IDLE);
  }

  private void write(Tensor to, int size, IntUnaryOperator value, int idle) {
    for (int i = 0; i < size; i++) {
      host.set(i, i < rows.size() ? value.applyAsInt(i) : idle);
    }
    backend.write(to.rows(0, size), host.first(size));
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

  /** Gives the memory back. Twice does nothing. */
  @Override
  public void close() {
    if (lifetime.end()) {
      release();
    }
  }

  /** Gives the memory back, if it wasn't. */
  void release() {
    Locked.run(backend, resources::close);
  }
}
