package gpt2j.bench.visualize;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** Gets at the KV caches that sessions make, independently of what is tested. */
final class Caches {
  private final Backend backend;
  private final Backend proxy;
  private final List<KvCache> made = new ArrayList<>();

  Caches(Backend backend) {
    this.backend = backend;
    proxy =
        (Backend)
            Proxy.newProxyInstance(
                Caches.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (self, method, arguments) -> {
                  try {
                    Object result = method.invoke(backend, arguments);
                    if (result instanceof KvCache cache) {
                      made.add(cache);
                    }
                    return result;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  /** The same backend, watched. */
  Backend backend() {
    return proxy;
  }

  /** {@code [2: keys, values][positions][heads * headSize]} after tokens are evaluated at once. */
  float[][][] contents(Gpt2 model, int layer, int... tokens) {
    try (Session session = model.session(SessionOptions.defaults().withCapacity(tokens.length));
        Arena arena = Arena.ofConfined()) {
      session.prefill(0, tokens);
      KvCache cache = made.getLast();
      int width = cache.spec().width();
      MemorySegment keys = arena.allocate(4L * tokens.length * width, 4);
      MemorySegment values = arena.allocate(4L * tokens.length * width, 4);
      backend.readKv(cache, layer, 0, tokens.length, keys, values);
      return new float[][][] {rows(keys, width), rows(values, width)};
    }
  }

  private static float[][] rows(MemorySegment memory, int width) {
    float[] all = memory.toArray(ValueLayout.JAVA_FLOAT);
    float[][] rows = new float[all.length / width][width];
    for (int i = 0; i < all.length; i++) {
      rows[i / width][i % width] = all[i];
    }
    return rows;
  }
}
