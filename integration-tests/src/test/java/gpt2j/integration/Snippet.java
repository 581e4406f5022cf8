package gpt2j.integration;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Some statements in Java that a page shows, as in a program that has gpt2j on its module path.
 *
 * @param page where they are shown
 * @param line their first, counted from 1
 */
record Snippet(Path page, int line, String code) {
  private static final String BEGIN = "```java";
  private static final String END = "```";

  /** All in one line, the first, so that the line of a mistake follows from the compiler's. */
  private static final String BEFORE =
      """
      import gpt2j.api.*;
      import gpt2j.api.tensor.*;
      import gpt2j.backend.cpu.*;
      import gpt2j.hub.*;
      import gpt2j.model.gpt2.*;
      import gpt2j.model.gpt2.engine.*;
      import java.nio.file.*;
      import java.time.*;
      import java.util.*;
      import java.util.stream.*;
      abstract class Snippet {
        Gpt2 model;
        Map<String, BackendProvider> providers;
        void run() throws Exception {
      """
          .replace("\n", " ");

  private static final String AFTER = "}}";

  private static final String MODULE =
      "module snippet { requires gpt2j.backend.cpu; requires gpt2j.model.gpt2; requires gpt2j.hub;"
          + " }";

  /** Those of a page, in order. */
  static List<Snippet> of(Path page) throws IOException {
    List<String> lines = Files.readAllLines(page);
    List<Snippet> found = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).strip().equals(BEGIN)) {
        int from = i + 1;
        while (!lines.get(++i).strip().equals(END)) {}
        found.add(new Snippet(page, from + 1, String.join("\n", lines.subList(from, i)) + "\n"));
      }
    }
    return found;
  }

  /**
   * Compiles it.
   *
   * @param classes a directory for what comes of it
   * @return what is wrong, each with page and line
   */
  List<String> mistakes(Path classes) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    List<String> options =
        List.of(
            "--module-path=" + System.getProperty("jdk.module.path"),
            "-proc:none",
            "-d",
            classes.toString());
    List<Source> sources =
        List.of(
            new Source("module-info", MODULE), new Source("Snippet", BEFORE + "\n" + code + AFTER));
    var said = new StringWriter();
    boolean compiled = compiler.getTask(said, null, diagnostics, options, null, sources).call();
    List<String> mistakes =
        diagnostics.getDiagnostics().stream()
            .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
            .map(this::describe)
            .toList();
    if (!compiled && mistakes.isEmpty()) {
      throw new IllegalStateException("not compiled: " + said);
    }
    return mistakes;
  }

  private String describe(Diagnostic<? extends JavaFileObject> mistake) {
    return "%s:%d: %s"
        .formatted(
            page, line - 2 + mistake.getLineNumber(), mistake.getMessage(Locale.ROOT).strip());
  }

  @Override
  public String toString() {
    return page + ":" + line;
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
