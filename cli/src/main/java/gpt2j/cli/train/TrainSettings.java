package gpt2j.cli.train;

import gpt2j.api.BackendProvider;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ModelLoader;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.SpecialTokens;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.training.run.Hyperparameters;
import gpt2j.model.gpt2.training.run.Routine;
import gpt2j.model.gpt2.training.run.RunDirectory;
import gpt2j.model.gpt2.training.run.TrainingData;
import gpt2j.model.gpt2.training.run.TrainingRun.Start;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the options of training say, put together and checked.
 *
 * @param start what training begins with
 * @param config the model that is trained
 * @param prompt the text to go on from at each evaluation
 */
record TrainSettings(
    Start start,
    Gpt2Config config,
    TrainingData data,
    Hyperparameters hyperparameters,
    Routine routine,
    Optional<String> prompt) {

  /** Puts the options together. */
  static TrainSettings resolve(RunDirectory directory, DataSet data, TrainOptions options) {
    Start start = start(data, options);
    Gpt2Config config =
        directory.newestCheckpoint().map(TrainSettings::config).orElseGet(() -> config(start));
    requireFit(options.place().data(), data, config, start, directory);
    Hyperparameters hyperparameters = hyperparameters(options, config, start);
    Optional<String> prompt = options.course().samplePrompt();
    Routine routine =
        options.course().routine(prompt.map(text -> tokens(text, data, config.contextLength())));
    TrainingData shards =
        new TrainingData(data.train(), data.validation(), data.tokenizer(), data.tokenizerFiles());
    requireEnough(options.place().data(), shards, hyperparameters);
    directory
        .change(hyperparameters, shards)
        .ifPresent(
            change -> {
              throw UserError.usage(
                  "--%s: is %s, but the run in %s has %s and keeps it; begin a new run from its last checkpoint with --model %s"
                      .formatted(
                          change.name().replace('_', '-'),
                          change.now(),
                          directory.path(),
                          change.before(),
                          directory.path().resolve("last")));
            });
    return new TrainSettings(start, config, shards, hyperparameters, routine, prompt);
  }

  private static Start start(DataSet data, TrainOptions options) {
    if (!options.start().hasModel()) {
      if (!options.size().isGiven()) {
        throw UserError.usage(
            "no model: give the size of a new one (--size NAME, or --n-layer, --n-head and"
                + " --n-embd), --model MODEL, or --resume DIR");
      }
      return new Start.Scratch(
          options.size().config(builder -> defaults(builder, data, options.start().untiedHead())));
    }
    if (options.size().isGiven() || options.start().untiedHead()) {
      throw UserError.usage(
          "--model and the size of a new model exclude each other: a checkpoint has its own");
    }
    return new Start.Weights(options.start().model().orElseThrow());
  }

  private static Gpt2ConfigBuilder defaults(
      Gpt2ConfigBuilder builder, DataSet data, boolean untiedHead) {
    OptionalInt endOfText = data.tokenizer().endOfText();
    return builder
        .vocabularySize(data.vocabularySize())
        .bosToken(endOfText)
        .eosTokens(endOfText.isPresent() ? List.of(endOfText.getAsInt()) : List.of())
        .tieWordEmbeddings(!untiedHead);
  }

  private static Gpt2Config config(Start start) {
    return switch (start) {
      case Start.Scratch(Gpt2Config config) -> config;
      case Start.Weights(Path checkpoint) -> config(checkpoint);
    };
  }

  private static Gpt2Config config(Path directory) {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return checkpoint.config();
    }
  }

  private static void requireFit(
      Path place, DataSet data, Gpt2Config config, Start start, RunDirectory directory) {
    if (data.vocabularySize() > config.vocabularySize()) {
      throw UserError.usage(
          "--data %s: has a vocabulary of %d tokens, more than the model's %d; prepare it with the model's vocabulary"
              .formatted(place, data.vocabularySize(), config.vocabularySize()));
    }
    if (start instanceof Start.Weights(Path model) && directory.newestCheckpoint().isEmpty()) {
      requireSameVocabulary(place, data, model, config);
    }
    if (data.validation().size() < 2) {
      throw UserError.usage(
          "--data %s: has no text to evaluate on; prepare it with a part for validation"
              .formatted(place));
    }
  }

  private static void requireEnough(
      Path place, TrainingData data, Hyperparameters hyperparameters) {
    try {
      data.check(hyperparameters);
    } catch (DataException e) {
      throw UserError.usage(
          "--data %s: %s; prepare more text, or give a smaller --sequence-length or --batch-size"
              .formatted(place, e.getMessage()));
    }
  }

  /** Text that was cut into other tokens than the model's would ruin the model. */
  private static void requireSameVocabulary(
      Path place, DataSet data, Path model, Gpt2Config config) {
    Tokenizer tokenizer = ModelLoader.loadTokenizer(model);
    if (tokenizer.vocabularySize() > config.vocabularySize()) {
      return; // the model has none of its own
    }
    for (int token = 0; token < data.vocabularySize(); token++) {
      if (!Arrays.equals(bytes(data.tokenizer(), token), bytes(tokenizer, token))) {
        throw UserError.usage(
            "--data %s: has another vocabulary than %s: token %d is another one; prepare it with the model's"
                .formatted(place, model, token));
      }
    }
  }

  private static byte @Nullable [] bytes(Tokenizer tokenizer, int token) {
    try {
      return tokenizer.bytes(token);
    } catch (TokenizerException none) {
      return null;
    }
  }

  private static Hyperparameters hyperparameters(
      TrainOptions options, Gpt2Config config, Start start) {
    TrainOptimizerOptions optimizer = options.optimizer();
    int steps = options.course().maxSteps();
    return new Hyperparameters(
        options.batches().shape(config.contextLength()),
        optimizer.learningRate(steps, start instanceof Start.Weights),
        optimizer.adamW(),
        optimizer.clip(),
        optimizer.dropout(),
        optimizer.biases(),
        options.course().seed());
  }

  private static List<Integer> tokens(String text, DataSet data, int context) {
    int[] tokens = data.tokenizer().encode(text, SpecialTokens.RECOGNIZED);
    if (tokens.length == 0 || tokens.length >= context) {
      throw UserError.usage(
          "--sample-prompt: has %d tokens; it must have at least one and fewer than the context of %d"
              .formatted(tokens.length, context));
    }
    return Arrays.stream(tokens).boxed().toList();
  }

  /** All that a later run can be given as settings. */
  byte[] text(TrainOptions options, BackendProvider provider) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("data", absolute(options.place().data()));
    switch (start) {
      case Start.Weights(Path model) -> settings.put("model", absolute(model));
      case Start.Scratch(Gpt2Config size) -> {
        settings.put("n_layer", size.layers());
        settings.put("n_head", size.heads());
        settings.put("n_embd", size.embeddingWidth());
        settings.put("n_ctx", size.contextLength());
        settings.put("vocab_size", size.vocabularySize());
        settings.put("untied_head", !size.tieWordEmbeddings());
      }
    }
    settings.putAll(hyperparameters.values());
    options.course().addTo(settings);
    options.device().addTo(settings, provider);
    return Json.text(settings);
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }
}
