package gpt2j.hub;

import gpt2j.hub.cache.Repository;
import gpt2j.hub.http.HttpFailure;
import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;

/**
 * What to say when a model can't be had.
 *
 * @param endpoint where the hub is
 * @param hasToken whether it was given a token
 * @param hasBegun whether something of the files may have come
 */
record Explanation(
    HubModel model, URI endpoint, Repository repository, boolean hasToken, boolean hasBegun) {
  /** In one line, which begins with the model. */
  String of(IOException e) {
    return model
        + ": "
        + switch (e) {
          case ModelProblem _ -> e.getMessage();
          case HttpFailure failure -> of(failure);
          case FileSystemException failure ->
              "%s: %s: set HF_HOME or HF_HUB_CACHE to a folder that can be written"
                  .formatted(failure.getFile(), Io.explain(failure));
          default ->
              Transfer.isDiskFull(e)
                  ? "the disk of %s is full: make room, or set HF_HUB_CACHE to a folder of another disk"
                      .formatted(repository.cache())
                  : "%s: can't be written: %s".formatted(repository.cache(), Io.explain(e));
        };
  }

  private String of(HttpFailure e) {
    String host = endpoint.getHost();
    return switch (e.code()) {
      case "RevisionNotFound" -> "%s has no revision %s of it".formatted(host, model.revision());
      case "GatedRepo" ->
          "is gated: ask for access at %s/%s, %s"
              .formatted(
                  endpoint,
                  model.name(),
                  hasToken
                      ? "since your token has none, or renew the token"
                      : "then give your token in HF_TOKEN");
      case "RepoNotFound" -> absent(host);
      default ->
          switch (e.status()) {
            case 401 -> absent(host);
            case 403 ->
                "%s forbids it (%s): does your token in HF_TOKEN have access?"
                    .formatted(host, e.getMessage());
            case 404 -> "%s has no such thing (%s)".formatted(host, e.getMessage());
            default ->
                e.isOutage() && hasBegun
                    ? e.getMessage() + ": try again; what was brought is kept"
                    : e.getMessage();
          };
    };
  }

  /** The hub doesn't tell one from the other. */
  private String absent(String host) {
    return "there is no such model on %s, or it is private%s"
        .formatted(
            host,
            hasToken
                ? " and your token isn't valid or may not read it"
                : ": a private one needs your token in HF_TOKEN");
  }
}
