package gpt2j.model.gpt2.inference;

/**
 * A hook in one layer.
 *
 * @param layer counted from 0; 0 for what is not in a layer
 */
public record Site(Hook hook, int layer) {
  /** For example {@code blocks.3.hook_resid_pre}. */
  public String name() {
    return hook.pattern().replace("*", Integer.toString(layer));
  }
}
