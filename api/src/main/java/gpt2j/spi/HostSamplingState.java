package gpt2j.spi;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Sampling state on the heap, for backends that draw on the host. */
public abstract class HostSamplingState implements SamplingState {
  private final int vocabulary;
  private final Row[] rows;

  /** Rows as {@link gpt2j.api.Backend#samplingState} demands. */
  protected HostSamplingState(int rows, int vocabulary) {
    this.vocabulary = vocabulary;
    this.rows = new Row[rows];
    Arrays.setAll(this.rows, row -> new Row(row, vocabulary));
  }

  /** One row. Whoever draws from it calls {@link #drew}. */
  public static final class Row {
    private final int vocabulary;
    private SamplingParameters parameters = SamplingParameters.greedy();
    private @Nullable BitSet allowed;
    private long stream;
    private int draw;
    private final BitSet seen = new BitSet();
    private int[] counts = {}; // by token, as soon as one is drawn

    private Row(int number, int vocabulary) {
      this.vocabulary = vocabulary;
      stream = number;
    }

    public SamplingParameters parameters() {
      return parameters;
    }

    /** The tokens that may be drawn; null for all. */
    public @Nullable BitSet allowed() {
      return allowed;
    }

    public long stream() {
      return stream;
    }

    /** The number of the next draw. */
    public int draw() {
      return draw;
    }

    /** The tokens of the prompt and those drawn. */
    public BitSet seen() {
      return seen;
    }

    /** How often a token was drawn. */
    public int count(int token) {
      return counts.length == 0 ? 0 : counts[token];
    }

    /** Moves on behind a draw, of a token or of {@link SamplingState#NO_TOKEN}. */
    public void drew(int token) {
      draw++;
      if (token != NO_TOKEN) {
        add(token);
      }
    }

    private void add(int token) {
      seen.set(token);
      if (counts.length == 0) {
        counts = new int[vocabulary];
      }
      counts[token]++;
    }

    private void reset(long newStream, int newDraw, int[] prompt, int[] drawn) {
      stream = newStream;
      draw = newDraw;
      seen.clear();
      Arrays.fill(counts, 0);
      for (int token : prompt) {
        seen.set(token);
      }
      for (int token : drawn) {
        add(token);
      }
    }
  }

  /** A row of those that there are. */
  protected final Row row(int index) {
    return rows[index];
  }

  @Override
  public final int rows() {
    return rows.length;
  }

  @Override
  public final int vocabulary() {
    return vocabulary;
  }

  @Override
  public final void use(int row, SamplingParameters parameters) {
    rows[row].parameters = parameters;
  }

  @Override
  public final void allow(int row, @Nullable BitSet tokens) {
    rows[row].allowed = tokens == null ? null : (BitSet) tokens.clone();
  }

  @Override
  public final void reset(int row, long stream, int draw, int[] prompt, int[] drawn) {
    rows[row].reset(stream, draw, prompt, drawn);
  }

  @Override
  public void close() {}
}
