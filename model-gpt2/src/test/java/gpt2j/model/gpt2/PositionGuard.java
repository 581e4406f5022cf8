package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.model.gpt2.memory.HostInts;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A backend that fails when keys and values are to be stored behind the end of their cache. */
final class PositionGuard {
  private PositionGuard() {}

  static Backend around(Backend backend) {
    Operations operations =
        proxy(
            Operations.class,
            (method, arguments) -> {
              if (method.getName().equals("appendKv")) {
                check(backend, (KvCache) arguments[0], (TokenBatch) arguments[3]);
              }
              return call(method, backend.operations(), arguments);
            });
    return proxy(
        Backend.class,
        (method, arguments) ->
            method.getName().equals("operations") ? operations : call(method, backend, arguments));
  }

  private static void check(Backend backend, KvCache cache, TokenBatch batch) {
    try (Arena arena = Arena.ofConfined()) {
      HostInts positions = new HostInts(arena, batch.rows());
      backend.read(batch.positions(), positions.first(batch.rows()));
      for (int row = 0; row < batch.rows(); row++) {
        if (positions.get(row) >= cache.spec().capacity()) {
          throw new AssertionError(
              "position %d of %d".formatted(positions.get(row), cache.spec().capacity()));
        }
      }
    }
  }

  /** What answers a call. */
  @FunctionalInterface
  private interface Answer {
    @Nullable Object to(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                answer.to(method, arguments == null ? new Object[0] : arguments)));
  }

  private static @Nullable Object call(Method method, Object target, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
