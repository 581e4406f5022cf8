package gpt2j.model.gpt2.format;

/**
 * A file isn't what its format asks for. The message is one line that names the field, to follow
 * "FILE: ".
 */
public final class FormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FormatException(String problem) {
    super(problem);
  }

  /** The message, which there always is. */
  public String problem() {
    return String.valueOf(getMessage());
  }
}
