package gpt2j.model.gpt2.stories;

import gpt2j.model.gpt2.stories.StoryGrammar.Beat;
import gpt2j.model.gpt2.stories.StoryGrammar.Plot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One story while it is told: who and what is in it, and what was said so far. Everything is chosen
 * once and stays as it is until the end.
 */
final class Story {
  private static final Set<String> FRAME = Set.of("opening", "closing");
  private static final Pattern ARTICLE = Pattern.compile("\\b([aA])~ (.)");

  private final StoryGrammar grammar;
  private final Choices choices;
  private final Map<String, String> words = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final StringBuilder text = new StringBuilder();
  private boolean friendIsKnown;

  private Story(StoryGrammar grammar, Choices choices) {
    this.grammar = grammar;
    this.choices = choices;
  }

  /** A story, a function of the choices; paragraphs have an empty line between them. */
  static String tell(StoryGrammar grammar, Choices choices) {
    Story story = new Story(grammar, choices);
    story.cast();
    List<String> names =
        grammar.plots().keySet().stream().filter(name -> !FRAME.contains(name)).toList();
    String plot = names.get(choices.below(names.size()));
    for (String name : List.of("opening", plot, "closing")) {
      story.play(grammar.plots().get(name));
    }
    return story.text.toString().strip();
  }

  /** Chooses who is in the story: children or animals. */
  private void cast() {
    boolean animals = choices.below(2) == 0;
    for (String role : List.of("hero", "friend", "rival")) {
      boolean female = choices.below(2) == 0;
      take(role, animals ? "pet" : female ? "girl" : "boy");
      pronouns(role, female);
      if (animals) {
        take(role + ".kind", "animal");
      } else {
        words.put(role + ".kind", female ? "girl" : "boy");
      }
    }
    pronouns("", words.get("hero.he").equals("she"));
    take("trait", "trait");
    words.put("hero.adj", words.get("trait"));
    words.put("hero.habit", words.get("trait.habit"));
    take("friend.who", animals ? "animalbond" : "childbond");
    take("elder", animals ? "animalelder" : "childelder");
    pronouns("elder", words.get("elder.he").equals("she"));
    take("home", "home");
    take("food", "food");
  }

  private void pronouns(String role, boolean female) {
    String prefix = role.isEmpty() ? "" : role + ".";
    words.put(prefix + "he", female ? "she" : "he");
    words.put(prefix + "him", female ? "her" : "him");
    words.put(prefix + "his", female ? "her" : "his");
    words.put(prefix + "himself", female ? "herself" : "himself");
  }

  /** Takes an entry of a list that isn't in the story yet. */
  private void take(String name, String list) {
    List<Map<String, String>> entries = new ArrayList<>(grammar.lists().get(list));
    entries.removeIf(entry -> taken.contains(list + " " + entry.get("")));
    Map<String, String> entry = entries.get(choices.below(entries.size()));
    taken.add(list + " " + entry.get(""));
    entry.forEach(
        (column, value) -> words.put(column.isEmpty() ? name : name + "." + column, expand(value)));
  }

  private void play(Plot plot) {
    plot.takes().forEach(this::take);
    for (Beat beat : plot.beats()) {
      switch (beat) {
        case Beat.Sentence(List<String> ways) -> say(ways.get(choices.below(ways.size())));
        case Beat.Maybe(String sentence) -> {
          if (choices.below(2) == 0) {
            say(sentence);
          }
        }
        case Beat.Break _ -> endParagraph();
      }
    }
  }

  private void endParagraph() {
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append("\n\n");
    }
  }

  private void say(String sentence) {
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append(' ');
    }
    text.append(articles(expand(sentence)));
  }

  /** Makes the choices in a text and puts in the words. */
  private String expand(String template) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < template.length(); ) {
      char c = template.charAt(at);
      if (c == '[') {
        int end = template.indexOf(']', at);
        String[] ways = template.substring(at + 1, end).split("\\|");
        out.append(expand(ways[choices.below(ways.length)]));
        at = end + 1;
      } else if (c == '{') {
        int end = template.indexOf('}', at);
        char next = end + 1 < template.length() ? template.charAt(end + 1) : '.';
        out.append(word(template.substring(at + 1, end), next));
        at = end + 1;
      } else {
        out.append(c);
        at++;
      }
    }
    return out.toString();
  }

  private String word(String name, char next) {
    int first = name.lastIndexOf('.') + 1;
    boolean capital = Character.isUpperCase(name.charAt(first));
    String key =
        name.substring(0, first)
            + Character.toLowerCase(name.charAt(first))
            + name.substring(first + 1);
    String word = words.get(key);
    if (word == null) {
      throw new IllegalStateException("a plot has no " + name);
    }
    if (key.equals("friend") && !friendIsKnown) {
      friendIsKnown = true;
      word += ", " + words.get("friend.who") + (Character.isLetter(next) || next == ' ' ? "," : "");
    }
    return capital ? Character.toUpperCase(word.charAt(0)) + word.substring(1) : word;
  }

  private static String articles(String text) {
    Matcher article = ARTICLE.matcher(text);
    return article.replaceAll(
        match ->
            match.group(1)
                + ("aeiou".contains(match.group(2)) ? "n " : " ")
                + Matcher.quoteReplacement(match.group(2)));
  }
}
