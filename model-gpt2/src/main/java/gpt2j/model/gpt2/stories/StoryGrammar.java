package gpt2j.model.gpt2.stories;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The words and plots of the stories, from {@code words.txt} and {@code plots.txt}, which say how
 * they are written.
 *
 * @param lists the entries of each list of words, by its name
 * @param plots by name
 */
record StoryGrammar(Map<String, List<Map<String, String>>> lists, Map<String, Plot> plots) {
  /**
   * A plot.
   *
   * @param takes from which list something is taken, by the name it gets
   */
  record Plot(Map<String, String> takes, List<Beat> beats) {}

  /** A part of a plot. */
  sealed interface Beat {
    /** One of several sentences. */
    record Sentence(List<String> ways) implements Beat {}

    /** A sentence that is there half of the time. */
    record Maybe(String text) implements Beat {}

    /** A paragraph ends. */
    record Break() implements Beat {}
  }

  static StoryGrammar read() {
    return new StoryGrammar(lists(lines("words.txt")), plots(lines("plots.txt")));
  }

  private static List<String> lines(String resource) {
    try (InputStream in = StoryGrammar.class.getResourceAsStream(resource)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, List<Map<String, String>>> lists(List<String> lines) {
    Map<String, List<Map<String, String>>> lists = new LinkedHashMap<>();
    List<Map<String, String>> entries = new ArrayList<>();
    String[] columns = {};
    for (String line : lines) {
      if (line.startsWith("@")) {
        int space = line.indexOf(' ');
        entries = new ArrayList<>();
        lists.put(line.substring(1, space), entries);
        columns = line.substring(space + 1).split(" / ");
      } else if (!line.isEmpty()) {
        entries.add(entry(columns, line.split(" / ")));
      }
    }
    return lists;
  }

  /** The first column goes by no name, too. */
  private static Map<String, String> entry(String[] columns, String[] values) {
    if (values.length != columns.length) {
      throw new IllegalStateException(
          "%d columns, not %d: %s".formatted(columns.length, values.length, values[0]));
    }
    Map<String, String> entry = new LinkedHashMap<>();
    entry.put("", values[0]);
    for (int i = 0; i < columns.length; i++) {
      entry.put(columns[i], values[i]);
    }
    return entry;
  }

  private static Map<String, Plot> plots(List<String> lines) {
    Map<String, Plot> plots = new LinkedHashMap<>();
    Plot plot = new Plot(new LinkedHashMap<>(), new ArrayList<>()); // what is before the first
    List<String> ways = new ArrayList<>();
    for (String line : lines) {
      String rest = line.length() > 2 ? line.substring(2) : "";
      if (line.startsWith("= ")) {
        plot = new Plot(new LinkedHashMap<>(), new ArrayList<>());
        plots.put(rest, plot);
      } else if (line.startsWith("let ")) {
        String[] words = line.split(" ");
        plot.takes().put(words[1], words[3]);
      } else if (line.startsWith("+ ")) {
        ways = new ArrayList<>(List.of(rest));
        plot.beats().add(new Beat.Sentence(ways));
      } else if (line.startsWith("* ")) {
        ways.add(rest);
      } else if (line.startsWith("? ")) {
        plot.beats().add(new Beat.Maybe(rest));
      } else if (line.isEmpty()) {
        plot.beats().add(new Beat.Break());
      } else {
        throw new IllegalStateException("not a line of a plot: " + line);
      }
    }
    return plots;
  }
}
