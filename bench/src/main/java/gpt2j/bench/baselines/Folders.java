package gpt2j.bench.baselines;

import java.util.regex.Pattern;

/** Takes this machine's folders out of what programs say, for results that others read. */
final class Folders {
  /** A path from the root on, folders with some spaces in their names too; its last word stays. */
  private static final Pattern PATH =
      Pattern.compile("(?<![\\w./])~?(?:/W(?: W){0,3})+/(W|)".replace("W", "[^/\\s\"':,;()<>]+"));

  private Folders() {}

  static String removedFrom(String line) {
    String text = line;
    for (String known : new String[] {"user.home", "user.dir", "java.io.tmpdir"}) {
      String folder = System.getProperty(known);
      if (folder.length() > 1) { // not the root itself
        text = text.replaceAll(Pattern.quote(folder) + "(?=/)/", "/folder/");
      }
    }
    return PATH.matcher(text).replaceAll("$1");
  }
}
