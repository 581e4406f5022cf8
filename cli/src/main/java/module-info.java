/** The command line. */
module gpt2j.cli {
  requires gpt2j.api;
  requires gpt2j.backend.cpu;
  requires gpt2j.backend.cuda;
  requires gpt2j.bench;
  requires gpt2j.hub;
  requires gpt2j.model.gpt2;
  requires dagger;
  requires jakarta.inject;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires tools.jackson.core;
  requires static org.jspecify;

  opens gpt2j.cli to
      info.picocli;
  opens gpt2j.cli.bench to
      info.picocli;
  opens gpt2j.cli.data to
      info.picocli;
  opens gpt2j.cli.generate to
      info.picocli;
  opens gpt2j.cli.options to
      info.picocli;
  opens gpt2j.cli.train to
      info.picocli;
}
