package gpt2j.api.host;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether modules may call native code: Java lets everybody, with a warning, unless told not to.
 */
public final class NativeAccess {
  private static final String DENIED = "--illegal-native-access=deny";

  private NativeAccess() {}

  /**
   * What keeps modules from calling native code, in one line with the flag to add; empty when they
   * may.
   *
   * @param own the module of who asks; the unnamed one stands for the whole class path
   * @param modules the names of the modules that call native code, or are called by it
   */
  public static Optional<String> objection(Module own, List<String> modules) {
    ModuleLayer layer = own.getLayer();
    String lacking =
        layer == null
            ? own.isNativeAccessEnabled() ? "" : "ALL-UNNAMED"
            : modules.stream()
                .filter(
                    name ->
                        layer.findModule(name).stream()
                            .anyMatch(module -> !module.isNativeAccessEnabled()))
                .collect(Collectors.joining(","));
    boolean denied =
        !lacking.isEmpty()
            && ManagementFactory.getRuntimeMXBean().getInputArguments().contains(DENIED);
    return denied
        ? Optional.of(
            "calls of native code are denied: start java with --enable-native-access=" + lacking)
        : Optional.empty();
  }
}
