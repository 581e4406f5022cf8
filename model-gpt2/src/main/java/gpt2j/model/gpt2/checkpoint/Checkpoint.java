package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.BundledFiles;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.WeightFile;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A GPT-2 checkpoint on disk: in the layout of Hugging Face, a directory with {@code config.json}
 * and either {@code model.safetensors} or several files with {@code model.safetensors.index.json};
 * or a file of any other format that holds a whole model, such as GGUF.
 *
 * <p>Tensors are read from the files when their values are asked for, until {@link #close}; what
 * can't be read any more is told by a {@link CheckpointException}.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String GENERATION_CONFIG = "generation_config.json";

  private final Path directory;
  private final Gpt2Config config;
  private final WeightFiles files;
  private final Map<String, HostTensor> tensors;
  private final UnaryOperator<HostTensor> fetch;
  private final List<String> notes;
  private final Map<String, StoredTensor> stored;

  private Checkpoint(
      Path directory,
      Gpt2Config config,
      WeightFiles files,
      Map<String, HostTensor> tensors,
      UnaryOperator<HostTensor> fetch,
      Map<String, StoredTensor> stored,
      List<String> notes) {
    this.directory = directory;
    this.config = config;
    this.files = files;
    this.tensors = tensors;
    this.fetch = fetch;
    this.notes = notes;
    this.stored = stored;
  }

  /**
   * Opens a checkpoint and checks all of it: the configuration, the files, and the presence, shape
   * and type of every tensor. No weight is read, save to compare an output head with the embedding
   * it should be tied to.
   *
   * @param path a directory or a file; which format a file has is told by its content. A file of
   *     safetensors needs a {@code config.json} beside it.
   * @throws CheckpointException with all that is wrong
   */
  public static Checkpoint open(Path path) {
    if (!Files.exists(path)) {
      throw new CheckpointException(path, List.of(Io.NO_CHECKPOINT));
    }
    if (Files.isDirectory(path)) {
      return ModelFiles.alone(path).map(Checkpoint::openFile).orElseGet(() -> openDirectory(path));
    }
    return openFile(path);
  }

  private static Checkpoint openDirectory(Path directory) {
    List<String> problems = new ArrayList<>();
    Optional<Gpt2Config> config = readConfig(directory, problems);
    return check(directory, config, WeightFiles.open(directory, problems), problems);
  }

  private static Checkpoint openFile(Path path) {
    try {
      WeightFile file = ModelFiles.open(path);
      return file instanceof ModelFile model ? whole(path, model) : withConfig(path, file);
    } catch (FormatException | SafetensorsException e) {
      throw new CheckpointException(path, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CheckpointException(path, Io.explain(e), e);
    }
  }

  private static Checkpoint whole(Path path, ModelFile model) {
    Optional<Gpt2Config> config = Optional.of(model.config());
    Checkpoint checkpoint = check(path, config, WeightFiles.of(path, model), new ArrayList<>());
    model.notes().forEach(note -> checkpoint.notes.add(path + ": " + note));
    return checkpoint;
  }

  /** Weights in a file, with the configuration beside it. */
  private static Checkpoint withConfig(Path path, WeightFile file) {
    Path directory = path.toAbsolutePath().getParent();
    List<String> problems = new ArrayList<>();
    Optional<Gpt2Config> config = Optional.empty();
    if (ModelFiles.hasConfig(directory)) {
      config = readConfig(directory, problems);
    } else {
      problems.add("holds weights only, and needs a config.json beside it");
    }
    return check(path, config, WeightFiles.of(path, file, ""), problems);
  }

  /**
   * The small model that comes with gpt2j and tells stories, read into memory. {@link
   * Tokenizer#bundled} is its tokenizer.
   */
  public static Checkpoint bundled() {
    Path name = Path.of("bundled");
    List<String> problems = new ArrayList<>();
    try (InputStream configuration = BundledFiles.open(ConfigReader.FILE);
        InputStream weights = BundledFiles.open(WeightFiles.SINGLE)) {
      Optional<Gpt2Config> config = ConfigReader.read(configuration.readAllBytes(), null, problems);
      SafetensorsFile file = SafetensorsFile.read(weights, WeightFiles.SINGLE);
      return check(name, config, WeightFiles.of(name, file, WeightFiles.SINGLE), problems);
    } catch (IOException e) {
      throw new CheckpointException(name, Io.explain(e), e);
    }
  }

  private static Checkpoint check(
      Path directory, Optional<Gpt2Config> config, WeightFiles files, List<String> problems) {
    try {
      if (config.isPresent() && problems.isEmpty()) {
        CheckpointNotes notes = new CheckpointNotes();
        TensorCheck check = new TensorCheck(config.get(), files, problems, notes);
        Map<String, HostTensor> tensors = check.tensors();
        if (problems.isEmpty()) {
          List<String> lines = new ArrayList<>();
          notes
              .lines(files.label(), files.settings())
              .forEach(note -> lines.add(directory + ": " + note));
          return new Checkpoint(
              directory,
              config.get(),
              files,
              tensors,
              UnaryOperator.identity(),
              check.stored(),
              lines);
        }
      }
      throw new CheckpointException(directory, problems);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /**
   * A model that lies elsewhere as a checkpoint: to try one that is in training.
   *
   * @param values gives all tensors that the configuration asks for by their names, of the {@link
   *     TensorLayout}'s shapes and in F32; asked each time that {@link #tensor} is
   */
  public static Checkpoint of(Gpt2Config config, Function<String, HostTensor> values) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    TensorLayout.of(config)
        .forEach(
            (name, shape) ->
                tensors.put(
                    name,
                    new HostTensor(
                        name,
                        DataType.F32,
                        shape,
                        (from, to) -> values.apply(name).read(from, to))));
    return new Checkpoint(
        Path.of("the model in training"),
        config,
        WeightFiles.none(),
        tensors,
        tensor -> values.apply(tensor.name()),
        Map.of(),
        List.of());
  }

  private static Optional<Gpt2Config> readConfig(Path directory, List<String> problems) {
    byte[] text = read(directory, ConfigReader.FILE, problems);
    Path generation = directory.resolve(GENERATION_CONFIG);
    byte[] generationText =
        Files.exists(generation) ? read(directory, GENERATION_CONFIG, problems) : null;
    return text == null ? Optional.empty() : ConfigReader.read(text, generationText, problems);
  }

  private static byte @Nullable [] read(Path directory, String file, List<String> problems) {
    try {
      return Io.readSmall(directory.resolve(file));
    } catch (IOException e) {
      problems.add(file + ": " + Io.explain(e));
      return null;
    }
  }

  /** Where it lies: a directory or a file. */
  public Path directory() {
    return directory;
  }

  /**
   * What is odd about it and taken nevertheless, as transformers takes it with a warning; a line
   * for each kind. Biases that are missing are 0, as in models that were trained without; tensors
   * that the model hasn't are left out; F64 is rounded to the nearest float32.
   */
  public List<String> notes() {
    return Collections.unmodifiableList(notes);
  }

  /** What it holds. */
  public Gpt2Config config() {
    return config;
  }

  /**
   * The names of its tensors, without {@code transformer.}, in the order in which the model uses
   * them: {@code wte.weight}, {@code wpe.weight}, {@code h.0.ln_1.weight} … {@code ln_f.bias} and
   * {@code lm_head.weight} when the output head is not tied.
   */
  public Set<String> names() {
    return tensors.keySet();
  }

  /**
   * A tensor by name, with or without {@code transformer.}; always F32, F16 or BF16, and of the
   * shape that the configuration asks for. Matrices are {@code [inputs, outputs]}, save for {@code
   * wte.weight [vocabulary, width]}, {@code wpe.weight [context, width]} and {@code lm_head.weight
   * [vocabulary, width]}.
   *
   * @throws NoSuchElementException when {@link #names} doesn't have it
   */
  public HostTensor tensor(String name) {
    HostTensor tensor = tensors.get(TensorLayout.withoutPrefix(name));
    if (tensor == null) {
      throw new NoSuchElementException(directory + " has no tensor " + name);
    }
    return fetch.apply(tensor);
  }

  /**
   * Checks that all values of a tensor are finite, which reads all of it.
   *
   * @param tensor one of this checkpoint's
   * @throws CheckpointException with the name of the tensor and the first value that isn't
   */
  public void requireFinite(HostTensor tensor) {
    nonFinite(tensor)
        .ifPresent(
            problem -> {
              throw new CheckpointException(
                  directory,
                  List.of(problem + ": it is damaged, or was written by a training that diverged"));
            });
  }

  /** What is wrong with a tensor that has a value that is NaN or infinite. */
  static Optional<String> nonFinite(HostTensor tensor) {
    OptionalLong index = HostFloats.firstNonFinite(tensor);
    if (index.isEmpty()) {
      return Optional.empty();
    }
    long width = tensor.shape().rowElements();
    long at = index.getAsLong();
    String place = tensor.shape().rank() == 1 ? "" + at : at / width + ", " + at % width;
    return Optional.of("tensor %s has %s at [%s]".formatted(tensor.name(), tensor.get(at), place));
  }

  /** The file, where one that holds the whole model was opened. */
  Optional<ModelFile> whole() {
    return files.whole();
  }

  /** What the format of the files is called, for people. */
  public String format() {
    return files.format();
  }

  /**
   * What the file calls the type of a tensor, such as {@code F64} or {@code Q4_K}; none for one
   * that is made up, as missing biases are.
   */
  public Optional<String> storedType(String name) {
    return Optional.ofNullable(stored.get(TensorLayout.withoutPrefix(name)))
        .map(StoredTensor::type);
  }

  /** How many bytes the file has for a tensor; 0 for one that is made up. */
  public long storedBytes(String name) {
    StoredTensor tensor = stored.get(TensorLayout.withoutPrefix(name));
    return tensor == null ? 0 : tensor.bytes();
  }

  /** Whether the output head is {@code wte.weight}; otherwise it is {@code lm_head.weight}. */
  public boolean hasTiedHead() {
    return !tensors.containsKey(TensorLayout.HEAD);
  }

  /** Size of all tensors in bytes. */
  public long bytes() {
    return tensors.values().stream().mapToLong(HostTensor::bytes).sum();
  }

  /**
   * To be called when all is read: returns unless a file was written to meanwhile, as far as its
   * size and time of modification tell.
   *
   * @throws CheckpointException when one was, so that what was read may be half the old, half the
   *     new
   */
  public void requireUnchanged() {
    files.requireUnchanged();
  }

  /** Closes the files. A tensor read afterwards throws {@link IllegalStateException}. */
  @Override
  public void close() {
    files.close();
  }
}
