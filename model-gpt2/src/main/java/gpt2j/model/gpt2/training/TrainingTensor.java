package gpt2j.model.gpt2.training;

/** What is kept for each tensor of a checkpoint, in its shape. */
public enum TrainingTensor {
  /** The values themselves. */
  PARAMETER,
  /** What has been accumulated since the last update. */
  GRADIENT,
  /** AdamW's decaying mean of gradients. */
  FIRST_MOMENT,
  /** AdamW's decaying mean of squared gradients. */
  SECOND_MOMENT
}
