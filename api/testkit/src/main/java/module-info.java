/** The contract that every backend's tests inherit, and a plain-Java reference backend. */
module gpt2j.testkit {
  requires transitive gpt2j.api;
  requires transitive org.junit.jupiter.api;
  requires transitive org.junit.jupiter.params;
  requires static transitive org.jspecify;

  exports gpt2j.testkit;
}
