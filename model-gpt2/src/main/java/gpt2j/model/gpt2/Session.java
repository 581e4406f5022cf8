package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Words;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.inference.Forward;
import gpt2j.model.gpt2.inference.ProbedOperations;
import gpt2j.model.gpt2.inference.Workspace;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.Locked;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sequences of tokens with their KV cache. A sequence grows by {@link #prefill}, {@link #evaluate}
 * and {@link Decoder#next}, shrinks by {@link #rollBack} and is copied by {@link #fork}. Whatever
 * the way it came about, the logits after it are those of its tokens evaluated at once.
 *
 * <p>Any number of sessions share a model. One thread at a time may use a session; different
 * sessions may be used by different threads at the same time. Any thread may {@link #close} it at
 * any time: who uses it meanwhile ends the chunk under way, then gets an {@link
 * IllegalStateException} that says that the session is closed; likewise when the model or the
 * backend is closed.
 *
 * <p>When its thread is interrupted, what evaluates tokens ends before the next chunk with a {@link
 * CancellationException}; the thread stays interrupted, and sequences hold what was evaluated.
 *
 * <p>Wrong arguments are {@link IllegalArgumentException}s, tokens that don't fit and use after
 * closing {@link IllegalStateException}s; neither changes anything.
 */
public final class Session implements AutoCloseable {
  private final Gpt2 model;
  private final Backend backend;
  private final Sequence[] sequences;
  private final int capacity;
  private final WeightFormat cacheType;
  private final Workspace workspace;
  private final @Nullable Lifetime whole;
  private final Lifetime lifetime;

  /**
   * A session with memory of its own.
   *
   * @param whole the lifetime of what the session is a part of, or null if it is for itself
   */
  Session(Gpt2 model, SessionOptions options, @Nullable Lifetime whole) {
    this(model, options, model.forward(), whole);
  }

  /** The same with another way to compute. */
  Session(Gpt2 model, SessionOptions options, Forward forward, @Nullable Lifetime whole) {
    this.model = model;
    cacheType = options.cacheType().orElse(model.cacheType());
    backend = model.backend();
    int context = model.config().contextLength();
    capacity = options.capacity().orElse(context);
    if (capacity > context) {
      throw new IllegalArgumentException(
          "capacity must be at most the model's context of %d tokens, not %d"
              .formatted(context, capacity));
    }
    int count = options.sequences();
    int prefillChunk = options.prefillChunk().orElse(backend.device().prefillRows());
    long mostRows = (long) count * capacity;
    int rows = (int) Math.max(count, Math.min(prefillChunk, mostRows));
    workspace =
        Locked.get(
            backend,
            () -> {
              model.requireOpen();
              return new Workspace(
                  backend, model.config(), forward, count, capacity, rows, cacheType);
            });
    try { // only now, when it is known that there is room for so many
      sequences = Stream.generate(Sequence::new).limit(count).toArray(Sequence[]::new);
    } catch (OutOfMemoryError e) {
      Locked.run(backend, workspace::close);
      throw e;
    }
    this.whole = whole;
    lifetime = whole == null ? backend.lifetime(this, "session") : whole;
  }

  /** The number of sequences. */
  public int sequences() {
    return sequences.length;
  }

  /** The number of tokens that each sequence can hold. */
  public int capacity() {
    return capacity;
  }

  /** The number of tokens that a sequence holds. */
  public int length(int sequence) {
    return sequence(sequence).length();
  }

  /** The tokens that a sequence holds. */
  public int[] tokens(int sequence) {
    return sequence(sequence).tokens();
  }

  /** Appends tokens to a sequence and evaluates them, a chunk at a time. */
  public void prefill(int sequence, int... tokens) {
    prefill(List.of(new Extension(sequence, tokens)));
  }

  /** Appends tokens to several sequences and evaluates them together, whatever their lengths. */
  public void prefill(List<Extension> extensions) {
    prefill(extensions, () -> false);
  }

  /**
   * The same, until {@code cancelled} says so between two chunks.
   *
   * @throws CancellationException when cancelled; the sequences hold what was evaluated before
   */
  void prefill(List<Extension> extensions, BooleanSupplier cancelled) {
    extend(extensions, cancelled, (first, rows, x) -> {});
  }

  /**
   * Appends tokens to a sequence and returns the logits after each of them.
   *
   * @return {@code [tokens][vocabulary]}
   */
  public float[][] evaluate(int sequence, int... tokens) {
    return evaluate(List.of(new Extension(sequence, tokens))).getFirst();
  }

  /** The same for several sequences together, in the order given. */
  public List<float[][]> evaluate(List<Extension> extensions) {
    List<float[]> rowsOfAll = new ArrayList<>();
    extend(
        extensions,
        () -> false,
        (first, rows, x) ->
            workspace.logits(
                x,
                0,
                rows,
                (logits, from) -> rowsOfAll.addAll(HostFloats.readRows(backend, logits))));
    List<float[][]> result = new ArrayList<>();
    int from = 0;
    for (Extension extension : extensions) {
      int to = from + extension.tokens().length;
      result.add(rowsOfAll.subList(from, to).toArray(float[][]::new));
      from = to;
    }
    return result;
  }

  /**
   * Appends tokens to a sequence, shows what is computed on the way, and goes on with what it is
   * given instead.
   *
   * @return what is read, by name, in the order in which it is computed
   * @throws gpt2j.api.UnsupportedException when something can't be shown or not replaced, with the
   *     reason
   */
  public Map<String, Activation> evaluate(int sequence, Probes probes, int... tokens) {
    return evaluate(List.of(new Extension(sequence, tokens)), probes);
  }

  /** The same for several sequences together; their rows follow each other in the order given. */
  public Map<String, Activation> evaluate(List<Extension> extensions, Probes probes) {
    requireOpen();
    check(extensions);
    int all = 0;
    int longest = 0;
    for (Extension extension : extensions) {
      int added = extension.tokens().length;
      all += added;
      longest = Math.max(longest, length(extension.sequence()) + added);
    }
    Probes.Visit visit = probes.visit(model.config(), all);
    Forward probed =
        model.forward(
            new ProbedOperations(
                backend, model.config(), model.weights(), workspace, longest, visit));
    extend(
        extensions,
        probed,
        () -> false,
        (first, rows, x) -> {
          if (visit.wantsHead()) {
            workspace.logits(x, 0, rows, probed, (logits, from) -> {});
          }
        });
    return visit.values();
  }

  /**
   * The logits after a sequence's last token: {@code [vocabulary]}.
   *
   * @throws IllegalStateException unless the sequence's last change was a prefill or an evaluation,
   *     or a fork of a sequence of which this is true
   */
  public float[] logits(int sequence) {
    requireOpen();
    requireHidden(sequence);
    List<float[]> row = new ArrayList<>();
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          workspace.logits(
              sequence, (logits, from) -> row.addAll(HostFloats.readRows(backend, logits)));
        });
    return row.getFirst();
  }

  /**
   * Draws tokens for sequences side by side. The i-th of them draws from random stream {@code i}.
   */
  public Decoder decoder(SamplingParameters sampling, int... sequences) {
    requireOpen();
    requireDistinct(sequences);
    List<Decoder.Row> rows = new ArrayList<>();
    for (int i = 0; i < sequences.length; i++) {
      DrawHistory history = DrawHistory.of(tokens(sequences[i]));
      rows.add(new Decoder.Row(sequences[i], sampling, i, history));
    }
    return decoder(rows);
  }

  /**
   * Draws tokens for sequences that {@linkplain Decoder#join join} and {@linkplain Decoder#leave
   * leave}: none yet, and {@code most} at a time.
   */
  public Decoder decoder(int most) {
    requireOpen();
    return new Decoder(model, this, workspace, List.of(), most, whole);
  }

  Decoder decoder(List<Decoder.Row> rows) {
    return new Decoder(model, this, workspace, rows, rows.size(), whole);
  }

  /**
   * Takes memory for the first tokens of a sequence, as evaluating them would, one chunk or token
   * after another.
   *
   * @param tokens at most {@link #capacity}
   * @throws gpt2j.api.OutOfMemoryException when there isn't as much; nothing has changed
   */
  public void reserve(int sequence, int tokens) {
    requireOpen();
    sequence(sequence);
    if (tokens < 0 || tokens > capacity) {
      throw new IllegalArgumentException(
          "a sequence has room for %d tokens, not %d".formatted(capacity, tokens));
    }
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          workspace.reserve(sequence, tokens);
        });
  }

  /** The same for the first tokens of every sequence, in one turn at the backend. */
  void reserveAll(int... tokens) {
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          for (int i = 0; i < sequences.length; i++) {
            workspace.reserve(i, tokens[i]);
          }
        });
  }

  /** Gives back the memory behind the tokens that the sequences hold, as far as it can be. */
  public void trim() {
    requireOpen();
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          for (int i = 0; i < sequences.length; i++) {
            workspace.trim(i, sequences[i].length());
          }
        });
  }

  /** Gives back the memory behind the tokens that a sequence holds, as far as it can be. */
  public void trim(int sequence) {
    requireOpen();
    int length = length(sequence);
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          workspace.trim(sequence, length);
        });
  }

  /** Drops the last {@code count} tokens of a sequence. */
  public void rollBack(int sequence, int count) {
    requireOpen();
    int length = length(sequence);
    if (count < 0 || count > length) {
      throw new IllegalArgumentException(
          "can't roll back %s of sequence %d, which holds %d"
              .formatted(Words.count(count, "token"), sequence, length));
    }
    if (count > 0) {
      sequence(sequence).truncate(length - count);
    }
  }

  /** Drops all tokens of a sequence. */
  public void clear(int sequence) {
    rollBack(sequence, length(sequence));
  }

  /**
   * Evaluates all sequences again from their first tokens on, the token drawn last behind them:
   * what each step does without a cache. The next draw follows.
   *
   * @throws IllegalStateException when nothing was drawn for one of them since its last change
   */
  public void recompute() {
    prefill(IntStream.range(0, sequences()).mapToObj(this::again).toList());
  }

  /** Empties a sequence, to be extended by what it held and the token drawn last. */
  Extension again(int sequence) {
    int[] text = sequence(sequence).withDrawn();
    clear(sequence);
    return new Extension(sequence, text);
  }

  /** Makes one sequence a copy of another, without evaluating anything. */
  public void fork(int from, int to) {
    fork(from, this, to);
  }

  /** The same of the first {@code length} tokens alone. */
  public void fork(int from, int to, int length) {
    requireOpen();
    if (length < 0 || length > length(from)) {
      throw new IllegalArgumentException(
          "can't fork %s of sequence %d, which holds %d"
              .formatted(Words.count(length, "token"), from, length(from)));
    }
    fork(from, this, to, length);
  }

  /** Makes a sequence of another session of the same model a copy of one of this session. */
  public void fork(int from, Session target, int to) {
    requireOpen();
    fork(from, target, to, length(from));
  }

  private void fork(int from, Session target, int to, int length) {
    target.requireOpen();
    Sequence source = sequence(from);
    Sequence copy = target.sequence(to);
    if (target.model != model) {
      throw new IllegalArgumentException("can't fork a sequence into a session of another model");
    }
    if (copy == source) {
      throw new IllegalArgumentException("can't fork sequence %d into itself".formatted(from));
    }
    if (length > target.capacity) {
      throw new IllegalStateException(
          "can't fork sequence %d, which holds %s, into a session with room for %d"
              .formatted(from, Words.count(source.length(), "token"), target.capacity));
    }
    Locked.runPiece(
        backend,
        () -> {
          requireOpen();
          target.requireOpen();
          target.workspace.reserve(to, length);
          boolean withHidden = source.hasHidden() && length == source.length();
          workspace.copy(from, target.workspace, to, length, withHidden);
        });
    copy.copyOf(source);
    if (length < source.length()) {
      copy.truncate(length);
    }
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
    Locked.run(backend, workspace::close);
  }

  /** Sees each chunk of a batch after it has been evaluated, holding the backend's lock. */
  @FunctionalInterface
  interface ChunkConsumer {
    /**
     * Called once per chunk.
     *
     * @param first the chunk's first row, counted over all rows of the batch
     * @param rows number of rows
     * @param x {@code [rows, C]}: the residual stream after the last block
     */
    void accept(int first, int rows, Tensor x);
  }

  /** Appends and evaluates tokens, a chunk of rows at a time. */
  void extend(List<Extension> extensions, BooleanSupplier cancelled, ChunkConsumer consumer) {
    extend(extensions, workspace.forward(), cancelled, consumer);
  }

  private void extend(
      List<Extension> extensions,
      Forward forward,
      BooleanSupplier cancelled,
      ChunkConsumer consumer) {
    requireOpen();
    check(extensions);
    RowCursor cursor = new RowCursor(extensions);
    while (!cursor.atEnd()) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException();
      }
      Locked.runPiece(
          backend,
          () -> {
            requireOpen();
            if (cursor.position() == 0) {
              reserve(extensions);
            }
            evaluateChunk(cursor, forward, consumer);
          });
    }
  }

  /** All at once, so that there is nothing to be moved while sequences grow. */
  private void reserve(List<Extension> extensions) {
    for (Extension extension : extensions) {
      int sequence = extension.sequence();
      workspace.reserve(sequence, length(sequence) + extension.tokens().length);
    }
  }

  /** What fails leaves the sequences as they were before the chunk. */
  private void evaluateChunk(RowCursor cursor, Forward forward, ChunkConsumer consumer) {
    int[] lengths = Arrays.stream(sequences).mapToInt(Sequence::length).toArray();
    try {
      appendChunk(cursor, forward, consumer);
    } catch (RuntimeException | Error e) {
      for (int slot = 0; slot < sequences.length; slot++) {
        if (sequences[slot].length() > lengths[slot]) {
          sequences[slot].truncate(lengths[slot]);
        }
      }
      throw e;
    }
  }

  private void appendChunk(RowCursor cursor, Forward forward, ChunkConsumer consumer) {
    int first = cursor.position();
    int[] endings = new int[sequences.length]; // row after each sequence's last, 0 for none
    int rows = 0;
    for (; rows < workspace.rows() && !cursor.atEnd(); rows++) {
      Sequence sequence = sequences[cursor.sequence()];
      workspace.setRow(rows, cursor.token(), sequence.length(), cursor.sequence());
      sequence.append(cursor.token());
      if (cursor.lastOfSequence()) {
        endings[cursor.sequence()] = rows + 1;
      }
      cursor.advance();
    }
    Tensor x = workspace.evaluate(rows, forward);
    for (int slot = 0; slot < sequences.length; slot++) {
      if (endings[slot] > 0) {
        workspace.keepHidden(slot, x, endings[slot] - 1);
        sequences[slot].keepHidden();
      }
    }
    consumer.accept(first, rows, x);
  }

  private void check(List<Extension> extensions) {
    requireDistinct(extensions.stream().mapToInt(Extension::sequence).toArray());
    for (Extension extension : extensions) {
      int length = length(extension.sequence());
      int added = extension.tokens().length;
      if (added == 0) {
        throw new IllegalArgumentException(
            "there are no tokens to append to sequence %d".formatted(extension.sequence()));
      }
      model.checkTokens(extension.tokens());
      if (added > capacity - length) {
        throw new IllegalStateException(
            "sequence %d holds %d of at most %d tokens; %d more don't fit"
                .formatted(extension.sequence(), length, capacity, added));
      }
    }
  }

  /** What to throw when the logits after tokens aren't finite. */
  public NonFiniteException nonFinite(int... tokens) {
    return NonFiniteSearch.after(model, tokens, cacheType);
  }

  /** Waits until everything queued is done. */
  void synchronize() {
    Locked.runPiece(backend, backend::synchronize);
  }

  Workspace workspace() {
    return workspace;
  }

  /** Throws unless the sequences are different ones, and of this session. */
  void requireDistinct(int... indices) {
    BitSet seen = new BitSet();
    for (int index : indices) {
      sequence(index);
      if (seen.get(index)) {
        throw new IllegalArgumentException(
            "sequence %d occurs twice in one batch".formatted(index));
      }
      seen.set(index);
    }
  }

  Sequence sequence(int index) {
    if (index < 0 || index >= sequences.length) {
      throw new IllegalArgumentException(
          "there is no sequence %d; the session's sequences are 0 … %d"
              .formatted(index, sequences.length - 1));
    }
    return sequences[index];
  }

  void requireHidden(int index) {
    if (!sequence(index).hasHidden()) {
      throw new IllegalStateException(
          "there are no logits for sequence %d: prefill at least one token first".formatted(index));
    }
  }

  void requireOpen() {
    lifetime.requireOpen();
    model.requireOpen();
  }
}
