package gpt2j.hub;

import gpt2j.hub.cache.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Brings what is missing of a model into the cache. The contents come first; the snapshot gets its
 * files, the weights last, and the revision its commit when all are there.
 */
final class Download {
  private static final int MOST_REQUESTS = 8;
  private static final int MOST_TRANSFERS = 4;

  private final Repository repository;
  private final RemoteRepository remote;
  private final HubModel model;
  private final Duration patience;
  private final Consumer<String> notes;
  private final AtomicLong done = new AtomicLong();
  private volatile long total = -1;

  /**
   * A download.
   *
   * @param patience how long to wait for another process that brings the same
   */
  Download(
      Repository repository,
      RemoteRepository remote,
      HubModel model,
      Duration patience,
      Consumer<String> notes) {
    this.repository = repository;
    this.remote = remote;
    this.model = model;
    this.patience = patience;
    this.notes = notes;
  }

  /** Bytes that are there. */
  long done() {
    return done.get();
  }

  /** Bytes that there will be; -1 while that isn't known. */
  long total() {
    return total;
  }

  /** Brings it; returns the folder of its files. */
  Path run() throws IOException, InterruptedException {
    RemoteRepository.Listing listing = remote.listing();
    String commit = listing.commit();
    Set<String> wanted = KnownFiles.wanted(listing.files());
    repository.create();
    Map<String, RemoteFile> lacking = ask(commit, wanted);
    Set<RemoteFile> brought = new HashSet<>();
    bring(commit, lacking, KnownFiles.CONFIG, brought);
    KnownFiles.requireGpt2(place(commit, lacking, KnownFiles.CONFIG));
    Optional<String> index = KnownFiles.index(wanted);
    if (index.isPresent()) {
      String name = index.get();
      bring(commit, lacking, name, brought);
      Set<String> shards = KnownFiles.shards(name, place(commit, lacking, name));
      for (String shard : shards) {
        if (!listing.files().contains(shard)) {
          throw new ModelProblem(name + ": names " + shard + ", which isn't there");
        }
      }
      lacking.putAll(ask(commit, shards));
    }
    bring(commit, lacking.values(), brought);
    for (RemoteFile file : inOrder(lacking.values())) {
      boolean isItsOwn =
          lacking.values().stream().filter(f -> f.hash().equals(file.hash())).count() == 1;
      repository.put(commit, file.name(), file.hash(), isItsOwn && brought.contains(file));
    }
    for (String file : KnownFiles.missing(listing.files())) {
      repository.noteMissing(commit, file);
    }
    repository.noteCommit(model.revision(), commit);
    return repository.snapshot(commit);
  }

  /** The weights last, so that whoever finds them finds all. */
  private static List<RemoteFile> inOrder(Collection<RemoteFile> files) {
    List<RemoteFile> ordered = new ArrayList<>(files);
    ordered.sort(Comparator.comparing(file -> KnownFiles.isWeights(file.name())));
    return ordered;
  }

  /** Sizes and hashes of those files that the snapshot hasn't. */
  private Map<String, RemoteFile> ask(String commit, Set<String> names)
      throws IOException, InterruptedException {
    List<Task<RemoteFile>> tasks =
        names.stream()
            .filter(name -> !repository.has(commit, name))
            .map(name -> (Task<RemoteFile>) () -> remote.file(commit, name))
            .toList();
    Map<String, RemoteFile> files = new LinkedHashMap<>();
    for (RemoteFile file : all(tasks, MOST_REQUESTS)) {
      files.put(file.name(), file);
    }
    return files;
  }

  private Path place(String commit, Map<String, RemoteFile> lacking, String name) {
    RemoteFile file = lacking.get(name);
    return file == null ? repository.snapshot(commit).resolve(name) : repository.blob(file.hash());
  }

  /** Brings a file that says what else is needed. */
  private void bring(
      String commit, Map<String, RemoteFile> lacking, String name, Set<RemoteFile> brought)
      throws IOException, InterruptedException {
    RemoteFile file = lacking.get(name);
    if (file != null && transfer(commit, file, _ -> {}).run()) {
      brought.add(file);
    }
  }

  private Transfer transfer(String commit, RemoteFile file, LongConsumer progress) {
    return new Transfer(repository, remote, commit, file, patience, progress, notes);
  }

  private void bring(String commit, Collection<RemoteFile> files, Set<RemoteFile> brought)
      throws IOException, InterruptedException {
    List<RemoteFile> rest =
        files.stream().filter(file -> !repository.has(file.hash(), file.size())).toList();
    long bytes = rest.stream().mapToLong(RemoteFile::size).sum();
    requireSpace(rest, bytes);
    total = bytes;
    List<Task<RemoteFile>> tasks = new ArrayList<>();
    for (RemoteFile file : rest) {
      tasks.add(
          () -> {
            if (transfer(commit, file, done::addAndGet).run()) {
              synchronized (brought) {
                brought.add(file);
              }
            }
            return file;
          });
    }
    all(tasks, MOST_TRANSFERS);
  }

  private void requireSpace(List<RemoteFile> files, long bytes) throws IOException {
    long there = 0;
    for (RemoteFile file : files) {
      Path incomplete = repository.incomplete(file.hash());
      there += Files.exists(incomplete) ? Files.size(incomplete) : 0;
    }
    long free = Files.getFileStore(repository.cache()).getUsableSpace();
    if (bytes - there > free) {
      throw new ModelProblem(
          "needs %,d MB more on the disk of %s, which has %,d MB left: make room, or set HF_HUB_CACHE to a folder of another disk"
              .formatted(
                  Math.ceilDiv(bytes - there, 1_000_000L), repository.cache(), free / 1_000_000));
    }
  }

  /** A part of the work. */
  @FunctionalInterface
  private interface Task<T> {
    T run() throws IOException, InterruptedException;
  }

  /** Does tasks side by side; the first that fails ends the others. */
  private static <T> List<T> all(List<Task<T>> tasks, int most)
      throws IOException, InterruptedException {
    ThreadFactory threads = Thread.ofVirtual().name("hub-", 0).factory();
    List<T> results = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(most, threads)) {
      var running = new ExecutorCompletionService<T>(executor);
      tasks.forEach(task -> running.submit(task::run));
      try {
        for (int i = 0; i < tasks.size(); i++) {
          results.add(running.take().get());
        }
      } catch (ExecutionException e) {
        executor.shutdownNow();
        switch (e.getCause()) {
          case IOException cause -> throw cause;
          case InterruptedException cause -> throw cause;
          case RuntimeException cause -> throw cause;
          case Error cause -> throw cause;
          default -> throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        executor.shutdownNow();
        throw e;
      }
    }
    return results;
  }
}
