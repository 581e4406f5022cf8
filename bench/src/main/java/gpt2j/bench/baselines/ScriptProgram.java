package gpt2j.bench.baselines;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A process that speaks the protocol of {@code protocol.py}: a line of JSON for each request. */
final class ScriptProgram implements RunningProgram {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final ChildProcess process;
  private final Conditions conditions;
  private final String version;

  private ScriptProgram(ChildProcess process, Conditions conditions) throws ProgramException {
    this.process = process;
    this.conditions = conditions;
    JsonNode first = answer();
    String absent = text(first, "absent");
    if (absent != null) {
      throw ProgramException.gone(absent);
    }
    String told = text(first, "version");
    if (told == null) {
      throw noAnswer(first.toString());
    }
    version = told;
  }

  /**
   * Starts a process and waits until it has loaded the model.
   *
   * @throws ProgramException when it can't be started, says that it is absent, or fails
   */
  static RunningProgram start(Conditions conditions, List<String> command) throws ProgramException {
    String threads = Integer.toString(conditions.threads());
    ChildProcess process =
        new ChildProcess(
            conditions.context(),
            command,
            Map.of("OMP_NUM_THREADS", threads, "MKL_NUM_THREADS", threads));
    try {
      return new ScriptProgram(process, conditions);
    } catch (ProgramException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public boolean warmsUp() {
    return false;
  }

  @Override
  public Taken measure(Work work) throws ProgramException {
    Map<String, Object> request =
        Map.of(
            "phase", work.phase().name().toLowerCase(Locale.ROOT),
            "prompts", work.prompts(conditions.config().vocabularySize(), conditions.seed()),
            "new_tokens", work.newTokens(),
            "repetitions", work.repetitions());
    process.resetPeak();
    process.say(MAPPER.writeValueAsString(request));
    JsonNode answer = answer();
    String unsupported = text(answer, "unsupported");
    if (unsupported != null) {
      throw ProgramException.unsupported(unsupported);
    }
    List<Long> nanos = new ArrayList<>();
    for (JsonNode time : answer.path("nanos")) {
      nanos.add(time.isIntegralNumber() && time.canConvertToLong() ? time.longValue() : -1);
    }
    List<Integer> drawn = new ArrayList<>();
    for (JsonNode token : answer.path("drawn")) {
      drawn.add(token.isInt() ? token.intValue() : -1);
    }
    IntPredicate isToken = token -> token >= 0 && token < conditions.config().vocabularySize();
    if (nanos.size() != work.times()
        || nanos.stream().anyMatch(time -> time <= 0)
        || drawn.size() != work.newTokens()
        || !drawn.stream().allMatch(isToken::test)) {
      throw noAnswer(answer.toString());
    }
    return new Taken(nanos, process.peak(), drawn);
  }

  private JsonNode answer() throws ProgramException {
    Optional<String> line = process.line(conditions.patience());
    if (line.isEmpty()) {
      throw process.ended();
    }
    try {
      return MAPPER.readTree(line.get());
    } catch (JacksonException e) {
      throw noAnswer(line.get());
    }
  }

  private static @Nullable String text(JsonNode answer, String name) {
    JsonNode value = answer.get(name);
    return value != null && value.isString() ? value.stringValue() : null;
  }

  private static ProgramException noAnswer(String what) {
    return ProgramException.gone("answered what isn't an answer: " + what);
  }

  @Override
  public void close() {
    process.close();
  }
}
