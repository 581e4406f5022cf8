package gpt2j.cli.data;

import gpt2j.api.Words;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.Progress;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewFile;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.stories.Stories;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes stories to train on. */
@Command(
    name = "stories",
    description = {
      "Writes short English stories that are made up from a grammar, to train small models on.",
      "They are separated as prepare reads them."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli stories --bytes 8M --out stories.txt",
      "  bin/cli stories --bytes 2k --seed 7"
    })
public final class StoriesCommand extends ContextCommand {
  private static final String SEPARATOR = "\n<|endoftext|>\n";

  @Option(
      names = "--bytes",
      paramLabel = "N",
      converter = Quantity.Bytes.class,
      description = "How much to write, as in 500k, 8M or 1G; the last story is finished.")
  private @Nullable Long bytes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same stories. Default: 0.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "A new file. Default: standard output.")
  private @Nullable Path out;

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public StoriesCommand(CommandContext context) {
    super(context);
  }

  private interface Target {
    void write(String text) throws IOException;
  }

  @Override
  public Integer call() {
    if (bytes == null) {
      throw UserError.usage("no size: give --bytes N, as in --bytes=8M");
    }
    try (Interruption.Section _ = context.interruption().during(() -> {})) {
      if (out == null) {
        write(bytes, text -> context.out().print(text));
      } else {
        write(bytes, out);
      }
    } catch (FileAlreadyExistsException e) {
      throw UserError.failure(out + ": is there already; choose a new name");
    } catch (IOException e) {
      throw UserError.failure(out + ": " + Io.unwritable(e));
    }
    return ExitCode.OK;
  }

  private void write(long least, Path path) throws IOException {
    try (NewFile file = NewFile.create(path)) {
      OutputStream stream = file.stream();
      long[] size = {0};
      long stories =
          write(
              least,
              text -> {
                byte[] story = text.getBytes(StandardCharsets.UTF_8);
                stream.write(story);
                size[0] += story.length;
              });
      file.commit();
      context.say(
          String.format(
              Locale.ROOT,
              "wrote %s: %,d %s, %.1f MB",
              path,
              stories,
              Words.noun(stories, "story", "stories"),
              size[0] / 1e6));
    }
  }

  /** Writes stories until they have so many bytes, and returns how many they are. */
  private long write(long least, Target target) throws IOException {
    Stories stories = new Stories(seed);
    StringBuilder text = new StringBuilder();
    long number = 0;
    try (Progress progress = new Progress(context, "writing")) {
      for (long written = 0; written < least; number++) {
        context.interruption().check();
        String story = stories.story(number);
        text.setLength(0);
        if (output.json()) {
          text.append(Json.line(json -> json.writeStringProperty("text", story))).append('\n');
        } else {
          text.append(story).append(SEPARATOR);
        }
        target.write(text.toString());
        written += text.length(); // all of it ASCII
        progress.report(written, least);
      }
    }
    return number;
  }
}
