package gpt2j.model.gpt2.inference;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * A session's memory on the device and what is computed in it. All is allocated once. Whoever calls
 * holds the backend's lock.
 */
public final class Workspace implements AutoCloseable {
  /** Rows whose logits are held at a time when those of many are wanted. */
  private static final int LOGITS_ROWS = 64;

  /** Sees the logits of a block of rows. */
  @FunctionalInterface
  public interface LogitsConsumer {
    /**
     * Called once per block.
     *
     * @param logits {@code [rows of the block, V]}
     * @param first the block's first row, counted from the first row asked for
     */
    void accept(Tensor logits, int first);
  }

  private final Backend backend;
  private final Gpt2Config config;
  private final Forward forward;
  private final Resources resources = new Resources();
  private final KvCache cache;
  private final Activations activations;
  private final TokenBatch batch; // [rows]
  private final HostInts tokens;
  private final HostInts positions;
  private final HostInts slots;
  private final Tensor hidden; // [sequences, C]: residual stream of each sequence's last token
  private final Tensor index; // I32 [1]
  private final HostInts hostIndex;
  private @Nullable Tensor logits; // [LOGITS_ROWS, V], when first needed

  /**
   * Of a number of sequences.
   *
   * @param capacity positions of each
   * @param rows that are evaluated at a time, at most
   */
  public Workspace(
      Backend backend,
      Gpt2Config config,
      Forward forward,
      int sequences,
      int capacity,
      int rows,
      WeightFormat cacheType) {
    this.backend = backend;
    this.config = config;
    this.forward = forward;
    KvCacheSpec spec =
        new KvCacheSpec(
            config.layers(), config.heads(), config.headSize(), sequences, capacity, cacheType);
    requireRoom(spec, rows);
    try {
      cache = resources.add(backend.kvCache(spec));
      activations = resources.add(new Activations(backend, config, rows));
      batch = resources.add(TokenBatch.allocate(backend, rows));
      hidden =
          resources.add(
              backend.allocate(
                  DataType.F32, Shape.of(sequences, config.embeddingWidth()), Usage.ACTIVATION));
      index = resources.add(backend.allocate(DataType.I32, Shape.of(1), Usage.IO));
      Arena arena = Arena.ofAuto();
      tokens = new HostInts(arena, rows);
      positions = new HostInts(arena, rows);
      slots = new HostInts(arena, rows);
      hostIndex = new HostInts(arena, 1);
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /** Room for all that a session allocates, sooner or later, and a decoder of all its sequences. */
  private void requireRoom(KvCacheSpec spec, int rows) {
    long perSequence = ((long) config.embeddingWidth() + config.vocabularySize()) * Float.BYTES;
    backend.requireRoom(
        "a session of %,d × %,d tokens".formatted(spec.sequences(), spec.capacity()),
        spec.bytes() + Activations.bytes(config, rows) + spec.sequences() * perSequence);
  }

  /** The usual way to compute. */
  public Forward forward() {
    return forward;
  }

  /** The largest number of rows evaluated at a time. */
  public int rows() {
    return activations.rows();
  }

  /** The largest number of rows whose logits are held at a time. */
  public int logitsRows() {
    return Math.min(LOGITS_ROWS, rows());
  }

  /** Makes room for a slot's first positions. */
  public void reserve(int slot, int positions) {
    cache.reserve(slot, positions);
  }

  /** Gives back what lies behind a slot's first positions. */
  public void trim(int slot, int positions) {
    cache.trim(slot, positions);
  }

  /** Sets one row of what {@link #evaluate} evaluates next. */
  public void setRow(int row, int token, int position, int slot) {
    tokens.set(row, token);
    positions.set(row, position);
    slots.set(row, slot);
  }

  /** Evaluates the first {@code count} rows; returns the residual stream, {@code [count, C]}. */
  public Tensor evaluate(int count) {
    return evaluate(count, forward);
  }

  /** The same with another way to compute. */
  public Tensor evaluate(int count, Forward forward) {
    TokenBatch rows = batch.first(count);
    backend.write(rows.tokens(), tokens.first(count));
    backend.write(rows.positions(), positions.first(count));
    backend.write(rows.slots(), slots.first(count));
    return evaluate(rows, forward);
  }

  /** Evaluates a batch that lies on the device; returns the residual stream, {@code [n, C]}. */
  public Tensor evaluate(TokenBatch rows) {
    return evaluate(rows, forward);
  }

  private Tensor evaluate(TokenBatch rows, Forward forward) {
    Activations.Rows a = activations.first(rows.rows());
    forward.blocks(a, rows, cache);
    return a.x();
  }

  /** Keeps one row of {@code x} as the hidden state of a slot's last token. */
  public void keepHidden(int slot, Tensor x, int row) {
    setIndex(row);
    backend.operations().selectRows(hidden.rows(slot, 1), x, index);
  }

  /** The hidden states kept for {@code slots}, {@code [n, C]}, where evaluate would put them. */
  public Tensor hidden(Tensor slots) {
    Tensor x = activations.first(slots.shape().rows()).x();
    backend.operations().selectRows(x, hidden, slots);
    return x;
  }

  /** The logits of a few rows. */
  public void head(Tensor out, Tensor x) {
    head(out, x, forward);
  }

  private void head(Tensor out, Tensor x, Forward forward) {
    forward.head(out, activations.first(x.shape().rows()).y(), x);
  }

  /** The logits of rows {@code from … from + count - 1} of {@code x}, a block at a time. */
  public void logits(Tensor x, int from, int count, LogitsConsumer consumer) {
    logits(x, from, count, forward, consumer);
  }

  /** The same with another way to compute. */
  public void logits(Tensor x, int from, int count, Forward forward, LogitsConsumer consumer) {
    int most = logitsRows();
    if (logits == null) {
      Shape shape = Shape.of(most, config.vocabularySize());
      logits = resources.add(backend.allocate(DataType.F32, shape, Usage.ACTIVATION));
    }
    for (int first = 0; first < count; first += most) {
      int block = Math.min(most, count - first);
      Tensor blockLogits = logits.rows(0, block);
      head(blockLogits, x.rows(from + first, block), forward);
      consumer.accept(blockLogits, first);
    }
  }

  /** The logits after the last token of a slot, {@code [1, V]}. */
  public void logits(int slot, LogitsConsumer consumer) {
    logits(hidden, slot, 1, consumer);
  }

  /** Copies one slot's first positions, and its hidden state, from this to another workspace. */
  public void copy(int slot, Workspace target, int targetSlot, int length, boolean withHidden) {
    if (length > 0) {
      backend.operations().copyKv(target.cache, targetSlot, cache, slot, length);
    }
    if (withHidden) {
      setIndex(slot);
      Tensor x = hidden(index); // on its way, since both may lie in one tensor
      target.keepHidden(targetSlot, x, 0);
    }
  }

  private void setIndex(int value) {
    hostIndex.set(0, value);
    backend.write(index, hostIndex.first(1));
  }

  @Override
  public void close() {
    resources.close();
  }
}
