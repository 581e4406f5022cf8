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
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.inference.Workspace;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Draws one token after another for sequences of a session, all of them in each step. The step is
 * recorded once; tokens, positions and random numbers move on in device memory, and the host reads
 * nothing but the tokens drawn. Nothing is allocated per step but the array of the result.
 *
 * <p>A device may be some steps ahead of the host: as many as its {@link TokenQueue#depth queue} is
 * deep. What it computed for nothing leaves no trace: it lies in the cache behind what the
 * sequences hold, and random numbers are counted from the tokens that were taken.
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
   * @param stream its random stream
   * @param draw the number of its next draw
   * @param seen tokens that count as seen for the repetition penalty
   */
  record Row(int sequence, long stream, int draw, int... seen) {}

  private final Session session;
  private final Workspace workspace;
  private final Backend backend;
  private final Operations ops;
  private final Profiler profiler;
  private final int[] sequences;

  private final Resources resources = new Resources();
  private final TokenBatch batch; // [n]: the tokens to evaluate next
  private final Tensor logits; // [n, V]
  private final Tensor sampled; // I32 [n]
  private final SamplingState sampling;
  private final TokenQueue queue;
  private @Nullable Step step; // when first needed: the first token needn't wait for it
  private final HostInts host;

  private final List<Row> rows; // as they were at first
  private final boolean penalty; // whether tokens seen before matter
  private final TokenList[] seen; // by row: the tokens that were taken
  private int taken; // draws
  private int underWay; // draws that were queued and not taken

  private final int[] drawn;
  private final long[] versions; // of the sequences after the last step
  private final Lifetime lifetime;

  /**
   * A decoder for some of a session's sequences.
   *
   * @param whole the lifetime of what the session is a part of, or null if it is for itself
   */
  Decoder(
      Gpt2 model,
      Session session,
      Workspace workspace,
      SamplingParameters parameters,
      List<Row> rows,
      @Nullable Lifetime whole) {
    if (rows.isEmpty() || rows.size() > session.sequences()) {
      throw new IllegalArgumentException(
          "a decoder takes 1 … %d sequences, not %d".formatted(session.sequences(), rows.size()));
    }
    this.session = session;
    this.workspace = workspace;
    backend = model.backend();
    ops = backend.operations();
    profiler = backend.profiler();
    this.rows = List.copyOf(rows);
    penalty = parameters.repetitionPenalty() != 1;
    seen = new TokenList[rows.size()];
    Arrays.setAll(seen, row -> new TokenList());
    sequences = rows.stream().mapToInt(Row::sequence).toArray();
    drawn = new int[rows.size()];
    versions = new long[rows.size()];
    Arrays.fill(versions, -1);

    int n = rows.size();
    int vocabulary = model.config().vocabularySize();
    Locked.begin(backend);
    try {
      session.requireOpen();
      batch = resources.add(TokenBatch.allocate(backend, n));
      logits =
          resources.add(backend.allocate(DataType.F32, Shape.of(n, vocabulary), Usage.ACTIVATION));
      sampled = resources.add(backend.allocate(DataType.I32, Shape.of(n), Usage.IO));
      sampling = resources.add(backend.samplingState(n, vocabulary, parameters));
      queue = resources.add(backend.tokenQueue(n));
      resetSampling();
      host = new HostInts(Arena.ofAuto(), n);
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
      queue.take(drawn);
    } catch (IllegalStateException e) {
      requireOpen(); // or says what was closed meanwhile
      throw e;
    }
    underWay--;
    requireTokens();
    taken++;
    for (int i = 0; i < sequences.length; i++) {
      versions[i] = session.sequence(sequences[i]).version();
      if (penalty) {
        seen[i].add(drawn[i]);
      }
    }
    return drawn.clone();
  }

  private void requireOpen() {
    lifetime.requireOpen();
    session.requireOpen();
  }

  /** Makes the tokens drawn last part of their sequences and queues as many steps as it may. */
  private void goOn() {
    if (step == null) {
      step = resources.add(backend.record("decode", this::step));
    }
    if (underWay == 0) {
      run(step);
    }
    int longest = 0;
    for (int i = 0; i < sequences.length; i++) {
      session.sequence(sequences[i]).append(drawn[i]);
      longest = Math.max(longest, session.length(sequences[i]));
    }
    // The first draw under way follows the sequences as they are; each further one, a token more.
    while (underWay <= queue.depth() && longest + underWay <= session.capacity()) {
      run(step);
    }
  }

  private void requireTokens() {
    for (int i = 0; i < drawn.length; i++) {
      if (drawn[i] == SamplingState.NO_TOKEN) {
        Locked.run(
            backend,
            () -> {
              requireOpen();
              forget();
            });
        Arrays.fill(versions, -1); // nothing was drawn that a sequence could go on with
        throw session.nonFinite(session.tokens(sequences[i]));
      }
    }
  }

  private void run(Step recorded) {
    recorded.run();
    underWay++;
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
    resetSampling();
  }

  private void resetSampling() {
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int[] before = row.seen();
      int[] all = Arrays.copyOf(before, before.length + seen[i].size());
      System.arraycopy(seen[i].from(0), 0, all, before.length, seen[i].size());
      sampling.reset(i, row.stream(), row.draw() + taken, all);
    }
  }

  /** Whether the tokens drawn last go on with what the sequences hold; if not, all have logits. */
  private boolean goesOn() {
    boolean unchanged = true;
    for (int i = 0; i < sequences.length; i++) {
      unchanged &= session.sequence(sequences[i]).version() == versions[i];
    }
    for (int sequence : sequences) {
      if (!unchanged) {
        session.requireHidden(sequence);
      } else if (session.length(sequence) == session.capacity()) {
        throw new IllegalStateException(
            "sequence %d is full: it holds %d tokens".formatted(sequence, session.capacity()));
      }
    }
    return unchanged;
  }

  /** Draws from the logits after what was prefilled. */
  private void begin() {
    int n = sequences.length;
    for (int i = 0; i < n; i++) {
      host.set(i, sequences[i]);
    }
    backend.write(batch.slots(), host.first(n));
    for (int i = 0; i < n; i++) {
      host.set(i, session.length(sequences[i]) - 1);
    }
    backend.write(batch.positions(), host.first(n));
    workspace.head(logits, workspace.hidden(batch.slots()));
    draw();
    underWay++;
  }

  /** Evaluates the tokens drawn last and draws the next: what is recorded. */
  private void step() {
    workspace.head(logits, workspace.evaluate(batch));
    draw();
  }

  private void draw() {
    profiler.section("sample");
    ops.sample(sampled, logits, sampling);
    ops.advance(batch, sampled, queue);
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
