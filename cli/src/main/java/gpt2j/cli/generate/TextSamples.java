package gpt2j.cli.generate;

import gpt2j.cli.io.Output;
import gpt2j.model.gpt2.GenerationEvent;
import java.util.BitSet;
import java.util.function.Consumer;

/**
 * Prints samples as text, one after another, although they come side by side: the first that isn't
 * finished is printed as it comes, what comes of the others is kept until it is their turn.
 */
final class TextSamples implements Consumer<GenerationEvent> {
  /** The line between two samples, nanoGPT's. */
  private static final String SEPARATOR = "---------------";

  private final Output out;
  private final StringBuilder[] kept;
  private final BitSet finished = new BitSet();
  private int current;

  TextSamples(Output out, int samples) {
    this.out = out;
    kept = new StringBuilder[samples];
    for (int i = 0; i < samples; i++) {
      kept[i] = new StringBuilder();
    }
  }

  @Override
  public void accept(GenerationEvent event) {
    kept[event.index()].append(event.text());
    if (event instanceof GenerationEvent.Finished) {
      finished.set(event.index());
    }
    printKept();
    while (current < kept.length && finished.get(current)) {
      current++;
      out.print(current < kept.length ? "\n" + SEPARATOR + "\n" : "\n");
      printKept();
    }
  }

  private void printKept() {
    if (current < kept.length) {
      out.print(kept[current].toString());
      kept[current].setLength(0);
    }
  }
}
