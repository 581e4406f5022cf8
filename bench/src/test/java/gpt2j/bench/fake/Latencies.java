package gpt2j.bench.fake;

import java.util.Map;

/**
 * What each operation takes the device: a fixed time, a time per row, and, for attention, a time
 * per pair of a query and a key.
 */
public final class Latencies {
  /** Gathering rows. */
  public static final long SELECT = 70;

  /** Making the next step's input of the tokens drawn. */
  public static final long ADVANCE = 30;

  /** Per pair of a query and a key. */
  public static final long PAIR = 13;

  private static final Map<String, Long> FIXED =
      Map.of(
          "embedding", 1_000L,
          "ln_1", 100L,
          "qkv", 3_000L,
          "kv_append", 50L,
          "attention", 700L,
          "attn_proj", 1_000L,
          "ln_2", 110L,
          "mlp_fc", 4_000L,
          "mlp_proj", 4_100L,
          "head", 20_000L);
  private static final Map<String, Long> OTHERS = Map.of("ln_f", 120L, "sample", 900L);
  private static final long PER_ROW = 40;

  private final long factor;

  /** Latencies multiplied by a factor. */
  public Latencies(long factor) {
    this.factor = factor;
  }

  /**
   * The time of a section's operation.
   *
   * @param section the model's name for it
   * @param rows rows of the batch
   * @param pairs pairs of a query and a key; 0 except in attention
   */
  public long nanos(String section, long rows, long pairs) {
    Long fixed = FIXED.getOrDefault(section, OTHERS.get(section));
    if (fixed == null) {
      throw new AssertionError("no latency for section " + section);
    }
    return factor * (fixed + PER_ROW * rows + PAIR * pairs);
  }

  long select() {
    return factor * SELECT;
  }

  long advance() {
    return factor * ADVANCE;
  }

  /** The blocks of a model for a batch, without the embedding. */
  public long blocks(int layers, long rows, long pairs) {
    long one = 0;
    for (String section :
        new String[] {"ln_1", "qkv", "kv_append", "attn_proj", "ln_2", "mlp_fc", "mlp_proj"}) {
      one += nanos(section, rows, 0);
    }
    return layers * (one + nanos("attention", rows, pairs));
  }

  /** From the residual stream to the tokens drawn, the gathering before it left out. */
  public long head(long rows) {
    return nanos("ln_f", rows, 0)
        + nanos("head", rows, 0)
        + nanos("sample", rows, 0)
        + factor * ADVANCE;
  }

  /** Evaluating whole prompts, and keeping each one's last hidden state. */
  public long prefill(int layers, int batch, int length) {
    long rows = (long) batch * length;
    long pairs = (long) batch * length * (length + 1) / 2;
    return nanos("embedding", rows, 0) + blocks(layers, rows, pairs) + batch * factor * SELECT;
  }

  /** Drawing the first tokens after a prefill. */
  public long first(int batch) {
    return factor * SELECT + head(batch);
  }

  /** A recorded decoding step after which each sequence's last token attends to {@code length}. */
  public long decode(int layers, int batch, int length) {
    return nanos("embedding", batch, 0)
        + blocks(layers, batch, (long) batch * length)
        + head(batch);
  }
}
