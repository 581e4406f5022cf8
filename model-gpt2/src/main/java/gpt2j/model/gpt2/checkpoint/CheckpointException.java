package gpt2j.model.gpt2.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A checkpoint can't be read or written. The message is one line that names the checkpoint, the
 * files and what is wrong with them; of a long list of problems it has the first few.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_IN_MESSAGE = 10;

  @SuppressWarnings("serial") // List.copyOf makes a serializable list
  private final List<String> problems;

  CheckpointException(Path checkpoint, List<String> problems) {
    super(checkpoint + ": " + summary(problems));
    this.problems = List.copyOf(problems);
  }

  /** With one problem. */
  public CheckpointException(Path checkpoint, String problem) {
    this(checkpoint, List.of(problem));
  }

  /** With one problem and its cause. */
  public CheckpointException(Path checkpoint, String problem, Throwable cause) {
    super(checkpoint + ": " + problem, cause);
    this.problems = List.of(problem);
  }

  /** Everything that is wrong, one line each. */
  public List<String> problems() {
    return problems;
  }

  private static String summary(List<String> problems) {
    String shown = problems.stream().limit(MOST_IN_MESSAGE).collect(Collectors.joining("; "));
    int hidden = problems.size() - MOST_IN_MESSAGE;
    return hidden > 0 ? shown + "; and " + hidden + " more" : shown;
  }
}
