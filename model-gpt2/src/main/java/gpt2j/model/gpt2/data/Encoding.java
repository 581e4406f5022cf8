package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes tokens of parts of documents with several threads and writes them in the order in which the
 * parts came.
 */
final class Encoding implements AutoCloseable {
  private static final int CHARACTERS_PER_TASK = 1 << 18;
  private static final int TASKS_PER_THREAD = 4;

  /**
   * Text for one of the shards.
   *
   * @param ends whether a document ends with it
   */
  private record Piece(EncodedPart target, String text, boolean ends) {}

  private record Encoded(EncodedPart target, int[] tokens, long bytes, int ends) {}

  private final Tokenizer tokenizer;
  private final int endOfText;
  private final ExecutorService workers;
  private final int mostTasks;
  private final Deque<Future<List<Encoded>>> tasks = new ArrayDeque<>();
  private List<Piece> pieces = new ArrayList<>();
  private int characters;

  Encoding(Tokenizer tokenizer, int endOfText, int threads) {
    this.tokenizer = tokenizer;
    this.endOfText = endOfText;
    workers =
        Executors.newFixedThreadPool(
            threads, task -> Thread.ofPlatform().name("encoder").daemon().unstarted(task));
    mostTasks = TASKS_PER_THREAD * threads;
  }

  /**
   * Takes a part of a document, or its end.
   *
   * @param ends whether the document ends after it
   */
  void add(EncodedPart target, String text, boolean ends) throws IOException {
    pieces.add(new Piece(target, text, ends));
    characters += text.length();
    if (characters >= CHARACTERS_PER_TASK) {
      submit();
    }
  }

  /** Waits until all is written. */
  void finish() throws IOException {
    submit();
    while (!tasks.isEmpty()) {
      writeNext();
    }
  }

  private void submit() throws IOException {
    List<Piece> taken = pieces;
    tasks.add(workers.submit(() -> taken.stream().map(this::encode).toList()));
    pieces = new ArrayList<>();
    characters = 0;
    while (tasks.size() > mostTasks) {
      writeNext();
    }
  }

  private Encoded encode(Piece piece) {
    int[] tokens = tokenizer.encode(piece.text());
    if (piece.ends()) {
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = endOfText;
    }
    int bytes = piece.text().getBytes(StandardCharsets.UTF_8).length;
    return new Encoded(piece.target(), tokens, bytes, piece.ends() ? 1 : 0);
  }

  private void writeNext() throws IOException {
    try {
      for (Encoded encoded : tasks.remove().get()) {
        encoded.target().write(encoded.tokens(), encoded.bytes(), encoded.ends());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case TokenizerException cause -> throw new DataException(cause.getMessage(), cause);
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
