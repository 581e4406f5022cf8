package gpt2j.hub;

import gpt2j.hub.cache.Repository;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which files of a repository gpt2j reads. Names that a server makes up are never used but to see
 * whether one of these is among them.
 */
final class KnownFiles {
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";

  private static final String INDEX = "model.safetensors.index.json";

  private static final String PICKLED = "pytorch_model.bin";
  private static final String PICKLED_INDEX = "pytorch_model.bin.index.json";
  private static final List<String> INDEXES = List.of(INDEX, PICKLED_INDEX);

  /** Without these a model runs, with GPT-2's vocabulary and end of text. */
  private static final List<String> OPTIONAL =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt");

  private static final List<String> VOCABULARY = List.of("tokenizer.json", "vocab.json");

  /** Vocabularies that gpt2j refuses, which must be there to be refused. */
  private static final List<String> FOREIGN =
      List.of("tokenizer.model", "spiece.model", "vocab.txt");

  /** A file of the same folder: no separator, no leading dot. */
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  private static final int MOST_SHARDS = 1000;
  private static final long LARGEST_CONFIGURATION = 16L << 20;
  private static final long LARGEST_VOCABULARY = 128L << 20;

  private KnownFiles() {}

  /** How much of a model the cache has. */
  enum State {
    /** Nothing that runs. */
    ABSENT,
    /** What runs; there may be more of it. */
    USABLE,
    /** All that there is. */
    COMPLETE
  }

  /**
   * The files that a repository has of those that are read; shards are known by the index alone.
   *
   * @param all names of its files
   * @throws ModelProblem when it has no weights that can be read; the message is to follow its name
   */
  static Set<String> wanted(Set<String> all) throws ModelProblem {
    Set<String> wanted = new TreeSet<>(OPTIONAL);
    if (VOCABULARY.stream().noneMatch(all::contains)) {
      wanted.addAll(FOREIGN);
    }
    wanted.retainAll(all);
    if (!all.contains(CONFIG)) {
      throw new ModelProblem("has no config.json: is it a model of transformers?");
    }
    wanted.add(CONFIG);
    if (all.contains(WEIGHTS)) {
      wanted.add(WEIGHTS);
    } else if (all.contains(INDEX)) {
      wanted.add(INDEX);
    } else if (all.contains(PICKLED)) {
      wanted.add(PICKLED);
    } else if (all.contains(PICKLED_INDEX)) {
      wanted.add(PICKLED_INDEX);
    } else {
      throw new ModelProblem(
          "has none of model.safetensors, model.safetensors.index.json, pytorch_model.bin and"
              + " pytorch_model.bin.index.json");
    }
    return wanted;
  }

  /** The one of some files that says which files the weights are in. */
  static Optional<String> index(Set<String> wanted) {
    return INDEXES.stream().filter(wanted::contains).findFirst();
  }

  private static String shardEnding(String index) {
    return index.equals(INDEX) ? ".safetensors" : ".bin";
  }

  /** The files that a repository hasn't, of those that would be read. */
  static Set<String> missing(Set<String> all) {
    Set<String> missing = new TreeSet<>(OPTIONAL);
    missing.addAll(FOREIGN);
    missing.removeAll(all);
    return missing;
  }

  /** Whether a file holds weights. */
  static boolean isWeights(String file) {
    return file.endsWith(".safetensors") || file.endsWith(".bin");
  }

  /** The most bytes that a file may have. */
  static long limit(String file) {
    if (isWeights(file)) {
      return Long.MAX_VALUE;
    }
    return VOCABULARY.contains(file) || file.equals("merges.txt") || FOREIGN.contains(file)
        ? LARGEST_VOCABULARY
        : LARGEST_CONFIGURATION;
  }

  /**
   * Returns unless a configuration is that of another kind of model.
   *
   * @throws ModelProblem when it is; the message is to follow its name
   */
  static void requireGpt2(Path config) throws IOException {
    JsonValue type = read(CONFIG, config).members().get("model_type");
    if (type != null && !(type instanceof JsonString(String name) && name.equals("gpt2"))) {
      throw new ModelProblem("has model_type %s; only \"gpt2\" is supported".formatted(type));
    }
  }

  /**
   * The files that an index names.
   *
   * @param name of the index
   * @throws ModelProblem when it isn't an index; the message is to follow its name
   */
  static Set<String> shards(String name, Path index) throws IOException {
    String ending = shardEnding(name);
    Set<String> shards = new TreeSet<>();
    if (!(read(name, index).members().get("weight_map") instanceof JsonObject map)) {
      throw new ModelProblem(name + ": weight_map must map each tensor to a file");
    }
    for (JsonValue value : map.members().values()) {
      if (!(value instanceof JsonString(String shard)
          && shard.endsWith(ending)
          && SHARD.matcher(shard).matches())) {
        throw new ModelProblem(
            "%s: weight_map must name %s files of the same folder, not %s"
                .formatted(name, ending, value));
      }
      shards.add(shard);
    }
    if (shards.isEmpty() || shards.size() > MOST_SHARDS) {
      throw new ModelProblem(name + ": names " + shards.size() + " files");
    }
    return shards;
  }

  private static JsonObject read(String name, Path file) throws IOException {
    try {
      return Json.readObject(Io.readSmall(file));
    } catch (JsonException e) {
      throw new ModelProblem(name + ": " + e.getMessage(), e);
    }
  }

  /** How much of a commit the cache has. */
  static State state(Repository repository, String commit) {
    if (!repository.has(commit, CONFIG) || !hasWeights(repository, commit)) {
      return State.ABSENT;
    }
    Predicate<String> isThere = file -> repository.has(commit, file);
    Predicate<String> isKnown = isThere.or(file -> repository.isKnownMissing(commit, file));
    return OPTIONAL.stream().allMatch(isKnown)
            && (VOCABULARY.stream().anyMatch(isThere) || FOREIGN.stream().allMatch(isKnown))
        ? State.COMPLETE
        : State.USABLE;
  }

  private static boolean hasWeights(Repository repository, String commit) {
    if (repository.has(commit, WEIGHTS)) {
      return true;
    }
    if (repository.has(commit, INDEX)) {
      return hasShards(repository, commit, INDEX);
    }
    return repository.has(commit, PICKLED)
        || repository.has(commit, PICKLED_INDEX) && hasShards(repository, commit, PICKLED_INDEX);
  }

  private static boolean hasShards(Repository repository, String commit, String index) {
    try {
      return shards(index, repository.snapshot(commit).resolve(index)).stream()
          .allMatch(shard -> repository.has(commit, shard));
    } catch (IOException e) {
      return false;
    }
  }
}
