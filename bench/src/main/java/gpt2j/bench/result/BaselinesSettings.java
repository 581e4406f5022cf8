package gpt2j.bench.result;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.result.setup.Program;
import java.util.List;
import java.util.OptionalInt;

/**
 * What programs are measured on.
 *
 * @param model checkpoint directory or standard size
 * @param programs those beside gpt2j
 * @param backend gpt2j's backend; on {@code cuda} the others compute on the GPU too
 * @param precisions how weights are kept
 * @param threads of every program; empty for the default of gpt2j's backend
 * @param batches sequences side by side, in decoding
 * @param prefillTokens length of the prompt whose prefill is measured
 * @param promptTokens before decoding
 * @param newTokens drawn in decoding
 * @param rounds how often all are measured in turn
 * @param seed of the prompts' random tokens
 */
public record BaselinesSettings(
    String model,
    List<Program> programs,
    String backend,
    List<WeightFormat> precisions,
    OptionalInt threads,
    List<Integer> batches,
    int prefillTokens,
    int promptTokens,
    int newTokens,
    int rounds,
    long seed) {
  public BaselinesSettings {
    programs = List.copyOf(programs);
    precisions = List.copyOf(precisions);
    batches = List.copyOf(batches);
    GridSettings.requireSome("precisions", precisions);
    GridSettings.requireCounts("batches", batches);
    GridSettings.requireCounts("prefill_tokens", List.of(prefillTokens));
    GridSettings.requireCounts("prompt_tokens", List.of(promptTokens));
    GridSettings.requireCounts("rounds", List.of(rounds));
    if (newTokens < 2) {
      throw new IllegalArgumentException("new_tokens must be 2 or more, not " + newTokens);
    }
    GridSettings.requireThreads(threads);
  }

  /** The same with this number of threads. */
  public BaselinesSettings withThreads(int count) {
    return with(model, OptionalInt.of(count));
  }

  /** The same for results: the checkpoint by its name, not by where on this machine it is. */
  public BaselinesSettings withName() {
    return with(Model.reference(model), threads);
  }

  /** The same with another model. */
  public BaselinesSettings withModel(String other) {
    return with(other, threads);
  }

  private BaselinesSettings with(String ofModel, OptionalInt ofThreads) {
    return new BaselinesSettings(
        ofModel,
        programs,
        backend,
        precisions,
        ofThreads,
        batches,
        prefillTokens,
        promptTokens,
        newTokens,
        rounds,
        seed);
  }
}
