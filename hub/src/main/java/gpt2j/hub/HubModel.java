package gpt2j.hub;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which model of the hub.
 *
 * @param name as the hub has it: {@code gpt2}, or {@code openai-community/gpt2} with its owner
 * @param revision a branch, a tag or a commit
 */
public record HubModel(String name, String revision) {
  /** The revision when none is given. */
  public static final String MAIN = "main";

  private static final int LONGEST_REVISION = 200;
  private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?";
  private static final Pattern NAME = Pattern.compile("(?:%s/)?%s".formatted(PART, PART));

  /** What becomes part of a path and of an address. */
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_+=,#%@!-][^\\s\\p{Cntrl}]*");

  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:(?:https?:)?//)?(?:www\\.)?(?:huggingface\\.co|hf\\.co)/(?<path>.*)|hf://(?<uri>.*)");
  private static final Pattern PAGE =
      Pattern.compile("(?<name>[^/]+(?:/[^/]+)?)/(?:tree|blob|resolve)/(?<revision>[^/]+)(?:/.*)?");

  /**
   * A model.
   *
   * @throws IllegalArgumentException when the hub can't have such a name or revision; the message
   *     is one line
   */
  public HubModel {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "is no name of a model: NAME or OWNER/NAME, of letters, digits and - _ . between them");
    }
    if (!isRevision(revision)) {
      throw new IllegalArgumentException(
          "has a revision that can't be: it is a branch, a tag or a commit");
    }
  }

  private static boolean isName(String name) {
    return NAME.matcher(name).matches()
        && !name.contains("--")
        && !name.contains("..")
        && !name.endsWith(".git");
  }

  /** By git's rules for names of references, and no more than a path takes. */
  private static boolean isRevision(String revision) {
    return revision.length() <= LONGEST_REVISION
        && REVISION.matcher(revision).matches()
        && revision.chars().noneMatch(c -> "\\~^:?*[\"<>|".indexOf(c) >= 0 || c > '~')
        && Stream.of(revision.split("/", -1))
            .noneMatch(
                part ->
                    part.isEmpty()
                        || part.startsWith(".")
                        || part.endsWith(".")
                        || part.contains("..")
                        || part.endsWith(".lock"));
  }

  /**
   * A model by what people have: {@code gpt2}, {@code OWNER/NAME}, either with {@code @REVISION},
   * or the address of its page, as in {@code https://huggingface.co/openai-community/gpt2}, {@code
   * hf.co/OWNER/NAME/tree/REVISION} or {@code hf://OWNER/NAME@REVISION}.
   *
   * @throws IllegalArgumentException when it is none of these; the message is one line, to follow
   *     the text
   */
  public static HubModel parse(String text) {
    Matcher address = ADDRESS.matcher(text);
    String path = text;
    if (address.matches()) {
      path = address.group("path") == null ? address.group("uri") : address.group("path");
      path = path.replaceFirst("[?#].*", "").replaceFirst("/$", "");
      Matcher page = PAGE.matcher(path);
      if (page.matches()) {
        return new HubModel(
            page.group("name"), URLDecoder.decode(page.group("revision"), StandardCharsets.UTF_8));
      }
    }
    int at = path.indexOf('@');
    return at < 0
        ? new HubModel(path, MAIN)
        : new HubModel(path.substring(0, at), path.substring(at + 1));
  }

  /** Whether a text is an address that nothing but the hub can be meant by. */
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  /** Whether a text could be a path of this kind only: of no model. */
  public static boolean isPathOnly(String text) {
    return !isAddress(text)
        && (text.startsWith("/")
            || text.startsWith(".")
            || text.startsWith("~")
            || text.endsWith("/")
            || text.contains("\\")
            || List.of(".gguf", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".json").stream()
                .anyMatch(text::endsWith)
            || text.replaceFirst("@.*", "").chars().filter(c -> c == '/').count() > 1);
  }

  /** The model at another revision. */
  public HubModel at(String other) {
    return new HubModel(name, other);
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? name : name + "@" + revision;
  }
}
