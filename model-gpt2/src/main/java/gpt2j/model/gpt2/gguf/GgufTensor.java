package gpt2j.model.gpt2.gguf;

import java.util.List;

/**
 * What a file's header says about one tensor.
 *
 * @param sizes outermost first, which is the other way round than in the file
 * @param offset first byte, counted from the beginning of the tensors' data
 * @param bytes how many it has
 */
record GgufTensor(String name, GgmlType type, List<Long> sizes, long offset, long bytes) {
  GgufTensor {
    sizes = List.copyOf(sizes);
  }
}
