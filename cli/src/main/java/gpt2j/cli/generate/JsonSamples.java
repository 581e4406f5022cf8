package gpt2j.cli.generate;

import gpt2j.cli.io.JsonLine;
import gpt2j.cli.io.Output;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.ModelLoader.LoadedModel;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Timings;
import gpt2j.model.gpt2.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Prints each sample as a JSON object in a line, in order. */
final class JsonSamples implements Consumer<GenerationEvent> {
  private final Output out;
  private final LoadedModel loaded;
  private final GenerationRequest request;
  private final List<@Nullable Completion> finished = new ArrayList<>();
  private int printed;

  JsonSamples(Output out, LoadedModel loaded, GenerationRequest request) {
    this.out = out;
    this.loaded = loaded;
    this.request = request;
    for (int i = 0; i < request.samples(); i++) {
      finished.add(null);
    }
  }

  @Override
  public void accept(GenerationEvent event) {
    if (event instanceof GenerationEvent.Finished(int index, _, Completion completion)) {
      finished.set(index, completion);
      for (; printed < finished.size(); printed++) {
        Completion next = finished.get(printed);
        if (next == null) {
          return;
        }
        out.println(Json.line(json -> write(json, next)));
      }
    }
  }

  private void write(JsonGenerator json, Completion completion) {
    json.writeNumberProperty("sample", completion.index());
    JsonLine.writeTokens(json, "prompt_tokens", completion.promptTokens());
    json.writeNumberProperty("truncated_prompt_tokens", completion.truncatedPromptTokens());
    JsonLine.writeTokens(json, "tokens", completion.tokens());
    json.writeStringProperty("text", completion.text());
    json.writeStringProperty("finish_reason", completion.finishReason().label());
    json.writeStringProperty("backend", loaded.backendName());
    json.writeStringProperty("precision", Choice.lowerCase(loaded.model().precision()));
    json.writeBooleanProperty("use_cache", request.useCache());
    json.writeNumberProperty("seed", request.sampling().seed());
    writeTimings(json, completion.timings());
  }

  private void writeTimings(JsonGenerator json, Timings timings) {
    json.writeObjectPropertyStart("timings");
    JsonLine.writeMillis(json, "load_ms", loaded.loadTime());
    JsonLine.writeMillis(json, "prefill_ms", timings.prefill());
    JsonLine.writeMillis(json, "ttft_ms", timings.timeToFirstToken());
    JsonLine.writeMillis(json, "tpot_ms", timings.timePerOutputToken());
    JsonLine.writeMillis(json, "decode_ms", timings.decode());
    json.writeNumberProperty(
        "tokens_per_second", Math.round(timings.tokensPerSecond() * 1e3) / 1e3);
    json.writeEndObject();
  }
}
