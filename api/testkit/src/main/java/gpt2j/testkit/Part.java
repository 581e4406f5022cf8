package gpt2j.testkit;

import gpt2j.api.Backend;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.TestInstance;

/** One part of a contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Part {
  private final Suite subject;

  Part(Suite subject) {
    this.subject = subject;
  }

  /** The contract that this is a part of. */
  Suite subject() {
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
