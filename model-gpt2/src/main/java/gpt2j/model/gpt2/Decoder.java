package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenQueue;
import gpt2j.api.Words;
import gpt2j.model.gpt2.inference.DecodeSteps;
import gpt2j.model.gpt2.inference.Workspace;
import gpt2j.model.gpt2.memory.Locked;
import java.util.ArrayList;
import java.util.BitSet;
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
 * per step but the array of the result. Sequences may {@link #join} and {@link #leave} between two
 * steps.
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

  private final Session session;
  private final Workspace workspace;
  private final Backend backend;
  private final int most; // rows
  private final int vocabulary;
  private final @Nullable BitSet drawable; // null for all
  private final DecodeSteps steps;

  private final List<Row> rows = new ArrayList<>(); // of the steps, in their order
  private final BitSet gone = new BitSet(); // those of them that have left since
  private final List<Row> joining = new ArrayList<>();
  private boolean restricts; // whether there was a row that may not draw all tokens
  private boolean rewrite; // whether rows have changed since the last draw
  private final int[] taken; // [most]
  private final Lifetime lifetime;

  /**
   * A decoder for some of a session's sequences.
   *
   * @param rows what it draws for to begin with
   * @param most rows at most
   * @param whole the lifetime of what the session is a part of, or null if it is for itself
   */
  Decoder(
      Gpt2 model,
      Session session,
      Workspace workspace,
      List<Row> rows,
      int most,
      @Nullable Lifetime whole) {
    if (most < 1 || most > session.sequences()) {
      throw new IllegalArgumentException(
          "a decoder takes 1 … %d sequences, not %d".formatted(session.sequences(), most));
    }
    this.session = session;
    this.workspace = workspace;
    this.most = most;
    backend = model.backend();
    vocabulary = model.config().vocabularySize();
    drawable = model.drawable();
    taken = new int[most];
    Locked.begin(backend);
    try {
      session.requireOpen();
      steps = new DecodeSteps(backend, workspace, most, vocabulary);
      try {
        joining.addAll(rows);
        settle();
      } catch (RuntimeException | Error e) {
        steps.close();
        throw e;
      }
    } finally {
      backend.lock().unlock();
    }
    lifetime = whole == null ? backend.lifetime(this, "decoder") : whole;
  }

  /** Told what was drawn for a sequence. */
  @FunctionalInterface
  public interface Drawn {
    /**
     * Called once for each sequence of a step.
     *
     * @param token what was drawn, or {@link SamplingState#NO_TOKEN}
     */
    void drew(int sequence, int token);
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
    draw();
    requireTokens();
    int[] drawn = new int[rows.size() - gone.cardinality()];
    int count = 0;
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      drew(i);
      drawn[count++] = taken[i];
    }
    return drawn;
  }

  /**
   * The same for rows that come and go: a sequence whose logits aren't numbers gets {@link
   * SamplingState#NO_TOKEN}, and the others go on; it must {@link #leave} before the next draw.
   * What is told may let sequences join and leave. Where the device is ahead, it does what it has
   * begun before those that join come in, so they may be told of some calls later.
   *
   * @throws IllegalStateException as above, and when there is no sequence to draw for
   */
  public void next(Drawn told) {
    if (rows.size() == gone.cardinality() && joining.isEmpty()) {
      throw new IllegalStateException("there is no sequence to draw for");
    }
    draw();
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      if (taken[i] == SamplingState.NO_TOKEN) {
        sequence(i).undraw();
      } else {
        drew(i);
      }
      told.drew(rows.get(i).sequence(), taken[i]);
    }
  }

  private void drew(int row) {
    sequence(row).draw(taken[row], this);
    rows.get(row).history().drew(taken[row]);
  }

  private void draw() {
    Locked.begin(backend);
    try {
      requireOpen();
      if (here(0) == rows.size()) {
        forget(); // nobody is left who wants what is under way
      } else if (steps.underWay() == 0) {
        settle();
      }
      if (goesOn()) {
        goOn();
      } else {
        forget();
        begin();
      }
    } finally {
      backend.lock().unlock();
    }
    try {
      steps.take(taken);
    } catch (IllegalStateException e) {
      requireOpen(); // or says what was closed meanwhile
      throw e;
    }
  }

  private void requireOpen() {
    lifetime.requireOpen();
    session.requireOpen();
  }

  /** The first row from {@code from} on that hasn't left. */
  private int here(int from) {
    return gone.nextClearBit(from);
  }

  private Sequence sequence(int row) {
    return session.sequence(rows.get(row).sequence());
  }

  /**
   * Lets a sequence join at the next step. It holds all of its text but the last token, which that
   * step evaluates: so one that joins draws its first token beside the others.
   *
   * @param sample whose text it is, and how to draw for it
   * @throws IllegalArgumentException when there is no such sequence, or it is drawn for already
   * @throws IllegalStateException when there is no room for one more
   */
  public void join(int sequence, Sample sample) {
    join(sample.row(sequence), sample.last());
  }

  /** The same of a sequence behind which {@code token} was drawn. */
  void join(Row row, int token) {
    Sequence sequence = session.sequence(row.sequence());
    if (place(row.sequence()) >= 0
        || joining.stream().anyMatch(other -> other.sequence() == row.sequence())) {
      throw new IllegalArgumentException("sequence %d joins twice".formatted(row.sequence()));
    }
    if (rows.size() - gone.cardinality() + joining.size() == most) {
      throw new IllegalStateException("the decoder draws for %d sequences already".formatted(most));
    }
    if (token < 0 || token >= vocabulary) {
      throw new IllegalArgumentException(
          "token %d is outside the vocabulary 0 … %d".formatted(token, vocabulary - 1));
    }
    joining.add(row);
    sequence.draw(token, this);
  }

  /**
   * Lets a sequence leave at once: nothing is drawn for it any more, and it may be changed.
   *
   * @throws IllegalArgumentException when it isn't drawn for
   */
  public void leave(int sequence) {
    if (joining.removeIf(row -> row.sequence() == sequence)) {
      return;
    }
    int row = place(sequence);
    if (row < 0) {
      throw new IllegalArgumentException("sequence %d isn't drawn for".formatted(sequence));
    }
    gone.set(row);
  }

  /** The row of a sequence, −1 if it has none. */
  private int place(int sequence) {
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      if (rows.get(i).sequence() == sequence) {
        return i;
      }
    }
    return -1;
  }

  /** Leaves out the sequences that aren't wanted any more; the others go on in the same order. */
  void retain(IntPredicate sequences) {
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      if (!sequences.test(rows.get(i).sequence())) {
        gone.set(i);
      }
    }
  }

  /**
   * Has rows leave and join. What is under way was queued for the rows as they were, and is of use
   * to those that stay, so the last of it must have been taken.
   */
  private void settle() {
    if (gone.isEmpty() && joining.isEmpty()) {
      return;
    }
    int first = gone.isEmpty() ? rows.size() : gone.nextSetBit(0);
    for (int i = gone.length() - 1; i >= 0; i = gone.previousSetBit(i - 1)) {
      rows.remove(i);
    }
    rows.addAll(joining);
    gone.clear();
    joining.clear();
    useRows(first);
    rewrite = true;
  }

  /** Makes the tokens drawn last part of their sequences and queues as many steps as it may. */
  private void goOn() {
    if (rewrite) {
      writeRows(i -> sequence(i).drawn(), i -> sequence(i).length());
      rewrite = false;
    }
    int longest = 0;
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      int length = sequence(i).length();
      workspace.reserve(
          rows.get(i).sequence(), Math.min(session.capacity(), length + steps.depth() + 2));
      longest = Math.max(longest, length + 1);
    }
    if (steps.underWay() == 0) {
      steps.run(rows.size());
    }
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      sequence(i).append(sequence(i).drawn());
    }
    // The first draw under way follows the sequences as they are; each further one, a token more.
    // None is queued for rows that are about to change.
    while (gone.isEmpty()
        && joining.isEmpty()
        && steps.underWay() <= steps.depth()
        && longest + steps.underWay() <= session.capacity()) {
      steps.run(rows.size());
    }
  }

  private void requireTokens() {
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      if (taken[i] == SamplingState.NO_TOKEN) {
        int[] tokens = sequence(i).tokens();
        Locked.run(
            backend,
            () -> {
              requireOpen();
              forget();
              useRows(0); // what gave no token counts as no draw
            });
        for (Row row : rows) {
          // There is nothing that a sequence could go on with.
          session.sequence(row.sequence()).undraw();
        }
        throw session.nonFinite(tokens);
      }
    }
  }

  /** Forgets the draws under way, as if they had not been queued. */
  private void forget() {
    boolean surplus = steps.underWay() > 0;
    if (surplus) {
      steps.clear();
    }
    settle();
    if (surplus) {
      useRows(0);
      rewrite = true;
    }
  }

  /** How the rows from {@code first} on are drawn for, and what they have behind them. */
  private void useRows(int first) {
    Map<Set<Integer>, BitSet> made = new IdentityHashMap<>(); // samples of a request share theirs
    for (Row row : rows.subList(first, rows.size())) {
      restricts |= drawable != null || row.allowed() != null;
    }
    for (int i = first; i < rows.size(); i++) {
      Row row = rows.get(i);
      steps.sampling().use(i, row.sampling());
      if (restricts) { // also lifts what a row that has left was restricted to
        Set<Integer> allowed = row.allowed();
        steps
            .sampling()
            .allow(i, allowed == null ? drawable : made.computeIfAbsent(allowed, this::bits));
      }
      int[] drawn = row.history().drawn();
      steps.sampling().reset(i, row.stream(), drawn.length, row.history().prompt(), drawn);
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

  /** Whether the tokens drawn last go on with what the sequences hold; if not, all have logits. */
  private boolean goesOn() {
    boolean goesOn = true;
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      goesOn &= sequence(i).isDrawnBy(this);
    }
    for (int i = here(0); i < rows.size(); i = here(i + 1)) {
      int sequence = rows.get(i).sequence();
      if (!goesOn) {
        session.requireHidden(sequence);
      } else if (session.length(sequence) == session.capacity()) {
        throw new IllegalStateException(
            "sequence %d is full: it holds %s"
                .formatted(sequence, Words.count(session.capacity(), "token")));
      }
    }
    if (!goesOn) {
      joining.forEach(row -> session.requireHidden(row.sequence()));
    }
    return goesOn;
  }

  /** Draws from the logits after what was prefilled. */
  private void begin() {
    // The draw makes the token the next step's input and moves the position on.
    writeRows(i -> 0, i -> sequence(i).length() - 1);
    rewrite = false;
    steps.begin(rows.size());
  }

  private void writeRows(IntUnaryOperator token, IntUnaryOperator position) {
    steps.write(rows.size(), token, position, i -> rows.get(i).sequence());
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
    Locked.run(backend, steps::close);
  }
}
