package gpt2j.model.gpt2;

import java.util.List;

/**
 * One finished sample.
 *
 * @param index which one of its generation, counted from 0: request by request, prompt by prompt,
 *     sample by sample
 * @param promptTokens the tokens it went on from
 * @param truncatedPromptTokens tokens left out in front of them, because the prompt was longer than
 *     the context
 * @param tokens every token drawn, with those of a stop string and the end-of-text token
 * @param text their text, without a stop string and what follows it, without end-of-text
 * @param finishReason why it ended
 * @param timings how long it took
 */
public record Completion(
    int index,
    List<Integer> promptTokens,
    int truncatedPromptTokens,
    List<Integer> tokens,
    String text,
    FinishReason finishReason,
    Timings timings) {
  public Completion {
    promptTokens = List.copyOf(promptTokens);
    tokens = List.copyOf(tokens);
  }
}
