package gpt2j.testkit;

/** One part of the contract of training. */
abstract class TrainingPart extends Part {
  private final TrainingContract subject;

  TrainingPart(TrainingContract subject) {
    super(subject);
    this.subject = subject;
  }

  @Override
  TrainingContract subject() {
    return subject;
  }

  double tolerance() {
    return subject.tolerance();
  }
}
