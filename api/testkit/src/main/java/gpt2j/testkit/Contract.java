package gpt2j.testkit;

/** One part of the contract of generation. */
abstract class Contract extends Part {
  /** Numbers of rows: few, which kernels treat one by one, and around the sizes of tiles. */
  static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100};

  /** Numbers of rows for what is too large to try them all. */
  static final int[] SOME_ROWS = {1, 2, 5, 8, 17};

  private final BackendContract subject;

  Contract(BackendContract subject) {
    super(subject);
    this.subject = subject;
  }

  @Override
  BackendContract subject() {
    return subject;
  }
}
