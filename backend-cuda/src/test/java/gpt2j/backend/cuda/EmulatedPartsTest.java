package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.TrainingContract;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Some parts of the contract on the emulated driver, for who works on one kernel: those that the
 * system property {@value #PARTS} names, with blanks between them. {@code scripts/test.sh} starts
 * it.
 */
class EmulatedPartsTest {
  private static final String PARTS = "gpt2j.parts";

  @Test
  void meetTheContract() throws IOException, InterruptedException {
    List<String> known =
        Stream.concat(
                names("", BackendContract.class),
                names(ForkedTests.TRAINING, TrainingContract.class))
            .toList();
    String hint =
        "; there are %s, and each test of them, as in Gelu/tanhForm"
            .formatted(new TreeSet<>(known));
    List<String> parts =
        Arrays.stream(System.getProperty(PARTS, "").split(" "))
            .filter(part -> !part.isEmpty())
            .toList();
    assertFalse(parts.isEmpty(), () -> "no part of the contract is named" + hint);
    for (String part : parts) {
      assertTrue(
          known.stream().anyMatch(name -> (part + "/").startsWith(name + "/")),
          () -> "no part of the contract is named " + part + hint);
    }
    ForkedTests.Result result =
        ForkedTests.run(
            Emulator.loadOrSkip().library(),
            ThreadOrder.FORWARD,
            Map.of(),
            List.of("-D" + ForkedTests.KEEP_GOING + "=true"),
            parts);
    System.out.print(result.output());
    assertFalse(result.nothingRan(), () -> "no test is named " + parts + hint);
    assertTrue(result.passed(), "not all passed");
  }

  private static Stream<String> names(String before, Class<?> contract) {
    return Arrays.stream(contract.getDeclaredClasses())
        .map(nested -> before + nested.getSimpleName());
  }
}
