/** Benchmarks of single operations. Open, since JMH makes and calls them by reflection. */
open module gpt2j.bench.jmh {
  requires gpt2j.api;
  requires gpt2j.backend.cpu;
  requires gpt2j.backend.cuda;
  requires dagger;
  requires jakarta.inject;
  requires jmh.core;
  requires java.management;
  requires jdk.unsupported; // for jmh.core, which has no descriptor to say so
  requires static org.jspecify;
}
