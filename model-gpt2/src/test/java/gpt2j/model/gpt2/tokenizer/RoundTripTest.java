package gpt2j.model.gpt2.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every text and every sequence of tokens, whatever the vocabulary. */
@ParameterizedClass
@MethodSource("tokenizers")
class RoundTripTest {
  private final Tokenizer tokenizer;
  private final SplittableRandom random = new SplittableRandom(1);

  RoundTripTest(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  static Stream<Named<Tokenizer>> tokenizers() {
    return Stream.concat(
        Stream.of(Named.of("gpt2", Tokenizer.gpt2())),
        Golden.LOSSLESS.stream()
            .map(folder -> Named.of(folder, Tokenizer.load(Golden.folder(folder)))));
  }

  @Test
  void decodingUndoesEncoding() {
    for (int i = 0; i < 3000; i++) {
      String text = Texts.next(random);
      for (SpecialTokens policy : SpecialTokens.values()) {
        int[] tokens = tokenizer.encode(text, policy);
        assertEquals(text, tokenizer.decode(tokens));
        assertArrayEquals(text.getBytes(UTF_8), bytes(tokens));
      }
    }
  }

  @Test
  void specialTokensAreTextUnlessAskedFor() {
    int endOfText = tokenizer.endOfText().orElseThrow();
    assertEquals(endOfText, tokenizer.specialTokens().get("<|endoftext|>"));
    assertEquals("<|endoftext|>", tokenizer.decode(endOfText));
    for (int i = 0; i < 500; i++) {
      String text = Texts.next(random).replace("<|endoftext|>", "");
      int[] plain = tokenizer.encode(text);
      assertTrue(Arrays.stream(plain).noneMatch(token -> token == endOfText));
      assertArrayEquals(plain, tokenizer.encode(text, SpecialTokens.AS_TEXT));

      String ended = text + "<|endoftext|>";
      assertTrue(Arrays.stream(tokenizer.encode(ended)).noneMatch(token -> token == endOfText));
      int[] recognized = tokenizer.encode(text, SpecialTokens.RECOGNIZED);
      int[] expected = Arrays.copyOf(recognized, recognized.length + 1);
      expected[recognized.length] = endOfText;
      assertArrayEquals(expected, tokenizer.encode(ended, SpecialTokens.RECOGNIZED));
    }
  }

  @Test
  void unpairedSurrogatesAreReplaced() {
    String[] texts = {
      "\ud83d", "\ude00", "a\ud83d b", "\ude00\ud83d", "\ud83d\ud83d\ude00", "\ude00x"
    };
    String[] read = {
      "\ufffd", "\ufffd", "a\ufffd b", "\ufffd\ufffd", "\ufffd\ud83d\ude00", "\ufffdx"
    };
    for (int i = 0; i < texts.length; i++) {
      int[] tokens = tokenizer.encode(texts[i]);
      assertArrayEquals(tokenizer.encode(read[i]), tokens);
      assertEquals(read[i], tokenizer.decode(tokens));
    }
  }

  @Test
  void everyTokenHasBytes() {
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      byte[] bytes = tokenizer.bytes(token);
      assertTrue(bytes.length > 0);
      assertEquals(new String(bytes, UTF_8), tokenizer.decode(token));
      bytes[0]++;
      assertEquals(bytes[0], (byte) (tokenizer.bytes(token)[0] + 1), "bytes() must be a copy");
    }
  }

  @Test
  void otherIdsAreRefusedByNumber() {
    for (int token :
        new int[] {-1, tokenizer.vocabularySize(), 50_303, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      StreamingDecoder stream = tokenizer.streamingDecoder();
      for (var e :
          new TokenizerException[] {
            assertThrows(TokenizerException.class, () -> tokenizer.decode(0, token)),
            assertThrows(TokenizerException.class, () -> tokenizer.bytes(token)),
            assertThrows(TokenizerException.class, () -> stream.push(token))
          }) {
        assertEquals(
            "no token has id " + token + "; the ids are 0 to " + (tokenizer.vocabularySize() - 1),
            e.getMessage());
      }
    }
  }

  @Test
  void streamingGivesTheSameText() {
    StreamingDecoder decoder = tokenizer.streamingDecoder();
    for (int i = 0; i < 3000; i++) {
      // Every other time text, else what a model may produce, which often isn't UTF-8.
      int[] tokens =
          i % 2 == 0
              ? tokenizer.encode(Texts.next(random))
              : random.ints(random.nextInt(20), 0, tokenizer.vocabularySize()).toArray();
      StringBuilder text = new StringBuilder();
      for (int token : tokens) {
        String piece = decoder.push(token);
        assertWholeCharacters(piece);
        text.append(piece);
      }
      String rest = decoder.finish();
      assertTrue(rest.isEmpty() || rest.equals("\ufffd"));
      assertEquals(tokenizer.decode(tokens), text.append(rest).toString());
    }
  }

  @Test
  void streamingHoldsNothingBack() {
    for (int i = 0; i < 300; i++) {
      int[] tokens = tokenizer.encode(Texts.next(random));
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      StringBuilder text = new StringBuilder();
      for (int n = 1; n <= tokens.length; n++) {
        text.append(decoder.push(tokens[n - 1]));
        // What is left out is at most the start of one character: three bytes.
        int missing =
            bytes(Arrays.copyOf(tokens, n)).length - text.toString().getBytes(UTF_8).length;
        assertTrue(missing >= 0 && missing <= 3, () -> "bytes held back: " + missing);
      }
    }
  }

  private static void assertWholeCharacters(String text) {
    assertTrue(UTF_8.newEncoder().canEncode(text), "half a surrogate pair");
  }

  private byte[] bytes(int[] tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      bytes.writeBytes(tokenizer.bytes(token));
    }
    return bytes.toByteArray();
  }
}
