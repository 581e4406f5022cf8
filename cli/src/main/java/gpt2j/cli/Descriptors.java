package gpt2j.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Functions of the C library about file descriptors. */
final class Descriptors {
  private Descriptors() {}

  /** Whether a descriptor is a terminal. */
  static boolean isTerminal(int descriptor) {
    try {
      return (int) function("isatty", 1).invokeExact(descriptor) == 1;
    } catch (Throwable e) {
      throw new AssertionError("isatty throws nothing", e);
    }
  }

  /** A function of ints that returns an int. */
  @SuppressWarnings("restricted") // native access is this class's purpose
  static MethodHandle function(String name, int arguments) {
    var parameters = new ValueLayout[arguments];
    Arrays.fill(parameters, ValueLayout.JAVA_INT);
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
  }
}
