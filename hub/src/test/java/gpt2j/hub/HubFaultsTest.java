package gpt2j.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.hub.LoopbackServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that can go wrong on the way, and what comes of it: a matrix. */
class HubFaultsTest {
  private static final String API = "GET /revision/main";
  private static final String CONFIG = "HEAD /config.json";
  private static final String GET_CONFIG = "GET /config.json";
  private static final String WEIGHTS_HEAD = "HEAD model.safetensors";
  private static final String WEIGHTS = "GET /stored/model.safetensors";
  private static final int ALWAYS = 50;

  /**
   * A row of the matrix.
   *
   * @param message what is said, in the form of a file's pattern; empty where it succeeds
   */
  record Fault(String name, Consumer<HubFixture> arrange, String message) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Fault passes(String name, String request, int times, UnaryOperator<Answer> fault) {
    return new Fault(name, fixture -> fixture.server.faults(times, request, fault), "");
  }

  private static Fault fails(
      String name, String request, UnaryOperator<Answer> fault, String message) {
    return new Fault(name, fixture -> fixture.server.faults(ALWAYS, request, fault), message);
  }

  private static UnaryOperator<Answer> status(int status, String... headers) {
    return answer -> Answer.of(status, headers);
  }

  private static UnaryOperator<Answer> to(String location) {
    return answer -> Answer.of(302, "Location", location);
  }

  static Stream<Fault> faults() {
    return Stream.of(
            passing(), refusals(), contents(), oddHubs(), redirects(), whatIsThere(), settings())
        .flatMap(faults -> faults);
  }

  /** What is tried again. */
  private static Stream<Fault> passing() {
    return Stream.of(
        passes("too many requests, twice", API, 2, status(429)),
        passes("asked to wait a second", CONFIG, 1, status(429, "Retry-After", "1")),
        passes(
            "asked to wait by a date",
            CONFIG,
            1,
            status(503, "Retry-After", "Mon, 30 Nov 2020 01:00:00 GMT")),
        passes("asked to wait by a limit", API, 1, status(429, "RateLimit", "\"api\";r=0;t=1")),
        fails(
            "asked to wait for an hour",
            API,
            status(429, "Retry-After", "3600"),
            "*HTTP status 429 from 127.0.0.1, and asks to wait for 3600 s"),
        fails("too many requests for ever", API, status(429), "*HTTP status 429 from 127.0.0.1"),
        passes("internal error, five times", WEIGHTS, 5, status(500)),
        fails(
            "internal error for ever",
            WEIGHTS,
            status(500),
            "*HTTP status 500 from localhost: try again; what was brought is kept"),
        fails("bad gateway for ever", CONFIG, status(502), "*HTTP status 502 from 127.0.0.1"),
        passes(
            "connection cut, often",
            WEIGHTS,
            20,
            answer -> answer.cutAfter(Math.min(15_000, answer.body().length))),
        passes("connection cut within the listing", API, 2, answer -> answer.cutAfter(20)),
        passes("connection cut at once", WEIGHTS, 4, answer -> answer.cutAfter(0)),
        fails(
            "connection cut at once, always",
            WEIGHTS,
            answer -> answer.cutAfter(0),
            "*the connection*broke*try again; what was brought is kept"),
        passes("nothing comes for a second", WEIGHTS, 2, answer -> answer.slow(1500, 100_000)),
        fails(
            "nothing comes ever",
            WEIGHTS,
            answer -> answer.slow(60_000, 1000),
            "*nothing has come for 1 s: try again; *"));
  }

  /** What the hub won't give. */
  private static Stream<Fault> refusals() {
    return Stream.of(
        fails(
            "no such model",
            API,
            status(404, "X-Error-Code", "RepoNotFound"),
            "*there is no such model on 127.0.0.1, or it is private and your token isn't valid"
                + " or*"),
        fails("unauthorised", API, status(401), "*or it is private and your token isn't valid*"),
        new Fault(
            "unauthorised without a token",
            fixture -> {
              fixture.environment.remove("HF_TOKEN");
              fixture.server.fault(API, status(401));
            },
            "*: a private one needs your token in HF_TOKEN"),
        fails(
            "gated",
            CONFIG,
            status(403, "X-Error-Code", "GatedRepo"),
            "*is gated: ask for access at http://127.0.0.1:*/openai-community/gpt2, since your*"),
        fails(
            "forbidden",
            API,
            status(403, "X-Error-Message", "Access to this resource is disabled."),
            "*127.0.0.1 forbids it (HTTP status 403 *: Access to this resource is disabled.)*"),
        fails(
            "no such revision",
            API,
            status(404, "X-Error-Code", "RevisionNotFound"),
            "*127.0.0.1 has no revision main of it"),
        fails(
            "file that is listed and not there",
            CONFIG,
            status(404, "X-Error-Code", "EntryNotFound"),
            "*has no such thing (HTTP status 404 *"),
        fails("blocked by law", API, status(451), "*HTTP status 451 *"));
  }

