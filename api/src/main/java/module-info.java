/** Tensors, operations and the service provider interface that every backend implements. */
module gpt2j.api {
  requires static transitive org.jspecify;

  exports gpt2j.api;
}
