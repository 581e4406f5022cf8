package gpt2j.model.gpt2.stories;

/**
 * Short stories in plain English, made up from a grammar: somebody with a name and a character, a
 * friend, somebody older, things, places and weather that stay the same until the end, and a plot
 * whose causes have their consequences. Any number of them, for training models so small that they
 * could learn little else (as in Eldan and Li 2023, <em>TinyStories</em>, whose stories a large
 * model wrote).
 *
 * <p>Immutable; any number of threads may share one.
 */
public final class Stories {
  private final StoryGrammar grammar = StoryGrammar.read();
  private final long seed;

  /** The stories of a seed. */
  public Stories(long seed) {
    this.seed = seed;
  }

  /**
   * A story: paragraphs with an empty line between them, without a line break at the end. The same
   * seed and number give the same story.
   *
   * @param number which, 0 or more
   */
  public String story(long number) {
    if (number < 0) {
      throw new IllegalArgumentException("stories are counted from 0, not " + number);
    }
    return Story.tell(grammar, new Choices(seed, number));
  }
}
