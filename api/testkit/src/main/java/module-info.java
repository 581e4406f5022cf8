/** The contract that every backend's tests inherit, and a plain-Java reference backend. */
module gpt2j.testkit {
  requires transitive gpt2j.api;
  requires transitive org.junit.jupiter.api;
  requires transitive org.junit.jupiter.params;
  requires static transitive org.jspecify;

  exports gpt2j.testkit;

  // JUnit finds and runs the parts of BackendContract by reflection.
  opens gpt2j.testkit to
      org.junit.platform.commons;
}
