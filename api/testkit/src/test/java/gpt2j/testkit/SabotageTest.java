package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.CancellationToken;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The contract notices bugs. Each is planted in the reference backend, which without them passes
 * ({@link ReferenceContractTest}), and the part of the contract that covers it must fail.
 */
class SabotageTest {
  static Stream<Sabotage> bugs() {
    return Stream.of(
            SabotagedOperations.all(),
            SabotagedNorms.all(),
            SabotagedCaches.all(),
            SabotagedAttention.all(),
            SabotagedSampling.all(),
            SabotagedBackends.all(),
            SabotagedInvariance.all(),
            SabotagedTraining.all())
        .flatMap(List::stream);
  }

  @AfterEach
  void reset() {
    SabotagedContract.planted = Sabotage.none();
    SabotagedContract.declared = Set.of();
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void isNoticed(Sabotage bug) {
    SabotagedContract.planted = bug;
    Outcome outcome = run(bug.part(), true);
    assertFalse(outcome.failures.isEmpty(), bug.part().getSimpleName() + " has not noticed");
  }

  @Test
  void whatIsDeclaredUnsupportedIsAbortedAndCounted() {
    SabotagedContract.planted =
        bugs().filter(bug -> bug.name().equals("denies BF16 quietly")).findFirst().orElseThrow();
    SabotagedContract.declared = Set.of(Feature.WEIGHTS_BF16);
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Outcome outcome;
    try (PrintStream capture = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setErr(capture);
      outcome = run(LinearContract.class, false);
    } finally {
      System.setErr(before);
    }
    assertEquals(List.of(), outcome.failures);
    assertTrue(outcome.passed > 0);
    assertFalse(outcome.aborted.isEmpty());
    for (String message : outcome.aborted) {
      assertTrue(message.startsWith("UNSUPPORTED: WEIGHTS_BF16: "), message);
    }
    String line = "UNSUPPORTED by sabotaged: %d tests".formatted(outcome.aborted.size());
    assertTrue(printed.toString(StandardCharsets.UTF_8).contains(line), printed.toString());
  }

  @Test
  void whatIsUnsupportedWithoutBeingDeclaredFails() {
    SabotagedContract.planted =
        bugs().filter(bug -> bug.name().equals("denies BF16 quietly")).findFirst().orElseThrow();
    Outcome outcome = run(LinearContract.class, true);
    assertTrue(
        outcome.failures.getFirst().contains("unexpected UNSUPPORTED: WEIGHTS_BF16"),
        outcome.failures.toString());
  }

  @Test
  void whatIsDeclaredUnsupportedButWorksFails() {
    SabotagedContract.declared = Set.of(Feature.WEIGHTS_BF16, Feature.CACHE_F16);
    Outcome outcome = run(ProviderContract.class, false);
    assertEquals(2, outcome.failures.size(), outcome.failures.toString());
  }

  /** What became of the tests of a part of the contract. */
  private static final class Outcome implements TestExecutionListener {
    final List<String> failures = new ArrayList<>();
    final List<String> aborted = new ArrayList<>();
    int passed;
    private final Runnable onFailure;

    Outcome(Runnable onFailure) {
      this.onFailure = onFailure;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      String message = result.getThrowable().map(Throwable::getMessage).orElse("");
      switch (result.getStatus()) {
        case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
        case ABORTED -> aborted.add(message);
        case FAILED -> {
          failures.add(test.getDisplayName() + ": " + message);
          onFailure.run();
        }
      }
    }
  }

  private static Outcome run(Class<? extends Part> part, boolean untilOneFails) {
    boolean training = TrainingPart.class.isAssignableFrom(part);
    Class<?> contract = training ? TrainingContract.class : BackendContract.class;
    Class<?> sabotaged = training ? SabotagedTrainingContract.class : SabotagedContract.class;
    Class<?> nested =
        Arrays.stream(contract.getDeclaredClasses())
            .filter(part::isAssignableFrom)
            .findFirst()
            .orElseThrow();
    LauncherDiscoveryRequest tests =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectNestedClass(List.of(sabotaged), nested))
            .build();
    CancellationToken token = CancellationToken.create();
    Outcome outcome =
        new Outcome(
            () -> {
              if (untilOneFails) {
                token.cancel();
              }
            });
    LauncherFactory.create()
        .execute(
            LauncherExecutionRequestBuilder.request(tests)
                .listeners(outcome)
                .cancellationToken(token)
                .build());
    assertTrue(outcome.passed + outcome.failures.size() > 0, "no tests were run");
    return outcome;
  }
}
