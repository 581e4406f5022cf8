package gpt2j.testkit;

import static gpt2j.testkit.SabotagedOperations.operations;
import static gpt2j.testkit.SabotagedTensors.withPositions;
import static gpt2j.testkit.SabotagedTensors.withSlots;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.spi.ForwardingOperations;
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
        operations("one position too many", KvCacheContract.class, b -> copy(b, 1)));
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
}
