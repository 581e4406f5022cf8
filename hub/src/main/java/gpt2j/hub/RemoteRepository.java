package gpt2j.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import gpt2j.hub.cache.ContentHash;
import gpt2j.hub.cache.Repository;
import gpt2j.hub.http.Http;
import gpt2j.hub.http.HttpFailure;
import gpt2j.hub.http.Reply;
import gpt2j.hub.http.Retries;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A model on the hub, asked for as {@code huggingface_hub} does: {@code GET
 * /api/models/NAME/revision/REVISION} for the commit and its files, {@code HEAD
 * /NAME/resolve/COMMIT/FILE} for a file's size and hash, and {@code GET} of the same for the file.
 *
 * @param endpoint where the hub is
 * @param answering how long it may take to begin an answer
 * @param validators strong entity tags of what hosts have sent, by host and file
 */
record RemoteRepository(
    Http http,
    URI endpoint,
    HubModel model,
    Duration answering,
    Retries retries,
    Map<String, String> validators) {
  private static final int LARGEST_LISTING = 16 << 20;

  RemoteRepository(Http http, URI endpoint, HubModel model, Duration answering, Retries retries) {
    this(http, endpoint, model, answering, retries, new ConcurrentHashMap<>());
  }

  /** A commit and the names of its files, which nobody has checked. */
  record Listing(String commit, Set<String> files) {}

  private static String quoted(String part) {
    return URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }

  /** What the revision is now. */
  Listing listing() throws IOException, InterruptedException {
    URI uri =
        URI.create(
            endpoint + "/api/models/" + model.name() + "/revision/" + quoted(model.revision()));
    byte[] text =
        retries.run(
            () -> {
              try (Reply reply = http.send("GET", uri, _ -> Map.of(), answering, _ -> false)) {
                return reply.body().all(LARGEST_LISTING);
              }
            });
    try {
      return listing(Json.readObject(text));
    } catch (JsonException e) {
      throw new ModelProblem(noHub("its answer " + e.getMessage()), e);
    }
  }

  private Listing listing(JsonObject answer) throws ModelProblem {
    if (!(answer.members().get("sha") instanceof JsonString(String commit))
        || !Repository.isCommit(commit)
        || !(answer.members().get("siblings") instanceof JsonArray(List<JsonValue> siblings))) {
      throw new ModelProblem(noHub("it tells no commit or no files"));
    }
    if (Repository.isCommit(model.revision()) && !model.revision().equals(commit)) {
      throw new ModelProblem(noHub("it answers with another commit than was asked for"));
    }
    Set<String> files = new TreeSet<>();
    for (JsonValue each : siblings) {
      if (each instanceof JsonObject(Map<String, JsonValue> members)
          && members.get("rfilename") instanceof JsonString(String name)) {
        files.add(name);
      }
    }
    return new Listing(commit, files);
  }

  private String noHub(String why) {
    return "%s doesn't answer as the hub does (%s): look at HF_ENDPOINT and the proxy"
        .formatted(endpoint.getHost(), why);
  }

  private URI address(String commit, String file) {
    return URI.create(endpoint + "/" + model.name() + "/resolve/" + commit + "/" + quoted(file));
  }

  /** The size and hash of a commit's file. */
  RemoteFile file(String commit, String name) throws IOException, InterruptedException {
    try (Reply reply =
        retries.run(
            () ->
                http.send(
                    "HEAD",
                    address(commit, name),
                    _ -> Map.of(),
                    answering,
                    redirect -> redirect.header("X-Linked-Etag").isPresent()))) {
      if (!reply.header("X-Repo-Commit").filter(commit::equals).isPresent()) {
        throw new ModelProblem(noHub(name + " is of another commit, or of none"));
      }
      String tag = reply.header("X-Linked-Etag").or(() -> reply.header("ETag")).orElse("");
      ContentHash hash =
          ContentHash.of(tag.replaceFirst("^W/", "").replace("\"", ""))
              .orElseThrow(
                  () ->
                      new ModelProblem(
                          "%s gives no hash for %s, so that it can't be checked: look at HF_ENDPOINT"
                              .formatted(endpoint.getHost(), name)));
      long size =
          reply
              .size("X-Linked-Size")
              .or(() -> reply.size("Content-Length"))
              .orElseThrow(() -> new ModelProblem(noHub("it gives no size for " + name)));
      if (size > KnownFiles.limit(name)) {
        throw new ModelProblem(
            "%s: has %d MiB, more than such a file can have"
                .formatted(name, Math.ceilDiv(size, 1L << 20)));
      }
      return new RemoteFile(name, hash, size);
    }
  }

  /**
   * Asks for a file, or the rest of it. What comes may be all of it nevertheless.
   *
   * @param from how much of it is there already
   */
  Reply open(String commit, RemoteFile file, long from) throws IOException, InterruptedException {
    Reply reply =
        http.send(
            "GET",
            address(commit, file.name()),
            uri -> from == 0 ? Map.of() : range(uri, file, from),
            answering,
            _ -> false);
    reply
        .header("ETag")
        .filter(tag -> tag.startsWith("\""))
        .ifPresent(tag -> validators.put(key(reply.uri(), file), tag));
    String encoding = reply.header("Content-Encoding").orElse("identity");
    if (!encoding.equals("identity")) {
      reply.close();
      throw HttpFailure.lasting(
          "%s sends %s compressed, though asked not to".formatted(reply.uri().getHost(), file));
    }
    return reply;
  }

  /** The rest alone if the content is still the same: RFC 9110, 13.1.5. */
  private Map<String, String> range(URI uri, RemoteFile file, long from) {
    String range = "bytes=" + from + "-";
    String known = validators.get(key(uri, file));
    if (known == null && Http.isSameOrigin(uri, endpoint)) {
      known = '"' + file.hash().hex() + '"'; // as the hub itself tags what isn't elsewhere
    }
    return known == null ? Map.of("Range", range) : Map.of("Range", range, "If-Range", known);
  }

  private static String key(URI uri, RemoteFile file) {
    return uri.getAuthority() + " " + file.name();
  }
}
