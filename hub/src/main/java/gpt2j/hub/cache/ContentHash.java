package gpt2j.hub.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a file's content must hash to. The hub's entity tags are hashes: SHA-256 of what Git LFS
 * keeps, and for other files git's, SHA-1 of {@code "blob SIZE\0"} and the content.
 *
 * @param hex the hash in lower-case hexadecimal digits, which is also the name of the blob
 */
public record ContentHash(String hex) {
  private static final Pattern GIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** The hash that an entity tag, without quotes, is; none where it is something else. */
  public static Optional<ContentHash> of(String tag) {
    return GIT.matcher(tag).matches() || SHA256.matcher(tag).matches()
        ? Optional.of(new ContentHash(tag))
        : Optional.empty();
  }

  /**
   * Takes the content, from its first byte on.
   *
   * @param size of the content, in bytes
   */
  public MessageDigest digest(long size) {
    if (SHA256.matcher(hex).matches()) {
      return digest("SHA-256");
    }
    MessageDigest git = digest("SHA-1");
    git.update(("blob " + size + '\0').getBytes(US_ASCII));
    return git;
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has both
    }
  }

  /** Whether all the content that a digest took is the right one. */
  public boolean matches(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest()).equals(hex);
  }
}
