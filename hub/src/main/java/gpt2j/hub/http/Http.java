package gpt2j.hub.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;

/**
 * Asks a hub, and those that it sends to. Redirects are followed here, not by the JDK's client, so
 * that the token goes to the hub alone: same scheme, host and port.
 */
public final class Http implements AutoCloseable {
  private static final int MOST_REDIRECTS = 20;

  /** So that the client's own limit, which knows more of what is wrong, comes first. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final HttpClient client;
  private final URI hub;
  private final Optional<String> token;
  private final Duration silence;

  /**
   * A client.
   *
   * @param hub where the token may go
   * @param connecting how long connecting may take
   * @param silence for how long nothing may come of a body
   */
  public Http(
      URI hub,
      Optional<String> token,
      ProxySelector proxies,
      Duration connecting,
      Duration silence) {
    this.hub = hub;
    this.token = token;
    this.silence = silence;
    // HTTP/2 would have its own windows between a fast line and the disk.
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(proxies)
            .connectTimeout(connecting)
            .build();
  }

  /**
   * Asks, and goes where it is sent.
   *
   * @param method GET or HEAD
   * @param headers for whoever is asked
   * @param answering how long each may take until its answer begins
   * @param enough whether a redirect is itself the answer
   * @throws HttpFailure for an error of any kind
   */
  public Reply send(
      String method,
      URI uri,
      Function<URI, Map<String, String>> headers,
      Duration answering,
      Predicate<Reply> enough)
      throws IOException, InterruptedException {
    URI at = uri;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      Reply reply = ask(method, at, headers.apply(at), answering);
      if (reply.isError()) {
        reply.close();
        throw reply.failure();
      }
      if (!reply.isRedirect() || enough.test(reply)) {
        return reply;
      }
      reply.close();
      at = target(at, reply.header("Location").orElseThrow());
    }
    throw HttpFailure.lasting(
        "%s redirects more than %d times".formatted(uri.getHost(), MOST_REDIRECTS));
  }

  static URI target(URI from, String location) throws HttpFailure {
    URI target;
    try {
      target = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw HttpFailure.lasting(from.getHost() + " redirects to what is no address");
    }
    String scheme = target.getScheme();
    if (target.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
      throw HttpFailure.lasting(from.getHost() + " redirects to what is no address of HTTP");
    }
    if (from.getScheme().equals("https") && !scheme.equals("https")) {
      throw HttpFailure.lasting(
          "%s redirects from HTTPS to plain HTTP (%s): not followed"
              .formatted(from.getHost(), target.getHost()));
    }
    return target;
  }

  private Reply ask(String method, URI uri, Map<String, String> headers, Duration answering)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(answering)
            .header("User-Agent", "gpt2j")
            .header("Accept-Encoding", "identity"); // sizes and parts are those of the file
    headers.forEach(request::header);
    if (isSameOrigin(uri, hub)) {
      token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    }
    try {
      HttpResponse<Body> response =
          within(answering, () -> client.send(request.build(), info -> new Body(silence)));
      return new Reply(uri, response.statusCode(), response);
    } catch (HttpConnectTimeoutException e) {
      throw HttpFailure.ofConnection(uri.getHost() + " can't be reached: no answer", e);
    } catch (HttpTimeoutException e) {
      throw HttpFailure.ofConnection(
          "%s gives no answer for %d s".formatted(uri.getHost(), answering.toSeconds()), e);
    } catch (ConnectException e) {
      String why =
          e.getCause() instanceof ConnectException cause
                  && cause.getCause() instanceof UnresolvedAddressException
              ? ": there is no such host"
              : e.getMessage() == null ? "" : ": " + e.getMessage();
      throw HttpFailure.ofConnection(authority(uri) + " can't be reached" + why, e);
    } catch (SSLException e) {
      throw HttpFailure.ofConnection(
          "no secure connection to %s: %s".formatted(uri.getHost(), e.getMessage()), e);
    } catch (IOException e) {
      throw HttpFailure.ofConnection(
          "the connection to %s broke: %s".formatted(uri.getHost(), e.getMessage()), e);
    }
  }

  /**
   * Waits for an answer no longer than for that. The client's own limit doesn't count how long the
   * system looks for the host's address, which is most of a minute where no name server answers.
   *
   * @throws HttpTimeoutException when it doesn't come
   */
  static <T> T within(Duration limit, Callable<T> request)
      throws IOException, InterruptedException {
    FutureTask<T> answer = new FutureTask<>(request);
    Thread.ofVirtual().name("hub-request").start(answer);
    try {
      return answer.get(limit.plus(GRACE).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no answer");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new IllegalStateException(e);
      }
    } finally {
      answer.cancel(true);
    }
  }

  private static String authority(URI uri) {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  /** Whether two addresses are of one scheme, host and port. */
  public static boolean isSameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  /** Ends what is still under way. */
  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
