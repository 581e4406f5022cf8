package gpt2j.bench.visualize;

import gpt2j.api.SamplingParameters;
import gpt2j.bench.context.BenchException;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewDirectory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;

/**
 * Makes pictures of a generation: a film of one head's KV cache with its frames, and attention maps
 * of the prompt and of what was generated.
 */
public final class Visualization {
  private static final Duration LAST_FRAME = Duration.ofSeconds(3);

  /**
   * What to show.
   *
   * @param model the model's name, for titles
   * @param layer counted from 0
   * @param head counted from 0
   * @param maxNewTokens tokens to generate at most
   * @param cell pixels from one position to the next; empty for what fills the picture
   * @param delay how long the film shows each step
   */
  public record Settings(
      String model, int layer, int head, int maxNewTokens, OptionalInt cell, Duration delay) {
    /** Throws {@link IllegalArgumentException} for what no model has. */
    public Settings {
      if (layer < 0 || head < 0 || maxNewTokens < 1 || cell.orElse(1) < 1 || delay.isNegative()) {
        throw new IllegalArgumentException(
            "layer %d, head %d, new tokens %d, cell %d, delay %s: something is too small"
                .formatted(layer, head, maxNewTokens, cell.orElse(1), delay));
      }
    }
  }

  /** How wide pictures of so many positions are made unless told otherwise. */
  public static int cellFor(int positions) {
    return DashboardLayout.cellFor(positions);
  }

  /** Pixels of all positions together; wider pictures are of no use, and take much memory. */
  public static final int MOST_PIXELS = 16_384;

  private final Gpt2 model;
  private final ObservedBackend backend;
  private final Settings settings;

  /**
   * A visualization.
   *
   * @param model loaded on {@code backend}
   * @throws IllegalArgumentException when the model has no such layer or head
   */
  public Visualization(Gpt2 model, ObservedBackend backend, Settings settings) {
    this.model = model;
    this.backend = backend;
    this.settings = settings;
    if (settings.layer() >= model.config().layers() || settings.head() >= model.config().heads()) {
      throw new IllegalArgumentException(
          "the model has layers 0 … %d and heads 0 … %d, not layer %d, head %d"
              .formatted(
                  model.config().layers() - 1,
                  model.config().heads() - 1,
                  settings.layer(),
                  settings.head()));
    }
  }

  /**
   * Generates and writes the pictures.
   *
   * @param directory a new one, or an empty one; it appears when it is complete, or not at all
   * @param progress sees how many frames of how many are written
   * @return the files written, in the order in which to look at them
   * @throws BenchException when the directory is in use or can't be written
   * @throws CancellationException when cancelled
   */
  public List<Path> write(
      int[] prompt,
      SamplingParameters sampling,
      Path directory,
      BooleanSupplier cancelled,
      BiConsumer<Integer, Integer> progress) {
    try (NewDirectory folder = NewDirectory.create(directory)) {
      KvTracer tracer = new KvTracer(model, backend, settings.layer(), settings.head());
      KvTrace trace = tracer.trace(prompt, settings.maxNewTokens(), sampling, cancelled);
      List<Path> files = new ArrayList<>(film(trace, folder.path(), cancelled, progress));
      int[] evaluated =
          trace.tokens().stream()
              .mapToInt(KvTrace.Token::id)
              .limit(trace.steps().getLast().position() + 1L)
              .toArray();
      files.addAll(maps(AttentionMaps.of(model, prompt.length, evaluated), folder.path()));
      Path data = folder.path().resolve("trace.json");
      trace.write(data);
      files.add(data);
      folder.commit();
      return files.stream()
          .map(file -> directory.toAbsolutePath().resolve(folder.path().relativize(file)))
          .toList();
    } catch (IOException e) {
      throw BenchException.failure(directory + ": " + Io.unwritable(e));
    }
  }

  private List<Path> film(
      KvTrace trace,
      Path directory,
      BooleanSupplier cancelled,
      BiConsumer<Integer, Integer> progress)
      throws IOException {
    Dashboard dashboard =
        new Dashboard(
            settings.model(),
            trace,
            settings.cell().orElseGet(() -> DashboardLayout.cellFor(trace.reached())));
    IndexedColors colors = new IndexedColors(dashboard.keys(), dashboard.attention());
    Path film = directory.resolve("kv-cache.gif");
    Path folder = Files.createDirectories(directory.resolve("frames"));
    List<Path> files = new ArrayList<>(List.of(film));
    try (GifFile gif = new GifFile(film)) {
      for (int i = 0; i < dashboard.frames(); i++) {
        if (cancelled.getAsBoolean()) {
          throw new CancellationException();
        }
        BufferedImage frame = colors.convert(dashboard.paint(i));
        gif.add(frame, i == dashboard.frames() - 1 ? LAST_FRAME : settings.delay());
        files.add(png(frame, folder.resolve("frame-%04d.png".formatted(i))));
        progress.accept(i + 1, dashboard.frames());
      }
    }
    return files;
  }

  private List<Path> maps(AttentionMaps maps, Path directory) throws IOException {
    AttentionPictures pictures = new AttentionPictures(settings.model(), maps);
    Path data = directory.resolve("attention.npy");
    int tokens = maps.tokens().size();
    try (NpyFile file = new NpyFile(data, maps.layers(), maps.heads(), tokens, tokens)) {
      for (float[][][] layer : maps.probabilities()) {
        for (float[][] head : layer) {
          for (float[] row : head) {
            file.write(row);
          }
        }
      }
    }
    int layer = settings.layer();
    int head = settings.head();
    return List.of(
        png(pictures.grid(), directory.resolve("attention.png")),
        png(
            pictures.single(layer, head),
            directory.resolve("attention-layer%d-head%d.png".formatted(layer, head))),
        data);
  }

  private static Path png(BufferedImage image, Path file) throws IOException {
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("no writer for PNG");
    }
    return file;
  }
}
