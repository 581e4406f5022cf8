package gpt2j.bench.result.setup;

import java.util.Arrays;
import java.util.Optional;

/** The programs beside which gpt2j can be measured. */
public enum Program {
  /** Hugging Face transformers, with PyTorch and its own cache. */
  TRANSFORMERS("transformers"),
  /** PyTorch in the manner of nanoGPT: without a cache. */
  NANOGPT("nanogpt"),
  /** The same with keys and values kept, as nanoGPT's forks do. */
  NANOGPT_CACHE("nanogpt-cache"),
  /** llama.cpp by its own llama-bench and llama-batched-bench. */
  LLAMA_CPP("llama.cpp"),
  /** Jlama, in Java. */
  JLAMA("jlama");

  private final String label;

  Program(String label) {
    this.label = label;
  }

  /** As users write it and tables show it. */
  public String label() {
    return label;
  }

  /** The program of a label. */
  public static Optional<Program> of(String label) {
    return Arrays.stream(values()).filter(program -> program.label.equals(label)).findFirst();
  }
}
