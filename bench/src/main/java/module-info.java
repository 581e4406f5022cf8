/**
 * End-to-end benchmarks, reports and pictures. Open for Jackson, which reads and writes records.
 */
open module gpt2j.bench {
  requires transitive gpt2j.api;
  requires transitive gpt2j.model.gpt2;
  requires java.desktop;
  requires jdk.incubator.vector;
  requires com.fasterxml.jackson.annotation;
  requires tools.jackson.core;
  requires tools.jackson.databind;
  requires org.jfree.jfreechart;
  requires static transitive org.jspecify;

  exports gpt2j.bench;
  exports gpt2j.bench.context;
  exports gpt2j.bench.machine;
  exports gpt2j.bench.plot;
  exports gpt2j.bench.result;
  exports gpt2j.bench.result.setup;
  exports gpt2j.bench.table;
  exports gpt2j.bench.visualize;
}
