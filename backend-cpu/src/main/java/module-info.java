/** The CPU backend: ND4J for memory and matrix products, Vector API kernels for the rest. */
module gpt2j.backend.cpu {
  requires transitive gpt2j.api;
  requires gpt2j.nd4j;
  requires jdk.incubator.vector;
  requires transitive dagger;
  requires jakarta.inject;
  requires static transitive org.jspecify;

  exports gpt2j.backend.cpu;
}
