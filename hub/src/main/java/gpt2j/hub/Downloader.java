package gpt2j.hub;

import gpt2j.hub.cache.Repository;
import gpt2j.hub.http.Http;
import gpt2j.hub.http.HttpFailure;
import gpt2j.hub.http.Retries;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs a download while the caller's thread tells a listener how it gets on.
 *
 * @param retries what to try again, by who is told of it
 * @param patience how long to wait for another process that brings the same
 */
record Downloader(
    HubSettings settings,
    Repository repository,
    Function<Consumer<String>, Retries> retries,
    Duration patience) {
  private static final long TURN_MILLIS = 100;

  /** One that waits for others however long they take. */
  Downloader(
      HubSettings settings, Repository repository, Function<Consumer<String>, Retries> retries) {
    this(settings, repository, retries, ChronoUnit.FOREVER.getDuration());
  }

  /** One that is needed for nothing but what may be missing: it neither tries again nor waits. */
  Downloader whoseResultIsNotNeeded() {
    return new Downloader(
        settings, repository, notes -> retries.apply(notes).atMost(0), settings.answering());
  }

  /**
   * Brings a model; returns the folder of its files.
   *
   * @throws HubException when that can't be done
   */
  Path run(HubModel model, HubListener listener) {
    URI endpoint = settings.endpoint();
    Optional<String> token = settings.token();
    Queue<String> notes = new ConcurrentLinkedQueue<>();
    try (Http http =
        new Http(endpoint, token, settings.proxies(), settings.silence(), settings.silence())) {
      RemoteRepository remote =
          new RemoteRepository(
              http, endpoint, model, settings.answering(), retries.apply(notes::add));
      Download download = new Download(repository, remote, model, patience, notes::add);
      FutureTask<Path> task = new FutureTask<>(download::run);
      Thread worker = Thread.ofVirtual().name("hub").start(task);
      try {
        return await(task, download, notes, listener);
      } catch (ExecutionException e) {
        boolean hasBegun = download.total() > 0;
        throw failure(
            e.getCause(),
            new Explanation(model, endpoint, repository, token.isPresent(), hasBegun));
      } finally {
        end(worker);
      }
    }
  }

  private static Path await(
      FutureTask<Path> task, Download download, Queue<String> notes, HubListener listener)
      throws ExecutionException {
    while (true) {
      try {
        return task.get(TURN_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // goes on
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted");
      } finally {
        for (String note = notes.poll(); note != null; note = notes.poll()) {
          listener.note(note);
        }
      }
      if (download.total() < 0) {
        listener.waiting();
      } else {
        listener.progressed(download.done(), download.total());
      }
    }
  }

  /** Ends what is under way, so that nothing is written any more afterwards. */
  private static void end(Thread worker) {
    worker.interrupt();
    boolean interrupted = false;
    while (worker.isAlive()) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException failure(Throwable cause, Explanation explanation) {
    return switch (cause) {
      case IOException e ->
          new HubException(explanation.of(e), e, e instanceof HttpFailure http && http.isOutage());
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(cause);
    };
  }
}
