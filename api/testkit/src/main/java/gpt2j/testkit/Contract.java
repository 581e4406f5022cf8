package gpt2j.testkit;

import gpt2j.api.Backend;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.TestInstance;

/** One part of the contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Contract {
  /** Numbers of rows: few, which kernels treat one by one, and around the sizes of tiles. */
  static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100};

  /** Numbers of rows for what is too large to try them all. */
  static final int[] SOME_ROWS = {1, 2, 5, 8, 17};

  private final BackendContract subject;

  Contract(BackendContract subject) {
    this.subject = subject;
  }

  BackendContract subject() {
    return subject;
  }

  /** The backend that is tested. */
  Backend backend() {
    return subject.backend();
  }

  /** Does the same work on the reference and on the backend; what it shows must agree. */
  void compare(Consumer<Workbench> work) {
    List<Reading> expected = readings(subject.reference(), work);
    List<Reading> actual = readings(backend(), work);
    Reading.assertEqual(expected, actual);
  }

  /** Does the work on the backend twice; what it shows must be the same, bit for bit. */
  void repeat(Consumer<Workbench> work) {
    List<Reading> first = readings(backend(), work);
    List<Reading> second = readings(backend(), work);
    Reading.assertSame(first, second);
  }

  /** Does work on the backend alone. */
  void onBackend(Consumer<Workbench> work) {
    readings(backend(), work);
  }

  List<Reading> readings(Backend on, Consumer<Workbench> work) {
    try (Workbench bench = new Workbench(subject, on)) {
      work.accept(bench);
      return bench.readings();
    }
  }
}
