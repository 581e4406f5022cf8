package gpt2j.model.gpt2.convert;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointConversion;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelWeights;
import gpt2j.model.gpt2.gguf.GgufWriter;
import gpt2j.model.gpt2.llmc.LlmcWriter;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.tokenizer.VocabularyContents;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Copies a checkpoint of any form to another. What the other can't say is refused, or told in a
 * note; nothing is lost silently.
 */
public final class Conversion {
  private final Path from;
  private final Path to;
  private final Target target;
  private final Optional<WeightFormat> asked;
  private final CheckpointConversion.Progress progress;
  private final Consumer<? super String> notes;
  private final boolean tanhGelu;

  /**
   * A conversion, which does nothing yet.
   *
   * @param from a directory or a file, as {@link Checkpoint#open} takes
   * @param to where nothing is yet; a directory may be there and be empty
   * @param asked how weights are stored, one of the target's; float32 unless given
   * @param progress is told how many bytes of how many are written, by one thread at a time
   * @param notes is told what is odd, and what the copy hasn't
   */
  public Conversion(
      Path from,
      Path to,
      Target target,
      Optional<WeightFormat> asked,
      CheckpointConversion.Progress progress,
      Consumer<? super String> notes) {
    this(from, to, target, asked, progress, notes, false);
  }

  private Conversion(
      Path from,
      Path to,
      Target target,
      Optional<WeightFormat> asked,
      CheckpointConversion.Progress progress,
      Consumer<? super String> notes,
      boolean tanhGelu) {
    if (asked.isPresent() && !target.formats().contains(asked.get())) {
      throw new IllegalArgumentException(target + " has no weights in " + asked.get());
    }
    this.from = from;
    this.to = to;
    this.target = target;
    this.asked = asked;
    this.progress = progress;
    this.notes = notes;
    this.tanhGelu = tanhGelu;
  }

  /**
   * The same to a model whose GELU is by tanh (Hendrycks and Gimpel 2016, section 2), which is all
   * that GGUF and llm.c have. From the exact one it is off by 4.8e-4 at most, so logits change a
   * little. A model that has it already stays as it is.
   */
  public Conversion withTanhGelu() {
    return new Conversion(from, to, target, asked, progress, notes, true);
  }

  /**
   * Does it. The copy appears when it is complete, or not at all.
   *
   * @throws CheckpointException when the checkpoint can't be read, the target can't hold it, or the
   *     copy can't be written
   */
  public Converted run() {
    WeightFormat format = asked.orElse(WeightFormat.F32);
    try (Checkpoint checkpoint = Checkpoint.open(from)) {
      requireNothingLost(checkpoint);
      Gpt2Config config =
          tanhGelu ? checkpoint.config().withActivation(GeluForm.TANH) : checkpoint.config();
      Map<String, WeightFormat> formats = new HashMap<>();
      checkpoint.names().forEach(name -> formats.put(name, format));
      Optional<String> nonFinite =
          switch (target) {
            case HF -> writeFolder(checkpoint, config, format);
            case GGUF -> writeGguf(checkpoint, config, format, formats);
            case LLMC -> writeLlmc(checkpoint, config, format);
          };
      return new Converted(
          checkpoint.format(),
          tensors(checkpoint, formats),
          checkpoint.config().activation(),
          config.activation(),
          nonFinite);
    }
  }

  /** Rounding is for those who ask for it. */
  private void requireNothingLost(Checkpoint checkpoint) {
    if (asked.isPresent()) {
      return;
    }
    checkpoint.names().stream()
        .filter(name -> checkpoint.storedType(name).orElse("").equals("F64"))
        .findFirst()
        .ifPresent(
            name -> {
              throw new CheckpointException(
                  from,
                  "tensor %s is F64, which no copy can be: give --dtype f32 to have it rounded"
                      .formatted(name));
            });
  }

  private static List<Converted.Tensor> tensors(
      Checkpoint checkpoint, Map<String, WeightFormat> formats) {
    List<Converted.Tensor> tensors = new ArrayList<>();
    for (String name : checkpoint.names()) {
      WeightFormat format = formats.getOrDefault(name, WeightFormat.F32);
      long elements = checkpoint.tensor(name).shape().elements();
      tensors.add(
          new Converted.Tensor(
              name,
              checkpoint.storedType(name).orElse("none"),
              checkpoint.storedBytes(name),
              format,
              format.bytes(1, elements)));
    }
    return tensors;
  }

  private Optional<String> writeFolder(
      Checkpoint checkpoint, Gpt2Config config, WeightFormat format) {
    DataType type = format.plain().orElseThrow();
    Map<String, byte[]> files;
    try {
      CheckpointTokenizer tokenizer = CheckpointTokenizer.of(checkpoint);
      if (!tokenizer.isKnown()) {
        notes.accept(
            from + ": its vocabulary isn't known, so the copy has none and passes for GPT-2's");
      }
      files = tokenizer.copied();
    } catch (TokenizerException e) {
      throw new CheckpointException(from, String.valueOf(e.getMessage()), e);
    }
    return CheckpointConversion.write(checkpoint, config, files, to, type, progress, notes);
  }

