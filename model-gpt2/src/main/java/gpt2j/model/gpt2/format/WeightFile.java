package gpt2j.model.gpt2.format;

import java.io.IOException;
import java.util.List;

/** An open file of weights. Its tensors are read, by any number of threads, until it is closed. */
public interface WeightFile extends AutoCloseable {
  /**
   * Its tensors, under the names that Hugging Face gives GPT-2's and in their shapes, where the
   * format has others. Those that the model hasn't keep their own.
   */
  List<StoredTensor> stored();

  /**
   * Returns unless the file was written to since it was opened.
   *
   * @throws IOException when it was; the message is to follow "FILE: "
   */
  void requireUnchanged() throws IOException;

  @Override
  void close();
}
