package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.nio.file.Path;

/** A run can't begin or go on. The message is one line that says why and what to do. */
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RunException(String message) {
    super(message);
  }

  RunException(Path file, String problem) {
    super(file + ": " + problem);
  }

  RunException(Path file, String action, IOException cause) {
    this("%s: %s: %s".formatted(file, action, Io.explain(cause)), cause);
  }

  private RunException(String message, IOException cause) {
    super(message, cause);
  }

  static RunException unwritable(Path file, IOException cause) {
    return new RunException(file + ": " + Io.unwritable(cause), cause);
  }
}
