package gpt2j.bench.baselines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FoldersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "there is no /opt/venv/bin/python that could be started | there is no python that could be"
            + " started",
        "error: failed to load '/tmp/gpt2j-1.gguf' (/a/b/c.so) | error: failed to load"
            + " 'gpt2j-1.gguf' (c.so)",
        "File \"/usr/lib/python3/x.py\", line 3 | File \"x.py\", line 3",
        "see ~/models/x or https://huggingface.co/a/b | see x or https://huggingface.co/a/b",
        "no /opt/my own venv/bin/python here | no python here",
        "from /a/b to /c/d | from b to d",
        "12 tokens/s and/or more | 12 tokens/s and/or more",
        "a/b/c stays, it is relative | a/b/c stays, it is relative",
        "ended with exit code 1: No module named torch | ended with exit code 1: No module named"
            + " torch",
      },
      ignoreLeadingAndTrailingWhitespace = true,
      quoteCharacter = '\u0001')
  void onlyTheLastNameStays(String said, String told) {
    assertEquals(told, Folders.removedFrom(said));
  }

  @Test
  void foldersOfTheUserAreKnownWithTheirSpaces() {
    String home = System.getProperty("java.io.tmpdir");
    assertEquals("no x.json here", Folders.removedFrom("no " + home + "/x.json here"));
  }
}
