package gpt2j.api;

/** Numbers and what they count, for messages. */
public final class Words {
  private Words() {}

  /** So many of what has a plural with s: 1 layer, 2 layers. */
  public static String count(long number, String what) {
    return count(number, what, what + "s");
  }

  /** The same of what has another plural: 1 entry, 2 entries. */
  public static String count(long number, String one, String many) {
    return number + " " + noun(number, one, many);
  }

  /** What so many are called, where the number is written otherwise. */
  public static String noun(long number, String one, String many) {
    return number == 1 ? one : many;
  }
}
