package gpt2j.hub.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken in parts as they come. Unlike a stream of the JDK, it ends with an
 * error when nothing comes for some time; and what isn't taken isn't asked for.
 */
public final class Body implements BodySubscriber<Body>, AutoCloseable {
  /** A list of parts, an error, or {@link #END}. */
  private final LinkedBlockingQueue<Object> arrived = new LinkedBlockingQueue<>();

  private static final Object END = new Object();

  private final Duration longestSilence;
  private @Nullable Subscription subscription;
  private boolean ended;

  Body(Duration longestSilence) {
    this.longestSilence = longestSilence;
  }

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public synchronized void onSubscribe(Subscription asked) {
    subscription = asked;
    if (ended) { // closed before it began
      asked.cancel();
    } else {
      asked.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> parts) {
    arrived.add(parts);
  }

  @Override
  public void onError(Throwable error) {
    arrived.add(error);
  }

  @Override
  public void onComplete() {
    arrived.add(END);
  }

  /**
   * The next parts; empty at the end.
   *
   * @throws HttpFailure when the connection breaks, or nothing comes
   */
  @SuppressWarnings("unchecked") // nothing else is in a list
  public List<ByteBuffer> next() throws IOException, InterruptedException {
    if (ended) {
      return List.of();
    }
    Object next = arrived.poll(longestSilence.toNanos(), TimeUnit.NANOSECONDS);
    if (next == END) {
      ended = true;
      return List.of();
    }
    if (next instanceof List<?>) {
      ask();
      return (List<ByteBuffer>) next;
    }
    close();
    throw next instanceof Throwable error
        ? HttpFailure.ofConnection("the connection broke: " + error.getMessage(), error)
        : HttpFailure.ofConnection(
            "nothing has come for %d s".formatted(longestSilence.toSeconds()),
            new java.net.SocketTimeoutException());
  }

  private synchronized void ask() {
    if (subscription != null) {
      subscription.request(1);
    }
  }

  /**
   * All of it.
   *
   * @param limit the most bytes it may have
   * @throws HttpFailure when it has more
   */
  public byte[] all(int limit) throws IOException, InterruptedException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (List<ByteBuffer> parts = next(); !parts.isEmpty(); parts = next()) {
      for (ByteBuffer part : parts) {
        byte[] bytes = new byte[part.remaining()];
        part.get(bytes);
        all.writeBytes(bytes);
      }
      if (all.size() > limit) {
        throw HttpFailure.lasting("the answer has more than %d MiB".formatted(limit >> 20));
      }
    }
    return all.toByteArray();
  }

  /** Ends the transfer, wherever it is. */
  @Override
  public synchronized void close() {
    if (subscription != null && !ended) {
      subscription.cancel();
    }
    ended = true;
  }
}
