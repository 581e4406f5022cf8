package gpt2j.hub.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** How answers are waited for. */
class HttpTest {
  /** As it is while no name server says where the host is, which the client doesn't limit. */
  @Test
  void whatHangsBeforeAnythingIsSentEnds() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    assertThrows(
        HttpTimeoutException.class,
        () ->
            Http.within(
                Duration.ZERO,
                () -> {
                  hang(interrupted);
                  return "";
                }));
    interrupted.await();
  }

  private static void hang(CountDownLatch interrupted) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      interrupted.countDown();
    }
  }

  @Test
  void whatComesIsPassedOn() throws Exception {
    Duration limit = Duration.ofMinutes(1);
    assertEquals("a", Http.within(limit, () -> "a"));
    IOException failure = new ConnectException();
    assertSame(
        failure,
        assertThrows(
            IOException.class,
            () ->
                Http.within(
                    limit,
                    () -> {
                      throw failure;
                    })));
  }
}
