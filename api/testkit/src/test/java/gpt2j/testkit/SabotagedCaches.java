package gpt2j.testkit;

import static gpt2j.testkit.SabotagedOperations.operations;
import static gpt2j.testkit.SabotagedTensors.withPositions;
import static gpt2j.testkit.SabotagedTensors.withSlots;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.spi.ForwardingBackend;
import gpt2j.spi.ForwardingOperations;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Bugs in the cache's slots, positions and layers. */
final class SabotagedCaches {
  private SabotagedCaches() {}

  static List<Sabotage> all() {
    return List.of(
        operations("slot ignored", KvCacheContract.class, b -> append(b, 0, s -> 0, p -> p)),
        operations(
            "position off by one", KvCacheContract.class, b -> append(b, 0, s -> s, p -> p + 1)),
        operations("layer ignored", KvCacheContract.class, b -> append(b, -1, s -> s, p -> p)),
        operations("one position too few", KvCacheContract.class, b -> copy(b, -1)),
        operations("one position too many", KvCacheContract.class, b -> copy(b, 1)),
        operations(
            "idle rows are stored",
            IdleRowsContract.class,
            b -> append(b, 0, SabotagedCaches::awake, p -> p)),
        operations("idle rows go on", IdleRowsContract.class, SabotagedCaches::advanceIdle),
        room("growing loses what is there", (cache, slot, positions) -> cache.trim(slot, 0)),
        room("growing takes another slot's", (cache, slot, positions) -> cache.trim(0, 0)),
        Sabotage.of(
            "cache: trimming does nothing",
            RoomContract.class,
            to -> new Rooms(to, (cache, slot, positions) -> {}, true)),
        stored("q8_0 isn't rounded", WeightFormat.Q8_0, WeightFormat.F32),
        stored("f16 is kept as bf16", WeightFormat.F16, WeightFormat.BF16));
  }

  /** A cache that isn't what it says that it is. */
  private static Sabotage stored(String name, WeightFormat asked, WeightFormat given) {
    return Sabotage.of(
        "cache: " + name,
        KvCacheContract.class,
        to ->
            new Rooms(to, (cache, slot, positions) -> {}, false) {
              @Override
              WeightFormat stored(WeightFormat type) {
                return type == asked ? given : type;
              }
            });
  }

  private static Operations append(
      Backend backend, int layers, IntUnaryOperator slot, IntUnaryOperator position) {
    return new ForwardingOperations(backend.operations()) {
      @Override
      public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
        TokenBatch wrong = withPositions(backend, withSlots(backend, batch, slot), position);
        to.appendKv(cache, layers < 0 ? 0 : layer, qkv, wrong);
      }
    };
  }

  private static Operations copy(Backend backend, int more) {
    return new ForwardingOperations(backend.operations()) {
      @Override
      public void copyKv(KvCache target, int toSlot, KvCache from, int fromSlot, int positions) {
        int room = Math.min(target.spec().capacity(), from.spec().capacity());
        int copied = Math.clamp(positions + more, 0, room);
        to.copyKv(target, toSlot, from, fromSlot, copied);
      }
    };
  }

  private static int awake(int slot) {
    return slot == TokenBatch.IDLE ? 0 : slot;
  }

  private static Operations advanceIdle(Backend backend) {
    return new ForwardingOperations(backend.operations()) {
      @Override
      public void advance(TokenBatch batch, Tensor sampled, TokenQueue queue) {
        to.advance(withSlots(backend, batch, SabotagedCaches::awake), sampled, queue);
      }
    };
  }

  /** What goes wrong before a slot grows. */
  private interface Growing {
    void grow(KvCache cache, int slot, int positions);
  }

  private static Sabotage room(String name, Growing wrong) {
    return Sabotage.of("cache: " + name, RoomContract.class, to -> new Rooms(to, wrong, false));
  }

  /** Caches of its own, which lead to the right ones. */
  private static class Rooms extends ForwardingBackend {
    private final Growing wrong;
    private final boolean keeps;

    Rooms(Backend to, Growing wrong, boolean keeps) {
      super(to);
      this.wrong = wrong;
      this.keeps = keeps;
    }

    @Override
    public KvCache kvCache(KvCacheSpec spec) {
      KvCacheSpec given =
          new KvCacheSpec(
              spec.layers(),
              spec.heads(),
              spec.headSize(),
              spec.sequences(),
              spec.capacity(),
              stored(spec.type()));
      return new Room(to.kvCache(given), spec, wrong, keeps);
    }

    WeightFormat stored(WeightFormat type) {
      return type;
    }

    @Override
    public void readKv(
        KvCache cache,
        int layer,
        int slot,
        int positions,
        MemorySegment keys,
        MemorySegment values) {
      to.readKv(right(cache), layer, slot, positions, keys, values);
    }

    private static KvCache right(KvCache cache) {
      return ((Room) cache).right();
    }

    @Override
    public Operations operations() {
      return new ForwardingOperations(to.operations()) {
        @Override
        public void appendKv(KvCache cache, int layer, Tensor qkv, TokenBatch batch) {
          to.appendKv(right(cache), layer, qkv, batch);
        }

        @Override
        public void attention(
            Tensor out,
            Tensor qkv,
            KvCache cache,
            int layer,
            TokenBatch batch,
            float scale,
            AttentionProbe probe) {
          to.attention(out, qkv, right(cache), layer, batch, scale, probe);
        }

        @Override
        public void copyKv(KvCache target, int toSlot, KvCache from, int fromSlot, int positions) {
          to.copyKv(right(target), toSlot, right(from), fromSlot, positions);
        }
      };
    }
  }

  private record Room(KvCache right, KvCacheSpec spec, Growing wrong, boolean keeps)
      implements KvCache {
    @Override
    public void reserve(int slot, int positions) {
      wrong.grow(right, slot, positions);
      right.reserve(slot, positions);
    }

    @Override
    public void trim(int slot, int positions) {
      if (!keeps) {
        right.trim(slot, positions);
      }
    }

    @Override
    public void close() {
      right.close();
    }
  }
}
