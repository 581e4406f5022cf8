package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.util.List;
import java.util.Optional;

/** An open file that holds a whole model: its weights and what they are to be taken for. */
public interface ModelFile extends WeightFile {
  /** The types of weights that most formats have, for messages. */
  String USUAL_TYPES = "F32, F16, BF16 or F64";

  /** What to call the format, for people: {@code GGUF 3}. */
  String format();

  /** Where {@link #config} comes from, for messages: {@code config.json}. */
  String settings();

  /** The types of its tensors that can be read, for messages. */
  default String types() {
    return USUAL_TYPES;
  }

  /** The model's hyperparameters. */
  Gpt2Config config();

  /** What is odd about the file and taken nevertheless, a line each. */
  default List<String> notes() {
    return List.of();
  }

  /**
   * The tokenizer that the file holds; none where it holds none.
   *
   * @throws TokenizerException when it can't be used
   */
  default Optional<Tokenizer> tokenizer() {
    return Optional.empty();
  }
}
