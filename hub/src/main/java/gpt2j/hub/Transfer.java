package gpt2j.hub;

import gpt2j.hub.cache.CacheLock;
import gpt2j.hub.cache.ContentHash;
import gpt2j.hub.cache.Repository;
import gpt2j.hub.http.HttpFailure;
import gpt2j.hub.http.Reply;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one file's content into the cache: to a place beside, from where it was when an earlier
 * download was ended, and to its own once its hash is right.
 */
final class Transfer {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]+)-[0-9]+/([0-9]+|\\*)");
  private static final int PART = 1 << 20;
  private static final long LOOK_AGAIN_MILLIS = 50;
  private static final Duration WORTH_A_NOTE = Duration.ofSeconds(2);
  private static final int RANGE_NOT_SATISFIABLE = 416;

  private final Repository repository;
  private final RemoteRepository remote;
  private final String commit;
  private final RemoteFile file;
  private final Duration patience;
  private final LongConsumer progress;
  private final Consumer<String> notes;

  /**
   * A transfer.
   *
   * @param patience how long to wait for another process that brings the same
   * @param progress is told how many bytes have come; fewer than none when they are given up
   */
  Transfer(
      Repository repository,
      RemoteRepository remote,
      String commit,
      RemoteFile file,
      Duration patience,
      LongConsumer progress,
      Consumer<String> notes) {
    this.repository = repository;
    this.remote = remote;
    this.commit = commit;
    this.file = file;
    this.patience = patience;
    this.progress = progress;
    this.notes = notes;
  }

  /**
   * Returns when the content is there.
   *
   * @return whether it was brought now
   */
  boolean run() throws IOException, InterruptedException {
    ContentHash hash = file.hash();
    try (CacheLock lock = lock()) {
      Path blob = repository.blob(hash);
      if (repository.has(hash, file.size())) {
        Files.deleteIfExists(repository.incomplete(hash)); // another program didn't need it
        progress.accept(file.size());
        return false;
      }
      if (lock.isExclusive()) {
        download(repository.incomplete(hash), blob);
      } else {
        Path own = repository.incompleteOfOne(hash);
        try {
          download(own, blob);
        } finally {
          Files.deleteIfExists(own);
        }
      }
      return true;
    }
  }

  private CacheLock lock() throws IOException, InterruptedException {
    Path place = repository.lock(file.hash());
    long begun = System.nanoTime();
    boolean noted = false;
    while (true) {
      Optional<CacheLock> lock = CacheLock.tryTake(place);
      if (lock.isPresent()) {
        return lock.get();
      }
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      if (waited.compareTo(patience) > 0) {
        throw new ModelProblem(
            "another process has been downloading %s for more than %d s"
                .formatted(file.name(), patience.toSeconds()));
      }
      if (!noted && waited.compareTo(WORTH_A_NOTE) > 0) {
        notes.accept("waiting for another process, which downloads " + file.name());
        noted = true;
      }
      Thread.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private void download(Path incomplete, Path blob) throws IOException, InterruptedException {
    try (Part part = new Part(incomplete)) {
      boolean resumed = part.position > 0;
      part.complete();
      if (!file.hash().matches(part.digest)) {
        if (resumed) { // what was there may be damaged, as after a power failure
          part.restart();
          part.complete();
        }
        if (!resumed || !file.hash().matches(part.digest)) {
          part.restart();
          Files.deleteIfExists(incomplete);
          throw new ModelProblem(
              "%s: what was sent has another hash than the hub says (%s): it was damaged on the way, or changed; try again"
                  .formatted(file.name(), file.hash().hex()));
        }
      }
      part.channel.force(true);
    } catch (IOException e) {
      if (isDiskFull(e)) {
        Files.deleteIfExists(incomplete); // others need the space, too
      }
      throw e;
    }
    Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
  }

  static boolean isDiskFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left") || message.contains("quota exceeded");
  }

  /** The content as far as it is there. */
  private final class Part implements AutoCloseable {
    private final FileChannel channel;
    private MessageDigest digest = file.hash().digest(file.size());
    private long position;

    Part(Path path) throws IOException {
      channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (channel.size() > file.size()) {
          restart();
        }
        takeWhatIsThere();
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    private void takeWhatIsThere() throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(PART);
      while (channel.read(buffer.clear(), position) > 0) {
        digest.update(buffer.flip());
        moved(buffer.position());
      }
    }

    private void moved(long bytes) {
      position += bytes;
      progress.accept(bytes);
    }

    void restart() throws IOException {
      channel.truncate(0);
      digest = file.hash().digest(file.size());
      moved(-position);
    }

    /** Brings the rest, in as many requests as it takes. */
    void complete() throws IOException, InterruptedException {
      remote
          .retries()
          .run(
              () -> {
                if (position < file.size()) {
                  request();
                }
                return position;
              },
              () -> position);
    }

    private void request() throws IOException, InterruptedException {
      try (Reply reply = open()) {
        if (!isTheRest(reply)) {
          restart();
        }
        for (List<ByteBuffer> parts = reply.body().next();
            !parts.isEmpty();
            parts = reply.body().next()) {
          for (ByteBuffer part : parts) {
            add(part, reply);
          }
        }
      }
      if (position < file.size()) {
        throw HttpFailure.ofConnection(
            "%s: ended after %,d of %,d bytes".formatted(file.name(), position, file.size()),
            new EOFException());
      }
    }

    private Reply open() throws IOException, InterruptedException {
      try {
        return remote.open(commit, file, position);
      } catch (HttpFailure e) {
        if (e.status() != RANGE_NOT_SATISFIABLE || position == 0) {
          throw e;
        }
        restart(); // what is there is none of it
        return remote.open(commit, file, 0);
      }
    }

    /** Whether an answer goes on where this is; else it begins at the beginning. */
    private boolean isTheRest(Reply reply) throws HttpFailure {
      if (reply.status() != 206) {
        return position == 0;
      }
      Matcher range = CONTENT_RANGE.matcher(reply.header("Content-Range").orElse(""));
      if (range.matches()
          && range.group(1).equals(Long.toString(position))
          && (range.group(2).equals("*") || range.group(2).equals(Long.toString(file.size())))) {
        return true;
      }
      throw HttpFailure.lasting(
          "%s: %s sends another part than was asked for"
              .formatted(file.name(), reply.uri().getHost()));
    }

    private void add(ByteBuffer bytes, Reply reply) throws IOException {
      if (bytes.remaining() > file.size() - position) {
        throw HttpFailure.lasting(
            "%s: %s sends more than the %,d bytes that it has"
                .formatted(file.name(), reply.uri().getHost(), file.size()));
      }
      digest.update(bytes.duplicate());
      while (bytes.hasRemaining()) {
        moved(channel.write(bytes, position));
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
