/** The CUDA backend. */
module gpt2j.backend.cuda {
  requires transitive gpt2j.api;
  requires transitive dagger;
  requires jakarta.inject;
  requires static transitive org.jspecify;

  exports gpt2j.backend.cuda;
}