  /** Contents that aren't the right ones. */
  private static Stream<Fault> contents() {
    return Stream.of(
        fails(
            "wrong content",
            WEIGHTS,
            answer -> answer.withBody(LoopbackHub.noise(answer.body().length, 9)),
            "*model.safetensors: what was sent has another hash than the hub says*; try again"),
        fails(
            "wrong content of a small file",
            GET_CONFIG,
            answer -> answer.withBody(new byte[answer.body().length]),
            "*config.json: what was sent has another hash than the hub says*"),
        fails(
            "more than there is",
            WEIGHTS,
            answer -> answer.withBody(new byte[LoopbackHub.WEIGHTS + 1]),
            "*localhost sends more than the 300,000 bytes that it has"),
        passes(
            "less than there is, twice",
            WEIGHTS,
            2,
            answer -> answer.withBody(java.util.Arrays.copyOf(answer.body(), 1000))),
        fails(
            "less than there is, always",
            WEIGHTS,
            answer -> answer.withBody(new byte[0]),
            "*ended after 0 of 300,000 bytes: try again*"),
        new Fault(
            "ranges that are ignored",
            fixture ->
                fixture
                    .server
                    .fault(WEIGHTS, answer -> answer.cutAfter(100_000))
                    .fault(WEIGHTS, _ -> whole(fixture)),
            ""),
        new Fault(
            "content that changes on the way, and back",
            fixture ->
                fixture.server.fault(
                    WEIGHTS, answer -> answer.with("ETag", "\"another\"").cutAfter(100_000)),
            ""),
        fails(
            "another part than was asked for",
            WEIGHTS,
            answer -> Answer.of(206, answer.body(), "Content-Range", "bytes 5-299999/300000"),
            "*localhost sends another part than was asked for"),
        fails(
            "compressed",
            GET_CONFIG,
            answer -> answer.with("Content-Encoding", "gzip"),
            "*compressed, though asked not to"));
  }

  private static Answer whole(HubFixture fixture) {
    return Answer.of(200, fixture.server.files.get("model.safetensors"));
  }

  /** Hubs that aren't as the hub is. */
  private static Stream<Fault> oddHubs() {
    return Stream.of(
        fails(
            "no commit",
            CONFIG,
            answer -> answer.without("X-Repo-Commit"),
            "*127.0.0.1 doesn't answer as the hub does (config.json is of another commit*"),
        fails(
            "another commit",
            CONFIG,
            answer -> answer.with("X-Repo-Commit", "1".repeat(40)),
            "*(config.json is of another commit, or of none): look at HF_ENDPOINT and the proxy"),
        fails(
            "no hash",
            CONFIG,
            answer -> answer.with("ETag", "\"5f-abc\""),
            "*127.0.0.1 gives no hash for config.json, so that it can't be checked*"),
        fails(
            "a path as the hash",
            WEIGHTS_HEAD,
            answer -> answer.with("X-Linked-Etag", "\"../../evil\""),
            "*gives no hash for model*"),
        fails(
            "a size that can't be",
            CONFIG,
            answer -> answer.with("Content-Length", "99999999999"),
            "*config.json: has 95368 MiB, more than such a file can have"),
        fails(
            "more than the disk",
            WEIGHTS_HEAD,
            answer -> answer.with("X-Linked-Size", "900000000000000"),
            "*needs 900,000,00? MB more on the disk of *: make room, or set HF_HUB_CACHE*"),
        fails(
            "no JSON",
            API,
            answer -> answer.withBody("<html>".getBytes(UTF_8)),
            "*doesn't answer as the hub does (its answer is not *"),
        fails(
            "a page of another program",
            API,
            answer -> answer.withBody("{}".getBytes(UTF_8)),
            "*doesn't answer as the hub does (it tells no commit or no files)*"),
        fails(
            "an endless listing",
            API,
            answer -> answer.withBody(new byte[17 << 20]),
            "*the answer has more than 16 MiB"),
        listing(
            "no configuration", files -> files.remove("config.json"), "*has no config.json: is*"),
        listing(
            "pickled weights in pieces without their places",
            files -> {
              files.remove("model.safetensors");
              files.remove("pytorch_model.bin");
              files.put("pytorch_model.bin.index.json", new byte[] {'{', '}'});
            },
            "*pytorch_model.bin.index.json: weight_map must map each tensor to a file"),
        listing(
            "an index of pickled weights that names another kind of file",
            files -> {
              files.remove("model.safetensors");
              files.remove("pytorch_model.bin");
              files.put(
                  "pytorch_model.bin.index.json",
                  "{\"weight_map\": {\"a\": \"b.safetensors\"}}".getBytes(UTF_8));
            },
            "*pytorch_model.bin.index.json: weight_map must name .bin files of the same folder*"),
        listing(
            "an index of pickled weights that names what isn't there",
            files -> {
              files.remove("model.safetensors");
              files.remove("pytorch_model.bin");
              files.put(
                  "pytorch_model.bin.index.json",
                  "{\"weight_map\": {\"a\": \"b.bin\"}}".getBytes(UTF_8));
            },
            "*pytorch_model.bin.index.json: names b.bin, which isn't there"),
        listing(
            "no weights",
            files -> {
              files.remove("model.safetensors");
              files.remove("pytorch_model.bin");
            },
            "*has none of model.safetensors, model.safetensors.index.json, pytorch_model.bin and"
                + " pytorch_model.bin.index.json"),
        listing(
            "another kind of model",
            files -> files.put("config.json", "{\"model_type\": \"bert\"}".getBytes(UTF_8)),
            "*has model_type \"bert\"; only \"gpt2\" is supported"),
        listing(
            "an index that names what isn't there",
            files -> {
              files.remove("model.safetensors");
              files.put(
                  "model.safetensors.index.json",
                  "{\"weight_map\": {\"a\": \"b.safetensors\"}}".getBytes(UTF_8));
            },
            "*model.safetensors.index.json: names b.safetensors, which isn't there"));
  }

