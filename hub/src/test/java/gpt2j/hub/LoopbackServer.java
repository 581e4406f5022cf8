package gpt2j.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * HTTP/1.1 on a loopback address, as exact as the faults that it has to show: an answer can stop,
 * or be cut off, after any of its bytes.
 */
final class LoopbackServer implements AutoCloseable {
  private final ServerSocket socket;
  private final String host;
  private final Function<Request, Answer> handler;

  /**
   * What was asked.
   *
   * @param headers by their names in small letters
   */
  record Request(String method, String path, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /**
   * What is answered.
   *
   * @param body of which HEAD is told the length alone
   * @param cut after how many bytes of the body the connection ends; −1 for all
   * @param pause milliseconds before each {@code step} bytes of the body
   */
  record Answer(
      int status, Map<String, String> headers, byte[] body, int cut, long pause, int step) {
    static Answer of(int status, byte[] body, String... headers) {
      Map<String, String> all = new LinkedHashMap<>();
      for (int i = 0; i < headers.length; i += 2) {
        all.put(headers[i], headers[i + 1]);
      }
      return new Answer(status, all, body, -1, 0, Integer.MAX_VALUE);
    }

    static Answer of(int status, String... headers) {
      return of(status, new byte[0], headers);
    }

    Answer with(String header, String value) {
      Map<String, String> all = new LinkedHashMap<>(headers);
      all.put(header, value);
      return new Answer(status, all, body, cut, pause, step);
    }

    Answer without(String header) {
      Map<String, String> all = new LinkedHashMap<>(headers);
      all.remove(header);
      return new Answer(status, all, body, cut, pause, step);
    }

    Answer withBody(byte[] other) {
      return new Answer(status, headers, other, cut, pause, step);
    }

    Answer cutAfter(int bytes) {
      return new Answer(status, headers, body, bytes, pause, step);
    }

    Answer slow(long millis, int bytes) {
      return new Answer(status, headers, body, cut, millis, bytes);
    }
  }

  /**
   * Starts one.
   *
   * @param host what its address is to be called: 127.0.0.1 or localhost
   */
  LoopbackServer(String host, Function<Request, Answer> handler) throws IOException {
    this.host = host;
    this.handler = handler;
    socket = new ServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  URI uri() {
    return URI.create("http://" + host + ":" + socket.getLocalPort());
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      InputStream in = new BufferedInputStream(connection.getInputStream());
      while (true) {
        String line = line(in);
        if (line.isEmpty()) {
          return;
        }
        String[] parts = line.split(" ");
        Map<String, String> headers = new TreeMap<>();
        for (String each = line(in); !each.isEmpty(); each = line(in)) {
          int colon = each.indexOf(':');
          headers.put(
              each.substring(0, colon).toLowerCase(Locale.ROOT), each.substring(colon + 1).strip());
        }
        Request request = new Request(parts[0], parts[1], headers);
        if (!answer(handler.apply(request), request, connection.getOutputStream())) {
          return;
        }
      }
    } catch (IOException | InterruptedException e) {
      // whoever asked has gone
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(ISO_8859_1);
  }

  private static boolean answer(Answer answer, Request request, OutputStream out)
      throws IOException, InterruptedException {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status() + " x\r\n");
    answer.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (!answer.headers().containsKey("Content-Length")) {
      head.append("Content-Length: " + answer.body().length + "\r\n");
    }
    out.write(head.append("\r\n").toString().getBytes(ISO_8859_1));
    out.flush();
    if (request.method().equals("HEAD")) {
      return true;
    }
    int end = answer.cut() < 0 ? answer.body().length : answer.cut();
    for (int at = 0; at < end; at += answer.step()) {
      Thread.sleep(answer.pause());
      out.write(answer.body(), at, Math.min(answer.step(), end - at));
      out.flush();
      if (answer.step() == Integer.MAX_VALUE) {
        break;
      }
    }
    return answer.cut() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
