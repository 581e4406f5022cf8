package gpt2j.bench.statistics;

/** Numbers in words. */
public final class Words {
  private Words() {}

  /** So many of what has a plural with s. */
  public static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
