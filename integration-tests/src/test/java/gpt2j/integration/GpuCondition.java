package gpt2j.integration;

import gpt2j.api.Availability;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips what needs the machine's own CUDA device where there is none. */
final class GpuCondition implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return switch (Backends.provider("cuda").availability()) {
      case Availability.Available _ -> ConditionEvaluationResult.enabled("there is a device");
      case Availability.Unavailable(String reason) -> ConditionEvaluationResult.disabled(reason);
    };
  }
}
