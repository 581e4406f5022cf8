package gpt2j.testkit;

import gpt2j.api.BackendProvider;
import java.util.Set;

/** The contract of a backend with a planted bug. Run by {@link SabotageTest}, never by itself. */
class SabotagedContract extends BackendContract {
  /** JUnit makes the instances, so this is how they are told. */
  static Sabotage planted = Sabotage.none();

  static Set<Feature> declared = Set.of();

  @Override
  protected BackendProvider provider() {
    return planted.provider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return declared;
  }
}
