package gpt2j.cli;

import static gpt2j.cli.TinyModel.CONTEXT;
import static gpt2j.cli.TinyModel.join;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.cli.CliRun.Result;
import gpt2j.cli.options.SourceText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways to say what to go on from. */
class PromptTest {
  @TempDir private static Path directory;
  private static TinyModel model = new TinyModel("");

  @BeforeAll
  static void prepare() {
    model = TinyModel.in(directory);
  }

  @Test
  void everySourceOfThePromptIsTheSame() throws IOException {
    Path file = Files.writeString(directory.resolve("prompt.txt"), "Hello wörld\n");
    byte[] bytes = Files.readAllBytes(file);
    String[] rest = {"--max-new-tokens=3", "--seed=1", "--format=json"};
    Path marked = Files.writeString(directory.resolve("marked.txt"), "\uFEFFHello wörld\n");
    List<Result> results =
        List.of(
            model.generate(join(rest, "--prompt=Hello wörld\n")),
            model.generate(join(rest, "--prompt-file", file.toString())),
            model.generate(join(rest, "--prompt-file", marked.toString())),
            model.generate(
                new CliRun().input(Files.readAllBytes(marked)), join(rest, "--prompt", "-")),
            model.generate(new CliRun().input(bytes), join(rest, "--prompt", "-")),
            model.generate(join(rest, "--token-ids=15496,266,30570,335,198")),
            model.generate(
                new CliRun().input("15496 266 30570\n335 198\n".getBytes(StandardCharsets.UTF_8)),
                join(rest, "--token-ids=-")));
    Json first = Json.of(results.getFirst().out());
    assertEquals(List.of(15496, 266, 30570, 335, 198), first.integers("prompt_tokens"));
    for (Result result : results) {
      Json json = Json.of(result.out());
      assertEquals(first.get("prompt_tokens"), json.get("prompt_tokens"));
      assertEquals(first.get("tokens"), json.get("tokens"));
    }
  }

  @Test
  void promptsBeginAsTheyLike() {
    for (String prompt :
        List.of("@home", "- one", "-hello", "--- two", "--top-k", "#", "'a' \"b\"", "${x} %d %n")) {
      Json json = model.sample("--prompt=" + prompt, "--max-new-tokens=1");
      assertEquals(
          CliRun.cli("tokenize", "--", prompt).out().strip(),
          SourceText.Tokens.format(
              json.integers("prompt_tokens").stream().mapToInt(Integer::intValue).toArray()),
          prompt);
    }
  }

  @Test
  void aPromptThatIsCutIsSaid() {
    String[] options = {
      "--token-ids=" + "7,".repeat(39) + "8", "--max-new-tokens=2", "--context-overflow=recompute"
    };
    Json json = model.sample(options);
    Result result = model.generate(options);
    assertAll(
        () -> assertEquals(CONTEXT, json.list("prompt_tokens").size()),
        () -> assertEquals(8.0, json.get("truncated_prompt_tokens")),
        () ->
            assertEquals(
                "gpt2j: the prompt is longer than the model's context; left out at its"
                    + " beginning: 8 tokens",
                result.err().lines().toList().getFirst()),
        () -> assertEquals(2, result.err().lines().count()));
  }

  @Test
  void specialTokensAreRecognisedOnRequest() {
    Json json = model.sample("--prompt=<|endoftext|>", "--special", "--max-new-tokens=1");
    assertEquals(List.of(50256), json.integers("prompt_tokens"));
    Result asText = model.generate("--prompt=<|endoftext|>", "--max-new-tokens=1", "--format=json");
    assertAll(
        () -> assertEquals(7, Json.of(asText.out()).list("prompt_tokens").size()),
        () ->
            assertEquals(
                "gpt2j: note: --prompt has <|endoftext|>, taken as text; --special makes it one"
                    + " token\n",
                asText.err()));
  }
}
