package gpt2j.bench.result;

/**
 * A model that was measured.
 *
 * @param name as tables show it, and as {@link BenchmarkCase#model} refers to it: a standard size
 *     or the name of the checkpoint's directory
 * @param random whether its weights are random ones made for measuring
 * @param parameters number of parameters, a tied head counted once
 * @param layers transformer blocks
 * @param heads attention heads per block
 * @param embeddingWidth elements of one hidden state
 * @param contextLength most tokens of a sequence
 * @param vocabularySize number of tokens
 */
public record Model(
    String name,
    boolean random,
    long parameters,
    int layers,
    int heads,
    int embeddingWidth,
    int contextLength,
    int vocabularySize) {}
