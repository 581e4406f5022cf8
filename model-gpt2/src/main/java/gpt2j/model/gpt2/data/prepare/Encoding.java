package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.data.ShardWriter;
import gpt2j.model.gpt2.tokenizer.TextCutter;
import gpt2j.model.gpt2.tokenizer.TextCutter.TextPart;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes tokens of parts of documents with several threads and writes them in the order in which the
 * parts came.
 */
final class Encoding implements AutoCloseable {
  static final int CHARACTERS_PER_TASK = 1 << 18;
  private static final int TASKS_PER_THREAD = 4;

  /**
   * Text for one of the shards.
   *
   * @param ends whether a document ends with it
   * @param file where it is from
   */
  private record Piece(ShardWriter target, TextPart part, boolean ends, Path file) {}

  /**
   * What became of it.
   *
   * @param special a name in the text that may have been meant as a token
   */
  private record Encoded(Piece piece, int[] tokens, long bytes, Optional<String> special) {}

  private final Tokenizer tokenizer;
  private final int endOfText;
  private final Supplier<Path> file;
  private final Consumer<String> notes;
  private final ExecutorService workers;
  private final int mostTasks;
  private final Deque<Future<List<Encoded>>> tasks = new ArrayDeque<>();
  private List<Piece> pieces = new ArrayList<>();
  private int characters;
  private boolean noted;

  /**
   * An encoding.
   *
   * @param file tells the file that is being read
   * @param notes is told what one should know of the text
   */
  Encoding(
      Tokenizer tokenizer,
      int endOfText,
      int threads,
      Supplier<Path> file,
      Consumer<String> notes) {
    this.tokenizer = tokenizer;
    this.endOfText = endOfText;
    this.file = file;
    this.notes = notes;
    workers =
        Executors.newFixedThreadPool(
            threads, task -> Thread.ofPlatform().name("encoder").daemon().unstarted(task));
    mostTasks = TASKS_PER_THREAD * threads;
  }

  private void add(ShardWriter target, TextPart part, boolean ends) {
    pieces.add(new Piece(target, part, ends, file.get()));
    characters += part.text().length();
    if (characters >= CHARACTERS_PER_TASK) {
      try {
        submit();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
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
    String text = piece.part().text();
    try {
      int[] tokens = tokenizer.encode(piece.part());
      if (piece.ends()) {
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = endOfText;
      }
      int bytes = text.getBytes(StandardCharsets.UTF_8).length;
      return new Encoded(piece, tokens, bytes, special(text));
    } catch (TokenizerException e) {
      throw new DataException(piece.file() + ": " + e.getMessage(), e);
    }
  }

  /** A part of a text never ends within a name. */
  private Optional<String> special(String text) {
    return tokenizer
        .specialName(text)
        .or(
            () ->
                text.contains(TextDocuments.SEPARATOR)
                    ? Optional.of(TextDocuments.SEPARATOR)
                    : Optional.empty());
  }

  private void writeNext() throws IOException {
    try {
      for (Encoded encoded : tasks.remove().get()) {
        Piece piece = encoded.piece();
        piece.target().write(encoded.tokens(), encoded.bytes(), piece.ends() ? 1 : 0);
        encoded.special().ifPresent(name -> note(piece.file(), name));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Once is enough. */
  private void note(Path where, String name) {
    if (!noted) {
      noted = true;
      notes.accept(
          "note: %s has %s, taken as text%s"
              .formatted(
                  where,
                  name,
                  name.equals(TextDocuments.SEPARATOR)
                      ? "; it ends a document in a line of its own only"
                      : ""));
    }
  }

  /** Takes documents for one of the shards. */
  DocumentSink to(ShardWriter target) {
    TextCutter parts =
        new TextCutter(tokenizer, CHARACTERS_PER_TASK, part -> add(target, part, false));
    return new DocumentSink() {
      @Override
      public void text(String text) {
        parts.add(text);
      }

      @Override
      public void end() {
        parts.end();
        add(target, new TextPart("", true), true);
      }
    };
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
