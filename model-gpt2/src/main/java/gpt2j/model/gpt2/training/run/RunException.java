package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.nio.file.Path;

/** A run can't begin or go on. The message is one line that says why and what to do. */
public final class RunException extends RuntimeException {
  /** What was tried, where something could not be written. */
  static final String UNWRITABLE = "can't be written";

  private static final long serialVersionUID = 1L;

  RunException(String message) {
    super(message);
  }

  RunException(Path file, String problem) {
    super(file + ": " + problem);
  }

  RunException(Path file, String action, IOException cause) {
    super("%s: %s: %s".formatted(file, action, explain(action, cause)), cause);
  }

  private static String explain(String action, IOException cause) {
    return action.equals(UNWRITABLE) ? Io.explainWriting(cause) : Io.explain(cause);
  }
}