  private static Fault listing(
      String name, Consumer<java.util.Map<String, byte[]>> change, String message) {
    return new Fault(name, fixture -> change.accept(fixture.server.files), message);
  }

  private static Stream<Fault> redirects() {
    return Stream.of(
        fails(
            "redirects in a circle",
            API,
            to("/api/models/x/revision/main"),
            "*127.0.0.1 redirects more than 20 times"),
        fails(
            "redirects to a file",
            API,
            to("file:///etc/passwd"),
            "*redirects to what is no address of HTTP"),
        fails("redirects to nothing", API, to("http://"), "*redirects to what is no address*"),
        new Fault(
            "redirects to nobody",
            fixture -> fixture.server.faults(ALWAYS, WEIGHTS, to("http://127.0.0.1:1/")),
            "*127.0.0.1:1 can't be reached*: try again; what was brought is kept"));
  }

  /** What earlier downloads may have left. */
  private static Stream<Fault> whatIsThere() {
    return Stream.of(
        new Fault("the beginning", fixture -> leave(fixture, weights(fixture, 100_000)), ""),
        new Fault("all of it", fixture -> leave(fixture, weights(fixture, 300_000)), ""),
        new Fault("something else", fixture -> leave(fixture, new byte[100_000]), ""),
        new Fault(
            "something else of full length", fixture -> leave(fixture, new byte[300_000]), ""),
        new Fault("more than there is", fixture -> leave(fixture, new byte[300_001]), ""),
        new Fault("a blob that was cut off", HubFaultsTest::leaveShortBlob, ""));
  }

  private static byte[] weights(HubFixture fixture, int length) {
    return java.util.Arrays.copyOf(fixture.server.files.get("model.safetensors"), length);
  }

  private static void leave(HubFixture fixture, byte[] content) {
    write(fixture.incomplete("model.safetensors"), content);
  }

  private static void leaveShortBlob(HubFixture fixture) {
    write(fixture.blob("model.safetensors"), new byte[7]);
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Settings that can't be. */
  private static Stream<Fault> settings() {
    return Stream.of(
        setting("HF_ENDPOINT", "huggingface.co", "HF_ENDPOINT: must be an address such as *"),
        setting("HF_ENDPOINT", "ftp://huggingface.co", "HF_ENDPOINT: must be an address such as *"),
        setting("HF_TOKEN", "a\tb", "HF_TOKEN: has characters that no token has"),
        setting("HF_HUB_ETAG_TIMEOUT", "soon", "HF_HUB_ETAG_TIMEOUT: must be a whole number of*"),
        setting("HTTP_PROXY", "socks5://a:1", "HTTP_PROXY: only proxies of the form http://*"),
        setting("HTTP_PROXY", "http://me:secret@a:1", "HTTP_PROXY: only proxies *password"),
        setting(
            "HF_ENDPOINT",
            "http://nowhere.invalid",
            "*nowhere.invalid can't be reached: there is no such host"));
  }

  private static Fault setting(String name, String value, String message) {
    return new Fault(
        name + "=" + value.strip(), fixture -> fixture.environment.put(name, value), message);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void eachHasItsOutcome(Fault fault, @TempDir Path cache) throws IOException {
    try (HubFixture fixture = new HubFixture(cache)) {
      fixture.environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "1");
      fault.arrange().accept(fixture);
      if (fault.message().isEmpty()) {
        Path folder = fixture.resolve(LoopbackHub.NAME);
        assertArrayEquals(
            fixture.server.files.get("model.safetensors"),
            Files.readAllBytes(folder.resolve("model.safetensors")));
        assertTrue(fixture.content().stream().noneMatch(name -> name.endsWith("incomplete")));
        return;
      }
      String message =
          assertThrows(HubException.class, () -> fixture.resolve(LoopbackHub.NAME)).getMessage();
      assertTrue(matches(fault.message(), message), message);
      assertFalse(message.contains(HubFixture.TOKEN) || message.contains("secret"), message);
      assertEquals(1, message.lines().count(), message);
      assertFalse(Files.exists(fixture.repository().resolve("snapshots")));
      assertFalse(Files.exists(fixture.repository().resolve("refs")));
    }
  }

  private static boolean matches(String pattern, String message) {
    return message.matches(
        "\\Q" + pattern.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q") + "\\E");
  }
}
