package gpt2j.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Operations;
import gpt2j.api.UnsupportedException;
import gpt2j.api.training.TrainingOperations;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What operations that others stand before, or that a backend lacks, do. */
class OperationsTest {
  @Test
  void eachOperationIsPassedOn() throws ReflectiveOperationException {
    List<List<Object>> calls = new ArrayList<>();
    Operations forwarding = new ForwardingOperations(recording(Operations.class, calls));
    for (Method operation : operations(Operations.class)) {
      assertPassedOn(operation, forwarding, calls);
    }
    TrainingOperations training =
        new ForwardingTrainingOperations(recording(TrainingOperations.class, calls));
    for (Method operation : operations(TrainingOperations.class)) {
      assertPassedOn(operation, training, calls);
    }
  }

  private static void assertPassedOn(Method operation, Object forwarding, List<List<Object>> calls)
      throws ReflectiveOperationException {
    calls.clear();
    Object[] arguments = arguments(operation);
    operation.invoke(forwarding, arguments);
    assertEquals(List.of(call(operation, arguments)), calls);
  }

  @Test
  void anOperationThatABackendLacksIsNamed() {
    var nothing = new Operations() {};
    for (Method operation : operations(Operations.class)) {
      var e =
          assertThrows(
              InvocationTargetException.class,
              () -> operation.invoke(nothing, arguments(operation)));
      assertTrue(
          e.getCause() instanceof UnsupportedException unsupported
              && String.valueOf(unsupported.getMessage())
                  .endsWith("has no operation " + operation.getName()),
          e.getCause()::toString);
    }
  }

  @Test
  void eachOperationIsChecked() {
    assertEquals(signatures(Operations.class), checks(Operations.class, CheckedOperations.class));
    assertEquals(
        signatures(TrainingOperations.class),
        checks(TrainingOperations.class, CheckedTrainingOperations.class));
  }

  private static List<String> signatures(Class<?> type) {
    return operations(type).stream().map(OperationsTest::signature).sorted().toList();
  }

  private static List<String> checks(Class<?> type, Class<?> checked) {
    List<String> all = signatures(type);
    return Stream.of(checked.getDeclaredMethods())
        .map(OperationsTest::signature)
        .filter(all::contains)
        .sorted()
        .toList();
  }

  private static String signature(Method method) {
    return method.getName() + Arrays.toString(method.getParameterTypes());
  }

  private static List<Method> operations(Class<?> type) {
    List<Method> all =
        Stream.of(type.getDeclaredMethods())
            .filter(method -> method.isDefault() && !method.getName().equals("otherwise"))
            .toList();
    assertTrue(all.size() >= 12, all::toString);
    return all;
  }

  private static <T> T recording(Class<T> type, List<List<Object>> calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              calls.add(call(method, arguments));
              return null;
            }));
  }

  private static List<Object> call(Method method, Object... arguments) {
    return List.of(method.getName(), Arrays.asList(arguments));
  }

  /** A number of its own for each number, nothing for each handle. */
  private static Object[] arguments(Method operation) {
    Class<?>[] types = operation.getParameterTypes();
    Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      if (types[i] == int.class) {
        arguments[i] = i;
      } else if (types[i] == float.class) {
        arguments[i] = (float) i;
      } else if (types[i].isInterface() && !types[i].isSealed()) {
        arguments[i] =
            Proxy.newProxyInstance(
                types[i].getClassLoader(), new Class<?>[] {types[i]}, OperationsTest::identity);
      }
    }
    return arguments;
  }

  private static Object identity(Object proxy, Method method, Object... arguments) {
    return switch (method.getName()) {
      case "equals" -> proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> method.getName();
    };
  }
}
