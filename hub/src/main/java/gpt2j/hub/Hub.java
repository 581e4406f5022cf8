package gpt2j.hub;

import gpt2j.hub.KnownFiles.State;
import gpt2j.hub.cache.Repository;
import gpt2j.hub.http.Retries;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Models of the Hugging Face hub, in the cache that is shared with {@code huggingface_hub}. For any
 * number of threads. Nothing is asked of the network, and none of its classes loaded, for what is
 * in the cache.
 */
public final class Hub {
  private final HubSettings settings;
  private final boolean offline;
  private final Function<Consumer<String>, Retries> retries;

  /**
   * A hub.
   *
   * @param offline whether nothing may be asked of the network
   * @param retries what to try again, by who is told of it
   */
  Hub(HubSettings settings, boolean offline, Function<Consumer<String>, Retries> retries) {
    this.settings = settings;
    this.offline = offline;
    this.retries = retries;
  }

  /**
   * The hub that environment variables describe: those of {@code huggingface_hub}, each by the same
   * rules: {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code
   * HF_HUB_OFFLINE} and so on. They are read when they are needed.
   */
  public static Hub of(Map<String, String> environment) {
    return new Hub(new HubSettings(environment), false, notes -> Retries.usual(notes));
  }

  /** The same hub, of which only what is in the cache is to be had. */
  public Hub offline() {
    return new Hub(settings, true, retries);
  }

  /**
   * The folder of a model: that in the cache, if it has what a model needs; else it is downloaded
   * there. A branch or tag that is in the cache is taken as it is, without looking whether the hub
   * has a newer one.
   *
   * @param listener is told how downloading gets on, by this thread
   * @throws HubException when it can't be had, in one line that says why
   */
  public Path resolve(HubModel model, HubListener listener) {
    Repository repository = repository(model);
    Optional<String> commit = repository.commit(model.revision());
    State state = commit.map(each -> KnownFiles.state(repository, each)).orElse(State.ABSENT);
    if (state == State.COMPLETE || state == State.USABLE && isOffline()) {
      return repository.snapshot(commit.orElseThrow());
    }
    requireOnline(repository, model);
    Downloader downloader = new Downloader(settings, repository, retries);
    if (state == State.ABSENT) {
      return downloader.run(model, listener);
    }
    // Another program brought it, without what it didn't need; and maybe there is no more.
    try {
      return downloader.whoseResultIsNotNeeded().run(model.at(commit.orElseThrow()), listener);
    } catch (HubException e) {
      listener.note(
          e.getMessage()
              + "; going on with what the cache has of it, for which --offline asks nobody");
      return repository.snapshot(commit.orElseThrow());
    }
  }

  /**
   * The folder of a model as the hub has it now: what the cache lacks is downloaded. While the hub
   * can't be reached, that in the cache, with a note.
   *
   * @param listener is told how downloading gets on, by this thread
   * @throws HubException when it can't be had, in one line that says why
   */
  public Path update(HubModel model, HubListener listener) {
    if (isOffline()) {
      return resolve(model, listener);
    }
    Repository repository = repository(model);
    try {
      return new Downloader(settings, repository, retries).run(model, listener);
    } catch (HubException e) {
      Optional<String> commit =
          repository
              .commit(model.revision())
              .filter(each -> KnownFiles.state(repository, each) != State.ABSENT);
      if (!e.isOutage() || commit.isEmpty()) {
        throw e;
      }
      listener.note(e.getMessage() + "; the cache has it, maybe of an older day");
      return repository.snapshot(commit.get());
    }
  }

  private Repository repository(HubModel model) {
    return new Repository(settings.cache(), model.name(), settings.links());
  }

  private boolean isOffline() {
    return offline || settings.offline();
  }

  private void requireOnline(Repository repository, HubModel model) {
    if (isOffline()) {
      throw new HubException(
          "%s: is not in the hub's cache (%s), and downloading is off: by --offline, or HF_HUB_OFFLINE"
              .formatted(model, repository.cache()));
    }
  }
}
