package gpt2j.model.gpt2.json;

/** A text is not the JSON it should be. The message is one line and doesn't name the file. */
public final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JsonException(String message) {
    super(message);
  }

  JsonException(String message, Throwable cause) {
    super(message, cause);
  }
}