  private static ModelWeights weights(Checkpoint checkpoint, Gpt2Config config) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    checkpoint.names().forEach(name -> tensors.put(name, checkpoint.tensor(name)));
    return new ModelWeights(config, tensors);
  }

  private Optional<String> writeGguf(
      Checkpoint checkpoint,
      Gpt2Config config,
      WeightFormat format,
      Map<String, WeightFormat> formats) {
    Optional<VocabularyContents> vocabulary = vocabulary(checkpoint);
    try {
      GgufWriter writer = new GgufWriter(weights(checkpoint, config), vocabulary, format, false);
      writer.forEachFormat(formats::put);
      noteFallback(format, formats);
      return writeFile(checkpoint, format, writer.bytes(), writer::write);
    } catch (FormatException e) {
      throw new CheckpointException(from, refusal("GGUF", config, e), e);
    }
  }

  /** What the target can't say, and how to have it nevertheless. */
  private static String refusal(String target, Gpt2Config config, FormatException e) {
    String way =
        config.activation() == GeluForm.TANH
            ? ""
            : "; give --gelu tanh to have it written as one by tanh, whose logits are a little off";
    return "%s can't hold it: %s%s".formatted(target, e.problem(), way);
  }

  private void noteFallback(WeightFormat format, Map<String, WeightFormat> formats) {
    long others =
        formats.values().stream().filter(own -> own != format && own != WeightFormat.F32).count();
    if (others > 0) {
      notes.accept(
          "%s: %d tensors have rows that are no multiple of %d numbers, and become F16 instead of %s"
              .formatted(from, others, format.groupSize(), format));
    }
  }

  private Optional<String> writeLlmc(
      Checkpoint checkpoint, Gpt2Config config, WeightFormat format) {
    vocabulary(checkpoint)
        .filter(vocabulary -> !vocabulary.equals(Tokenizer.gpt2().contents()))
        .ifPresent(
            _ ->
                notes.accept(from + ": its vocabulary isn't GPT-2's, and llm.c's files hold none"));
    try {
      LlmcWriter writer = new LlmcWriter(weights(checkpoint, config), format);
      return writeFile(checkpoint, format, writer.bytes(), writer::write);
    } catch (FormatException e) {
      throw new CheckpointException(from, refusal("llm.c", config, e), e);
    }
  }

  /** The model's own; none where a note says why. */
  private Optional<VocabularyContents> vocabulary(Checkpoint checkpoint) {
    try {
      CheckpointTokenizer tokenizer = CheckpointTokenizer.of(checkpoint);
      if (!tokenizer.isKnown()) {
        notes.accept(from + ": its vocabulary isn't known, so the copy has none");
        return Optional.empty();
      }
      if (tokenizer.tokenizer().vocabularySize() > checkpoint.config().vocabularySize()) {
        notes.accept(
            from
                + ": has a vocabulary of more tokens than the model, so it isn't the model's, and"
                + " the copy has none");
        return Optional.empty();
      }
      return Optional.of(tokenizer.tokenizer().contents());
    } catch (TokenizerException e) {
      throw new CheckpointException(from, String.valueOf(e.getMessage()), e);
    }
  }

  /** Writes a whole file. */
  @FunctionalInterface
  private interface Content {
    void write(OutputStream out, LongConsumer progress) throws IOException;
  }

  private Optional<String> writeFile(
      Checkpoint checkpoint, WeightFormat format, long bytes, Content content) {
    checkpoint.notes().forEach(notes);
    Optional<String> nonFinite = CheckpointConversion.check(checkpoint, format);
    try (NewFile file = NewFile.create(to)) {
      content.write(file.stream(), written -> progress.written(Math.min(written, bytes), bytes));
      checkpoint.requireUnchanged();
      file.commit();
      return nonFinite;
    } catch (IOException e) {
      throw new CheckpointException(to, Io.unwritable(e), e);
    }
  }

  /**
   * Writes a checkpoint as a file of llama.cpp, without a vocabulary and with the head once more,
   * as its programs of any age run it on token ids.
   *
   * @throws CheckpointException when llama.cpp's GPT-2 can't be what the model is
   */
  public static void writeForLlamaCpp(Checkpoint checkpoint, WeightFormat format, OutputStream out)
      throws IOException {
    try {
      new GgufWriter(weights(checkpoint, checkpoint.config()), Optional.empty(), format, true)
          .write(out, _ -> {});
    } catch (FormatException e) {
      throw new CheckpointException(
          checkpoint.directory(), "GGUF can't hold it: " + e.problem(), e);
    }
  }
}
