package gpt2j.model.gpt2.training;

/**
 * What one update of the parameters was.
 *
 * @param loss of the batch, before the update
 * @param gradientNorm Euclidean norm of all gradients together, before clipping
 */
public record TrainingStep(Loss loss, double gradientNorm) {}
