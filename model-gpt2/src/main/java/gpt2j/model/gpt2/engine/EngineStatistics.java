package gpt2j.model.gpt2.engine;

/**
 * What an engine does, after its last turn, and what it has done since it began.
 *
 * @param waiting requests that wait, with one of which some samples may run already
 * @param running samples that have a slot
 * @param idle those of them that wait for their reader
 * @param keptSlots slots without a sample that hold what a prompt may begin with
 * @param steps in which tokens were drawn
 * @param chunks of prompts that were evaluated
 * @param promptTokens tokens that were evaluated in chunks
 * @param cachedTokens tokens that were found in the cache instead
 * @param generatedTokens tokens that were drawn
 * @param prefixQueries how often the cache was asked for the beginning of a text
 * @param prefixHits how often it had one
 * @param evictions slots that were taken from what they kept
 */
public record EngineStatistics(
    int waiting,
    int running,
    int idle,
    int keptSlots,
    long steps,
    long chunks,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    long prefixQueries,
    long prefixHits,
    long evictions) {
  static final EngineStatistics NONE = new EngineStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
