package gpt2j.model.gpt2.gguf;

import java.util.List;

/** A value of a file's metadata. */
sealed interface GgufValue {
  /** An integer of any size; one of 64 bits without sign that no long can hold is negative. */
  record Whole(long value) implements GgufValue {}

  /** A float32 or float64. */
  record Real(double value) implements GgufValue {}

  record Flag(boolean value) implements GgufValue {}

  record Text(String value) implements GgufValue {}

  /** An array of texts. */
  record Texts(List<String> values) implements GgufValue {}

  /** An array of integers of 32 bits. */
  record Wholes(List<Integer> values) implements GgufValue {}

  /** An array that nobody needs here. */
  record Other(String kind) implements GgufValue {}
}
