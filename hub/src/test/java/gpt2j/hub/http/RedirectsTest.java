package gpt2j.hub.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where redirects lead, and how long servers ask to wait. */
class RedirectsTest {
  @ParameterizedTest
  @CsvSource({
    "https://a/b/c, /d, https://a/d",
    "https://a/b/c, https://e/f?g=h, https://e/f?g=h",
    "http://a/b, https://a/b, https://a/b",
    "http://a/b, http://e, http://e"
  })
  void isFollowed(URI from, String location, URI to) throws HttpFailure {
    assertEquals(to, Http.target(from, location));
  }

  @ParameterizedTest
  @CsvSource({
    "https://a/b, http://a/b, a redirects from HTTPS to plain HTTP (a): not followed",
    "https://a/b, ftp://a/b, a redirects to what is no address of HTTP",
    "https://a/b, 'ht tp', a redirects to what is no address",
    "https://a/b, https:///x, a redirects to what is no address of HTTP"
  })
  void isNotFollowed(URI from, String location, String message) {
    HttpFailure failure = assertThrows(HttpFailure.class, () -> Http.target(from, location));
    assertEquals(message, failure.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "https://a/b, https://a:443/c, true",
    "https://A/b, https://a/c, true",
    "https://a/b, https://a.b/c, false",
    "https://a/b, http://a:443/b, false",
    "http://a:1/b, http://a:2/b, false"
  })
  void isOfTheSameOrigin(URI one, URI other, boolean same) {
    assertEquals(same, Http.isSameOrigin(one, other));
  }

  @Test
  void retryAfterIsSecondsOrADate() {
    Instant now = Instant.parse("2026-11-30T01:00:00Z");
    assertEquals(Optional.of(Duration.ofSeconds(7)), Reply.retryAfter("7", now));
    assertEquals(
        Optional.of(Duration.ofSeconds(30)),
        Reply.retryAfter("Mon, 30 Nov 2026 01:00:30 GMT", now));
    assertEquals(
        Optional.of(Duration.ZERO), Reply.retryAfter("Mon, 30 Nov 2026 00:00:00 GMT", now));
    assertEquals(Optional.empty(), Reply.retryAfter("soon", now));
  }
}
