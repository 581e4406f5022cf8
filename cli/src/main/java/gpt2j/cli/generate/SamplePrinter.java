package gpt2j.cli.generate;

import gpt2j.model.gpt2.GenerationEvent;

/** Prints samples as they come. */
interface SamplePrinter {
  void accept(GenerationEvent event);
}
