package gpt2j.spi;

import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The handles of a {@link CheckedBackend}, one for each type of the backend's own. */
final class Handles {
  private Handles() {}

  static final class OfTensor extends Handle<Tensor> implements Tensor {
    OfTensor(CheckedBackend backend, Tensor own) {
      super(backend, "tensor", own);
    }

    private OfTensor(OfTensor owner, Tensor rows) {
      super(owner, rows);
    }

    @Override
    public DataType type() {
      return described().type();
    }

    @Override
    public Shape shape() {
      return described().shape();
    }

    @Override
    public Tensor rows(int first, int count) {
      return new OfTensor(this, life().get(() -> own().rows(first, count)));
    }
  }

  static final class OfWeights extends Handle<LinearWeights> implements LinearWeights {
    OfWeights(CheckedBackend backend, LinearWeights own) {
      super(backend, "weight matrix", own);
    }

    @Override
    public int inputs() {
      return described().inputs();
    }

    @Override
    public int outputs() {
      return described().outputs();
    }

    @Override
    public long bytes() {
      return described().bytes();
    }
  }

  static final class OfTable extends Handle<EmbeddingTable> implements EmbeddingTable {
    OfTable(CheckedBackend backend, EmbeddingTable own) {
      super(backend, "embedding table", own);
    }

    @Override
    public int rows() {
      return described().rows();
    }

    @Override
    public int width() {
      return described().width();
    }

    @Override
    public long bytes() {
      return described().bytes();
    }
  }

  static final class OfCache extends Handle<KvCache> implements KvCache {
    private final int[] room; // [sequences]: positions; read and written holding the backend's lock

    OfCache(CheckedBackend backend, KvCache own) {
      super(backend, "KV cache", own);
      room = new int[own.spec().sequences()];
    }

    @Override
    public KvCacheSpec spec() {
      return described().spec();
    }

    @Override
    public void reserve(int slot, int positions) {
      requireRange("reserve", slot, positions, spec().capacity());
      life().requireUnrecorded("reserve");
      own();
      if (positions <= room[slot]) {
        return; // asked before each step, which allocates nothing
      }
      life()
          .runUnrecorded(
              "reserve",
              () -> {
                KvCache own = own();
                if (positions > room[slot]) {
                  own.reserve(slot, positions);
                  room[slot] = positions;
                }
              });
    }

    @Override
    public void trim(int slot, int positions) {
      requireRange("trim", slot, positions, spec().capacity());
      life()
          .runUnrecorded(
              "trim",
              () -> {
                own().trim(slot, positions);
                room[slot] = Math.min(room[slot], positions);
              });
    }

    /** Holding the lock: throws unless positions of a slot are there to be read or written. */
    void requireRoom(String call, int slot, int positions) {
      requireRange(call, slot, positions, slot < 0 || slot >= room.length ? 0 : room[slot]);
    }

    private void requireRange(String call, int slot, int positions, int most) {
      if (slot < 0 || slot >= room.length || positions < 0 || positions > most) {
        throw new IllegalArgumentException(
            "%s: %d positions of slot %d, which has room for %d, of %s"
                .formatted(call, positions, slot, most, spec()));
      }
    }
  }

  static final class OfSampling extends Handle<SamplingState> implements SamplingState {
    OfSampling(CheckedBackend backend, SamplingState own) {
      super(backend, "sampling state", own);
    }

    @Override
    public int rows() {
      return described().rows();
    }

    @Override
    public int vocabulary() {
      return described().vocabulary();
    }

    @Override
    public void use(int row, SamplingParameters parameters) {
      Checks.index("sampling: row", row, rows());
      parameters
          .logitBias()
          .keySet()
          .forEach(token -> Checks.index("sampling: token", token, vocabulary()));
      life().runUnrecorded("use", () -> own().use(row, parameters));
    }

    @Override
    public void allow(int row, @Nullable BitSet tokens) {
      Checks.index("sampling: row", row, rows());
      if (tokens != null) {
        if (tokens.isEmpty()) {
          throw new IllegalArgumentException("sampling: no token is allowed for row " + row);
        }
        Checks.index("sampling: token", tokens.length() - 1, vocabulary());
      }
      life().runUnrecorded("allow", () -> own().allow(row, tokens));
    }

    @Override
    public void reset(int row, long stream, int draw, int[] prompt, int[] drawn) {
      Checks.index("sampling: row", row, rows());
      for (int[] tokens : new int[][] {prompt, drawn}) {
        for (int token : tokens) {
          Checks.index("sampling: token", token, vocabulary());
        }
      }
      life().runUnrecorded("reset", () -> own().reset(row, stream, draw, prompt, drawn));
    }
  }

  static final class OfQueue extends Handle<TokenQueue> implements TokenQueue {
    OfQueue(CheckedBackend backend, TokenQueue own) {
      super(backend, "token queue", own);
    }

    @Override
    public int rows() {
      return described().rows();
    }

    @Override
    public int depth() {
      return described().depth();
    }

    /** Without the lock, so that others can work while this thread waits. */
    @Override
    public void take(int[] tokens) {
      try {
        own().take(tokens);
      } catch (IllegalStateException e) {
        TokenQueue open = own(); // or says that it, or the backend, was closed meanwhile
        throw e;
      } finally {
        Reference.reachabilityFence(this); // it isn't collected while it is waited for
      }
    }

    @Override
    public void clear() {
      life().run(() -> own().clear());
    }
  }

  static final class OfStep extends Handle<Step> implements Step {
    private final Runnable body;
    private final Runnable run = () -> own().run(); // made once: a run allocates nothing

    private OfStep(CheckedBackend backend, Step own, Runnable body) {
      super(backend, "step " + own.name(), own);
      this.body = body;
    }

    /** The backend's own step is led to its body by the handle alone, which it may hold in turn. */
    static OfStep record(CheckedBackend backend, Backend own, String name, Runnable body) {
      WeakReference<Runnable> weak = new WeakReference<>(body);
      Step step = backend.life().record(name, () -> own.record(name, () -> run(weak.get())));
      return new OfStep(backend, step, body);
    }

    private static void run(@Nullable Runnable body) {
      if (body != null) { // which it never is while the handle is in use
        body.run();
      }
    }

    @Override
    public String name() {
      return described().name();
    }

    @Override
    public void run() {
      try {
        life().runUnrecorded("run", run);
      } finally {
        Reference.reachabilityFence(body);
        Reference.reachabilityFence(this);
      }
    }
  }
}
