package gpt2j.hub.http;

import java.net.URI;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An answer.
 *
 * @param uri of whoever gave it
 */
public record Reply(URI uri, int status, HttpResponse<Body> response) implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int LONGEST_WORDS = 200;

  /** The IETF's draft, as in {@code "api";r=0;t=55}: none left, more after 55 seconds. */
  private static final Pattern RATE_LIMIT =
      Pattern.compile("\"\\w+\"\\s*;\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*([0-9]{1,6})");

  /** The value of a header, without blanks around it. */
  public Optional<String> header(String name) {
    return response.headers().firstValue(name).map(String::strip);
  }

  /** A header that is a count of bytes; none when it isn't one. */
  public Optional<Long> size(String name) {
    return header(name).filter(digits -> digits.matches("[0-9]{1,18}")).map(Long::valueOf);
  }

  public Body body() {
    return response.body();
  }

  boolean isRedirect() {
    return REDIRECTS.contains(status) && header("Location").isPresent();
  }

  boolean isError() {
    return status >= 400;
  }

  /** What to say of an error. */
  HttpFailure failure() {
    String words =
        header("X-Error-Message")
            .map(said -> ": " + said.substring(0, Math.min(LONGEST_WORDS, said.length())))
            .orElse("");
    return HttpFailure.ofStatus(
        "HTTP status %d from %s%s".formatted(status, uri.getHost(), words),
        status,
        header("X-Error-Code").orElse(""),
        PASSING.contains(status),
        wait(Instant.now()));
  }

  private Optional<Duration> wait(Instant now) {
    Optional<Duration> limit =
        status == TOO_MANY_REQUESTS
            ? header("RateLimit")
                .map(RATE_LIMIT::matcher)
                .filter(Matcher::find)
                .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1)) + 1))
            : Optional.empty();
    return limit.or(() -> header("Retry-After").flatMap(asked -> retryAfter(asked, now)));
  }

  /** Seconds, or a time of day: RFC 9110, 10.2.3. */
  static Optional<Duration> retryAfter(String asked, Instant now) {
    if (asked.matches("[0-9]{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(asked)));
    }
    try {
      Instant then = ZonedDateTime.parse(asked, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(then.isAfter(now) ? Duration.between(now, then) : Duration.ZERO);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    body().close();
  }
}
