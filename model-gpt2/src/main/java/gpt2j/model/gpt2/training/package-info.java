/**
 * Training GPT-2: forward and backward pass, the optimiser's update, and all the memory that they
 * need, on any backend that has {@link gpt2j.api.training.TrainingOperations}.
 *
 * {@snippet :
 * TrainingOptions options = TrainingOptions.of(12, 256).withDropout(0.1f).withSeed(42);
 * try (TrainingModel model = TrainingModel.random(config, options, backend)) {
 *   for (int i = 0; i < 1000; i++) {
 *     TrainingStep step = model.trainStep(List.of(nextBatch()), 6e-4);
 *     System.out.println(step.loss().mean());
 *   }
 * }
 * }
 */
@NullMarked
package gpt2j.model.gpt2.training;

import org.jspecify.annotations.NullMarked;
