package gpt2j.backend.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import org.junit.jupiter.api.Test;

/** What the compiler is told of the kernels, and what it needs of them. */
final class KernelsTest {
  private static final String COMMAND = "-XX:CompileCommand=";
  private static final Pattern METHODS = Pattern.compile("\\w+,([\\w.*]+)::([\\w*]+)(,.*)?");

  @Test
  void everyCommandToTheCompilerIsOfAMethodThatThereIs() throws IOException {
    List<Method> methods = methods(name -> true);
    List<String> commands =
        Stream.of(System.getProperty("gpt2j.test.jvm.flags").split(" "))
            .filter(argument -> argument.startsWith(COMMAND) && argument.contains("::"))
            .map(argument -> argument.substring(COMMAND.length()))
            .toList();
    assertTrue(commands.stream().anyMatch(command -> command.startsWith("dontinline,")));
    for (String command : commands) {
      var parts = METHODS.matcher(command);
      assertTrue(parts.matches(), command);
      Predicate<String> type = pattern(parts.group(1));
      Predicate<String> name = pattern(parts.group(2));
      assertTrue(
          methods.stream()
              .anyMatch(
                  method ->
                      type.test(method.getDeclaringClass().getName())
                          && name.test(method.getName())),
          command + ": there is no such method");
    }
  }

  @Test
  void noKernelTakesOrReturnsVectors() throws IOException {
    List<Method> kernels = methods(name -> name.startsWith("gpt2j.backend.cpu.kernel."));
    assertFalse(kernels.isEmpty());
    assertEquals(
        List.of(), kernels.stream().filter(KernelsTest::hasVectors).map(Method::toString).toList());
  }

  private static boolean hasVectors(Method method) {
    return Stream.concat(
            Stream.of(method.getReturnType()), Arrays.stream(method.getParameterTypes()))
        .anyMatch(
            type -> Vector.class.isAssignableFrom(type) || VectorMask.class.isAssignableFrom(type));
  }

  private static Predicate<String> pattern(String wildcard) {
    return Pattern.compile(Pattern.quote(wildcard).replace("*", "\\E.*\\Q")).asMatchPredicate();
  }

  /** Of the classes with some names in this module. */
  private static List<Method> methods(Predicate<String> names) throws IOException {
    ResolvedModule module =
        ModuleLayer.boot().configuration().findModule("gpt2j.backend.cpu").orElseThrow();
    try (ModuleReader reader = module.reference().open()) {
      return reader
          .list()
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
          .filter(names)
          .flatMap(name -> Arrays.stream(type(name).getDeclaredMethods()))
          .toList();
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name, false, KernelsTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
