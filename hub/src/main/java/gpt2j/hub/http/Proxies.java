package gpt2j.hub.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxies that environment variables name: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code
 * ALL_PROXY}, and {@code NO_PROXY} for hosts without, each in small letters first. Those that take
 * HTTP, without a password: the JDK's client has no others.
 */
public final class Proxies extends ProxySelector {
  private static final int DEFAULT_PORT = 80;

  private final Map<String, String> environment;
  private final Optional<Proxy> https;
  private final Optional<Proxy> http;

  /**
   * The proxies of an environment.
   *
   * @throws IllegalArgumentException for one that can't be used; the message names its variable
   */
  public Proxies(Map<String, String> environment) {
    this.environment = environment;
    https = proxy("https_proxy").or(() -> proxy("all_proxy"));
    http = proxy("http_proxy").or(() -> proxy("all_proxy"));
  }

  private Optional<String> value(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .map(each -> environment.getOrDefault(each, ""))
        .filter(value -> !value.isBlank())
        .map(String::strip)
        .findFirst();
  }

  private Optional<Proxy> proxy(String name) {
    return value(name)
        .map(
            value -> {
              String label = name.toUpperCase(Locale.ROOT);
              URI uri;
              try {
                uri = URI.create(value.contains("://") ? value : "http://" + value);
              } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(label + ": is no address of a proxy", e);
              }
              if (uri.getHost() == null) {
                throw new IllegalArgumentException(label + ": is no address of a proxy");
              }
              if (!"http".equals(uri.getScheme()) || uri.getUserInfo() != null) {
                throw new IllegalArgumentException(
                    label + ": only proxies of the form http://HOST:PORT, without a password");
              }
              int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
              return new Proxy(
                  Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
            });
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<Proxy> proxy = "https".equals(uri.getScheme()) ? https : http;
    return List.of(proxy.filter(_ -> !isDirect(uri.getHost())).orElse(Proxy.NO_PROXY));
  }

  private boolean isDirect(String host) {
    return Stream.of(value("no_proxy").orElse("").split(","))
        .map(each -> each.strip().toLowerCase(Locale.ROOT))
        .map(each -> each.replaceFirst(":[0-9]+$", "").replaceFirst("^\\*?\\.", ""))
        .filter(each -> !each.isEmpty())
        .anyMatch(
            each ->
                each.equals("*")
                    || host.equalsIgnoreCase(each)
                    || host.toLowerCase(Locale.ROOT).endsWith("." + each));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // whoever asks is told
  }
}
