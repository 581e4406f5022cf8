package gpt2j.spi;

import gpt2j.api.Operations;

/** Passes everything on to other operations, to be overridden one at a time. */
public class ForwardingOperations implements Operations {
  /** The other operations. */
  protected final Operations to;

  public ForwardingOperations(Operations to) {
    this.to = to;
  }

  @Override
  public final Operations otherwise(String operation) {
    return to;
  }
}
