package gpt2j.testkit;

import gpt2j.api.Operations;
import gpt2j.api.UnsupportedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Locale;

/** Operations of a backend that end the test where the backend lacks one. */
final class ReportingOperations {
  private ReportingOperations() {}

  /**
   * @param type {@link Operations} or {@link gpt2j.api.training.TrainingOperations}
   */
  static <T> T of(Class<T> type, T operations, Suite subject) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(operations, arguments);
              } catch (InvocationTargetException e) {
                if (e.getCause() instanceof UnsupportedException unsupported) {
                  String message = String.valueOf(unsupported.getMessage());
                  Feature feature =
                      type == Operations.class ? feature(method.getName()) : Feature.TRAINING;
                  throw subject.lacking(feature, message);
                }
                throw e.getCause();
              }
            }));
  }

  /** For example {@code LAYER_NORM} for {@code layerNorm}. */
  private static Feature feature(String operation) {
    return Feature.valueOf(operation.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT));
  }
}
