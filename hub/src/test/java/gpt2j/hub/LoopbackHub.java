package gpt2j.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import gpt2j.hub.LoopbackServer.Answer;
import gpt2j.hub.LoopbackServer.Request;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A hub on loopback with one small model, {@code openai-community/gpt2}, that has moved from {@code
 * gpt2}: its large files are on another host, as those that Git LFS keeps are. Each answer can be
 * replaced by a fault.
 */
final class LoopbackHub implements AutoCloseable {
  static final String NAME = "openai-community/gpt2";
  static final String COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e";
  static final int WEIGHTS = 300_000;
  private static final Pattern API = Pattern.compile("/api/models/(.+)/revision/(.+)");
  private static final Pattern RESOLVE = Pattern.compile("/(.+)/resolve/([^/]+)/(.+)");
  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]+)-");

  final Map<String, byte[]> files = new LinkedHashMap<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();
  final List<Request> elsewhere = new CopyOnWriteArrayList<>();
  private final Map<String, Queue<UnaryOperator<Answer>>> faults = new ConcurrentHashMap<>();
  private final LoopbackServer hub;
  private final LoopbackServer store;

  /** The commit of main and of the tag v1. */
  volatile String commit = COMMIT;

  LoopbackHub() throws IOException {
    hub = new LoopbackServer("127.0.0.1", request -> faulty(request, requests, this::answer));
    store = new LoopbackServer("localhost", request -> faulty(request, elsewhere, this::stored));
    files.put("README.md", "# a model".getBytes(UTF_8));
    files.put("config.json", "{\"model_type\": \"gpt2\"}".getBytes(UTF_8));
    files.put("generation_config.json", "{\"eos_token_id\": 50256}".getBytes(UTF_8));
    files.put("tokenizer.json", "{\"version\": \"1.0\"}".getBytes(UTF_8));
    files.put("pytorch_model.bin", new byte[] {1, 2, 3});
    files.put("model.safetensors", noise(WEIGHTS, 1));
  }

  static byte[] noise(int size, long seed) {
    byte[] noise = new byte[size];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  URI uri() {
    return hub.uri();
  }

  /** The host of the large files, with its port. */
  URI store() {
    return store.uri();
  }

  /**
   * Has the next answer replaced.
   *
   * @param request the method and the end of the path, as in {@code GET config.json}
   * @param fault makes another answer of the right one
   */
  LoopbackHub fault(String request, UnaryOperator<Answer> fault) {
    faults.computeIfAbsent(request, _ -> new ConcurrentLinkedQueue<>()).add(fault);
    return this;
  }

  /** Has many of the next answers replaced. */
  LoopbackHub faults(int times, String request, UnaryOperator<Answer> fault) {
    for (int i = 0; i < times; i++) {
      fault(request, fault);
    }
    return this;
  }

  private Answer faulty(
      Request request, List<Request> log, java.util.function.Function<Request, Answer> usual) {
    log.add(request);
    Answer answer = usual.apply(request);
    for (Map.Entry<String, Queue<UnaryOperator<Answer>>> each : faults.entrySet()) {
      String[] key = each.getKey().split(" ");
      if (request.method().equals(key[0]) && request.path().endsWith(key[1])) {
        UnaryOperator<Answer> fault = each.getValue().poll();
        return fault == null ? answer : fault.apply(answer);
      }
    }
    return answer;
  }

  private Answer answer(Request request) {
    Matcher api = API.matcher(request.path());
    if (api.matches()) {
      if (api.group(1).equals("gpt2")) {
        return Answer.of(307, "Location", "/api/models/" + NAME + "/revision/" + api.group(2));
      }
      if (!api.group(1).equals(NAME)) {
        return Answer.of(
            401, "X-Error-Code", "RepoNotFound", "X-Error-Message", "Repository not found");
      }
      if (!List.of("main", "v1", "refs%2Fpr%2F1", commit).contains(api.group(2))) {
        return Answer.of(404, "X-Error-Code", "RevisionNotFound");
      }
      return Answer.of(200, listing().getBytes(UTF_8), "Content-Type", "application/json");
    }
    Matcher file = RESOLVE.matcher(request.path());
    if (!file.matches()) {
      return Answer.of(404);
    }
    if (file.group(1).equals("gpt2")) {
      return Answer.of(
          307, "Location", "/" + NAME + "/resolve/" + file.group(2) + "/" + file.group(3));
    }
    byte[] content = files.get(file.group(3));
    if (content == null) {
      return Answer.of(404, "X-Error-Code", "EntryNotFound", "X-Repo-Commit", commit);
    }
    if (!file.group(3).endsWith(".safetensors")) {
      return part(request, content, '"' + gitHash(content) + '"').with("X-Repo-Commit", commit);
    }
    return Answer.of(
        302,
        "X-Repo-Commit",
        commit,
        "X-Linked-Etag",
        '"' + sha256(content) + '"',
        "X-Linked-Size",
        Integer.toString(content.length),
        "Location",
        store.uri() + "/stored/" + file.group(3));
  }

  private String listing() {
    return "{\"id\": \"%s\", \"sha\": \"%s\", \"siblings\": [%s]}"
        .formatted(
            NAME,
            commit,
            files.keySet().stream()
                .map(name -> "{\"rfilename\": \"" + name + "\"}")
                .collect(Collectors.joining(", ")));
  }

  private Answer stored(Request request) {
    byte[] content = files.get(request.path().replace("/stored/", ""));
    return content == null
        ? Answer.of(404)
        : part(request, content, "\"of-the-store-" + sha256(content).substring(0, 8) + '"');
  }

  private static Answer part(Request request, byte[] content, String tag) {
    Matcher range = RANGE.matcher(request.header("range"));
    String condition = request.header("if-range");
    if (!range.matches() || !condition.isEmpty() && !condition.equals(tag)) {
      return Answer.of(200, content, "ETag", tag);
    }
    int from = Integer.parseInt(range.group(1));
    if (from >= content.length) {
      return Answer.of(416, "Content-Range", "bytes */" + content.length);
    }
    return Answer.of(
        206,
        Arrays.copyOfRange(content, from, content.length),
        "ETag",
        tag,
        "Content-Range",
        "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
  }

  static String sha256(byte[] content) {
    return hex("SHA-256", content);
  }

  static String gitHash(byte[] content) {
    byte[] head = ("blob " + content.length + '\0').getBytes(UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return hex("SHA-1", all);
  }

  private static String hex(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    hub.close();
    store.close();
  }
}
