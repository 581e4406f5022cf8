package gpt2j.hub;

import java.io.IOException;

/** A model isn't as it must be, or can't be had. The message is to follow the model's name. */
final class ModelProblem extends IOException {
  private static final long serialVersionUID = 1L;

  ModelProblem(String message) {
    super(message);
  }

  ModelProblem(String message, Throwable cause) {
    super(message, cause);
  }
}
