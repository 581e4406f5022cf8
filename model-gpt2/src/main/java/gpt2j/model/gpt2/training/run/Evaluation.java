package gpt2j.model.gpt2.training.run;

/**
 * An evaluation on the validation data.
 *
 * @param step updates before it
 * @param loss mean negative log-probability of a token, in nats
 */
public record Evaluation(long step, double loss) {}
