package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.cuda.emulator.Emulator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a class on the emulated CUDA driver, and fails what the driver finds fault with. Skips the
 * class where the driver can't be built, but fails it if the environment variable {@code CI} is
 * {@code true}.
 */
final class EmulatedDriver
    implements ExecutionCondition, BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> reason = Emulator.unavailable();
    if (reason.isEmpty()) {
      Emulator.load(); // before anything touches JCuda
      return ConditionEvaluationResult.enabled("the driver is emulated");
    }
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionError(reason.get());
    }
    return ConditionEvaluationResult.disabled(reason.get());
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    Emulator.load().reset();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertEquals(List.of(), Emulator.load().problems());
  }

  /** Comes after the class has closed what it opened. */
  @Override
  public void afterAll(ExtensionContext context) {
    Emulator emulator = Emulator.load();
    assertEquals(List.of(), emulator.problems());
    assertEquals(0, emulator.liveAllocations(), "allocations");
    assertEquals(0, emulator.liveObjects(), "streams, events, modules, graphs");
    assertEquals(0, emulator.liveContexts(), "contexts");
  }
}
