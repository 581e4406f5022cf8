package gpt2j.hub;

import gpt2j.hub.http.Proxies;
import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the environment variables of {@code huggingface_hub} say. Each is looked at when it is
 * needed, so that a wrong one is in nobody's way.
 *
 * @param environment the variables
 */
record HubSettings(Map<String, String> environment) {
  private static final String ENDPOINT = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final int USUAL_SECONDS = 10;
  private static final int LONGEST_TOKEN = 4096;
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]+)\\})");

  HubSettings {
    environment = Map.copyOf(environment);
  }

  /** A variable that isn't empty. */
  private Optional<String> value(String name) {
    return Optional.of(environment.getOrDefault(name, "")).filter(value -> !value.isBlank());
  }

  private boolean isTrue(String name) {
    return value(name).filter(value -> TRUE.contains(value.toUpperCase(Locale.ROOT))).isPresent();
  }

  private Path home() {
    return path("HF_HOME")
        .orElseGet(
            () ->
                path("XDG_CACHE_HOME")
                    .orElseGet(() -> userHome().resolve(".cache"))
                    .resolve("huggingface"));
  }

  /** The folder of all models. */
  Path cache() {
    return path("HF_HUB_CACHE")
        .or(() -> path("HUGGINGFACE_HUB_CACHE"))
        .orElseGet(() -> home().resolve("hub"))
        .toAbsolutePath();
  }

  private Path userHome() {
    return Path.of(value("HOME").orElseGet(() -> System.getProperty("user.home")));
  }

  /** A path with {@code ~} and variables in it, as Python's os.path expands them. */
  private Optional<Path> path(String name) {
    return value(name)
        .map(
            value -> {
              String expanded =
                  value.equals("~") || value.startsWith("~/")
                      ? userHome() + value.substring(1)
                      : value;
              try {
                return Path.of(VARIABLE.matcher(expanded).replaceAll(this::variable));
              } catch (InvalidPathException e) {
                throw new HubException(name + ": is no path", e);
              }
            });
  }

  private String variable(java.util.regex.MatchResult found) {
    String name = found.group(1) == null ? found.group(2) : found.group(1);
    return Matcher.quoteReplacement(environment.getOrDefault(name, found.group()));
  }

  /** Where the hub is, without a slash at the end. */
  URI endpoint() {
    String value = value("HF_ENDPOINT").orElse(ENDPOINT).strip().replaceFirst("/+$", "");
    try {
      URI uri = URI.create(value);
      if (uri.getHost() != null
          && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
          && uri.getUserInfo() == null
          && uri.getQuery() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // says what is said of others
    }
    throw new HubException("HF_ENDPOINT: must be an address such as " + ENDPOINT);
  }

  /** Whether nothing may be asked for. As there, TRANSFORMERS_OFFLINE counts without the other. */
  boolean offline() {
    return isTrue(value("HF_HUB_OFFLINE").isPresent() ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE");
  }

  /** Whether snapshots are made of links, where there are any. */
  boolean links() {
    return !isTrue("HF_HUB_DISABLE_SYMLINKS");
  }

  /** How long an answer about a file may take. */
  Duration answering() {
    return seconds("HF_HUB_ETAG_TIMEOUT");
  }

  /** For how long nothing may come of a file. */
  Duration silence() {
    return seconds("HF_HUB_DOWNLOAD_TIMEOUT");
  }

  private Duration seconds(String name) {
    String value = value(name).map(String::strip).orElse("0");
    if (!value.matches("[0-9]{1,6}")) {
      throw new HubException(name + ": must be a whole number of seconds");
    }
    int seconds = Integer.parseInt(value);
    return Duration.ofSeconds(seconds == 0 ? USUAL_SECONDS : seconds);
  }

  ProxySelector proxies() {
    try {
      return new Proxies(environment);
    } catch (IllegalArgumentException e) {
      throw new HubException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The user's token, for the hub's own host and nobody else. */
  Optional<String> token() {
    if (isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      return Optional.empty();
    }
    return token("HF_TOKEN", () -> value("HF_TOKEN"))
        .or(() -> token("HUGGING_FACE_HUB_TOKEN", () -> value("HUGGING_FACE_HUB_TOKEN")))
        .or(
            () -> {
              Path file = path("HF_TOKEN_PATH").orElseGet(() -> home().resolve("token"));
              return token(file.toString(), () -> read(file));
            });
  }

  private static Optional<String> read(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new String(Io.readText(file, 1 << 20), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new HubException(file + ": " + Io.explain(e), e);
    }
  }

  /** Tokens with other characters would break the request, whose error would show them. */
  private static Optional<String> token(String source, Supplier<Optional<String>> reader) {
    Optional<String> token =
        reader.get().map(text -> text.replaceAll("[\r\n]", "").strip()).filter(t -> !t.isEmpty());
    if (token.filter(HubSettings::isProper).isEmpty() && token.isPresent()) {
      throw new HubException(source + ": has characters that no token has");
    }
    return token;
  }

  private static boolean isProper(String token) {
    return token.length() <= LONGEST_TOKEN && token.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }
}
