package gpt2j.backend.cuda.step;

import gpt2j.api.BackendOptions;
import java.util.List;

/**
 * How many steps may be queued before the tokens of one are taken. Some: the device goes on while
 * the host sleeps, turns tokens into text and prints. Not many: they are computed for nothing when
 * a sequence ends.
 */
public final class RunAhead {
  /** The setting's name. */
  public static final String SETTING = "run-ahead";

  /** The values that it may have, the default first. */
  public static final List<String> VALUES = List.of("4", "0", "1", "2", "3", "5", "6", "7", "8");

  private RunAhead() {}

  /** What the options say, or the default. */
  public static int of(BackendOptions options) {
    return Integer.parseInt(options.settings().getOrDefault(SETTING, VALUES.getFirst()));
  }
}
