/** GPT-2: checkpoints, tokenizer, the forward pass, KV cache sessions, sampling, generation. */
@SuppressWarnings("module") // the digit at the end of the name is the model's own
module gpt2j.model.gpt2 {
  requires transitive gpt2j.api;
  requires jtokkit;
  requires transitive tools.jackson.core;
  requires static transitive org.jspecify;

  exports gpt2j.model.gpt2;
  exports gpt2j.model.gpt2.checkpoint;
  exports gpt2j.model.gpt2.config;
  exports gpt2j.model.gpt2.convert;
  exports gpt2j.model.gpt2.data;
  exports gpt2j.model.gpt2.data.prepare;
  exports gpt2j.model.gpt2.engine;
  exports gpt2j.model.gpt2.files;
  exports gpt2j.model.gpt2.json;
  exports gpt2j.model.gpt2.stories;
  exports gpt2j.model.gpt2.tokenizer;
  exports gpt2j.model.gpt2.training;
  exports gpt2j.model.gpt2.training.run;
}
