/** The example of a backend: plain Java on the heap, one thread, float32. */
module gpt2j.backend.plain {
  requires transitive gpt2j.api;
  requires transitive dagger;

  exports gpt2j.backend.plain;
}
