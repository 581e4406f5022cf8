/**
 * The model: forward pass, sessions with a KV cache, generation, scoring.
 *
 * {@snippet :
 * try (Backend backend = provider.open(BackendOptions.defaults());
 *     Gpt2 model = Gpt2.load(directory, backend)) {
 *   for (Completion completion : model.generate(GenerationRequest.of("Once upon a time"))) {
 *     System.out.println(completion.text());
 *   }
 * }
 * }
 *
 * The same as it comes, with more said about it:
 *
 * {@snippet :
 * GenerationRequest request =
 *     GenerationRequest.of("Once upon a time")
 *         .withMaxNewTokens(50)
 *         .withSampling(SamplingParameters.random(42).withTemperature(0.8f).withTopK(40))
 *         .withStopStrings("\n\n");
 * model.generate(request, event -> System.out.print(event.text()));
 * }
 *
 * {@link Gpt2#start} is the same as an iterator, and can be cancelled. Below that is {@link
 * Session}: sequences to prefill, evaluate, roll back and fork, and a {@link Decoder} to draw
 * tokens.
 */
@NullMarked
package gpt2j.model.gpt2;

import org.jspecify.annotations.NullMarked;
