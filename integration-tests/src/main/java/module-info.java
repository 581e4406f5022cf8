/** Whole paths on every backend against reference data. Open for JUnit. */
open module gpt2j.integration.tests {
  requires gpt2j.api;
  requires gpt2j.testkit;
  requires gpt2j.backend.cpu;
  requires gpt2j.backend.cuda;
  requires gpt2j.backend.plain;
  requires gpt2j.cuda.emulator;
  requires gpt2j.model.gpt2;
  requires gpt2j.hub;
  requires gpt2j.bench;
  requires dagger;
  requires jakarta.inject;
  requires java.compiler;
  requires java.logging;
  requires tools.jackson.core;
  requires static org.jspecify;
}
