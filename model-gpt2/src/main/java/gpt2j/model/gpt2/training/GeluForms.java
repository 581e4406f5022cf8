package gpt2j.model.gpt2.training;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;

/** The form of GELU that a configuration asks for. */
final class GeluForms {
  private GeluForms() {}

  static GeluForm of(Gpt2Config config) {
    return config.activation() == Epilogue.GELU_ERF ? GeluForm.ERF : GeluForm.TANH;
  }
}
