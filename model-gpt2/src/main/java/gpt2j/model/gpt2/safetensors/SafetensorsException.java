package gpt2j.model.gpt2.safetensors;

/** A file is not a proper safetensors file. The message is one line and starts with its name. */
public final class SafetensorsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SafetensorsException(String file, String problem) {
    super(file + ": " + problem);
  }
}
