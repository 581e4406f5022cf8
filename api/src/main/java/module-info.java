/** Tensors, operations and the service provider interface that every backend implements. */
@SuppressWarnings("module") // exported to modules that are compiled after this one
module gpt2j.api {
  requires java.management;
  requires static transitive org.jspecify;

  exports gpt2j.api;
  exports gpt2j.api.tensor;
  exports gpt2j.api.training;
  exports gpt2j.spi;
  exports gpt2j.api.host to
      gpt2j.backend.cpu,
      gpt2j.backend.cuda;
}
