package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/** The file {@code metrics.jsonl} of a run: a JSON object in a line for each update, evaluation. */
final class Metrics implements AutoCloseable {
  static final String NAME = "metrics.jsonl";

  private final FileChannel channel;

  private Metrics(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens the file.
   *
   * @param state how far the run has come; what the file has beyond is cut off
   */
  static Metrics open(Path file, RunState state) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      long length = lengthUntil(file, state);
      channel.truncate(length);
      channel.position(length);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return new Metrics(channel);
  }

  /** How many bytes the lines have that belong to what was done. */
  private static long lengthUntil(Path file, RunState state) throws IOException {
    if (state.equals(RunState.BEGIN)) {
      return 0;
    }
    long length = 0;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        line.write(next);
        if (next == '\n') {
          if (!isBefore(line.toByteArray(), state)) {
            break;
          }
          length += line.size();
          line.reset();
        }
      }
    }
    return length; // what has no line break was cut off
  }

  private static boolean isBefore(byte[] line, RunState state) {
    try {
      Map<String, JsonValue> members = Json.readObject(line).members();
      if (!(members.get("step") instanceof JsonNumber step)) {
        return false;
      }
      long limit =
          members.containsKey("validation_loss")
              ? state.last().map(Evaluation::step).orElse(-1L)
              : state.step();
      return step.integer().orElse(Long.MAX_VALUE) <= limit;
    } catch (JsonException half) {
      return false;
    }
  }

  void add(RunEvent event) throws IOException {
    switch (event) {
      case RunEvent.Updated e ->
          add(
              json -> {
                json.writeNumberProperty("step", e.step());
                number(json, "loss", e.loss());
                number(json, "learning_rate", e.learningRate());
                number(json, "gradient_norm", e.gradientNorm());
                json.writeNumberProperty("tokens", e.tokens());
                number(json, "seconds", e.seconds());
                number(json, "peak_fraction", e.peakFraction());
              });
      case RunEvent.Evaluated e ->
          add(
              json -> {
                json.writeNumberProperty("step", e.step());
                number(json, "validation_loss", e.loss());
                json.writeBooleanProperty("best", e.best());
              });
      case RunEvent.Sampled e ->
          add(
              json -> {
                json.writeNumberProperty("step", e.step());
                json.writeStringProperty("sample", e.text());
              });
      case RunEvent.Saved _, RunEvent.Noted _ -> {
        // the checkpoint tells it
      }
    }
  }

  private static void number(JsonGenerator json, String name, double value) {
    json.writeName(name);
    Json.writeNumber(json, value);
  }

  private void add(Consumer<JsonGenerator> members) throws IOException {
    String line = Json.line(members) + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Returns when all lines are on the disk. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
