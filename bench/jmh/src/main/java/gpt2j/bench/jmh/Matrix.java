package gpt2j.bench.jmh;

import gpt2j.api.Epilogue;

/** The matrix products of a block, under the names of the model's sections. */
public enum Matrix {
  /** Queries, keys and values. */
  QKV(Gpt2Sizes.WIDTH, 3 * Gpt2Sizes.WIDTH, Epilogue.NONE),
  /** The projection after attention. */
  ATTN_PROJ(Gpt2Sizes.WIDTH, Gpt2Sizes.WIDTH, Epilogue.ADD_TO_OUT),
  /** Into the MLP, with GELU. */
  MLP_FC(Gpt2Sizes.WIDTH, Gpt2Sizes.INNER, Epilogue.GELU_TANH),
  /** The same without GELU: the difference is what it costs behind the product. */
  MLP_FC_WITHOUT_GELU(Gpt2Sizes.WIDTH, Gpt2Sizes.INNER, Epilogue.NONE),
  /** Out of the MLP. */
  MLP_PROJ(Gpt2Sizes.INNER, Gpt2Sizes.WIDTH, Epilogue.ADD_TO_OUT);

  private final int inputs;
  private final int outputs;
  private final Epilogue epilogue;

  Matrix(int inputs, int outputs, Epilogue epilogue) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.epilogue = epilogue;
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return outputs;
  }

  Epilogue epilogue() {
    return epilogue;
  }
}
