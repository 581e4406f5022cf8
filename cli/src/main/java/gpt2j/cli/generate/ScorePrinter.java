package gpt2j.cli.generate;

import gpt2j.cli.io.JsonLine;
import gpt2j.model.gpt2.Score;
import gpt2j.model.gpt2.Score.TokenLogprob;
import gpt2j.model.gpt2.Score.TokenScore;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.util.Locale;
import java.util.OptionalDouble;
import tools.jackson.core.JsonGenerator;

/** Puts a score into the form in which it is printed. */
public final class ScorePrinter {
  private ScorePrinter() {}

  /** A line for each token, with its id, its log-probability and its text, and one for all. */
  static String text(Score score, Tokenizer tokenizer) {
    StringBuilder text = new StringBuilder();
    for (TokenScore token : score.tokens()) {
      String logprob = token.logprob().isEmpty() ? "-" : number(token.logprob().getAsDouble());
      text.append(String.format(Locale.ROOT, "%6d %10s  ", token.token(), logprob));
      text.append(quote(tokenizer, token.token()));
      for (TokenLogprob top : token.top()) {
        text.append("  ").append(quote(tokenizer, top.token()));
        text.append(' ').append(number(top.logprob()));
      }
      text.append('\n');
    }
    text.append(
        String.format(
            Locale.ROOT,
            "tokens %d, mean loss %.4f, perplexity %.4f\n",
            score.tokens().size(),
            score.meanNll(),
            score.perplexity()));
    return text.toString();
  }

  /** One JSON object. */
  public static String json(Score score, boolean withTop) {
    return Json.line(
        json -> {
          JsonLine.writeTokens(
              json, "tokens", score.tokens().stream().map(TokenScore::token)::iterator);
          json.writeArrayPropertyStart("token_logprobs");
          score.tokens().forEach(token -> write(json, token.logprob()));
          json.writeEndArray();
          JsonLine.writeNumber(json, "mean_nll", score.meanNll());
          JsonLine.writeNumber(json, "perplexity", score.perplexity());
          if (withTop) {
            json.writeArrayPropertyStart("top_logprobs");
            score.tokens().forEach(token -> writeTop(json, token));
            json.writeEndArray();
          }
        });
  }

  private static void write(JsonGenerator json, OptionalDouble logprob) {
    Json.writeNumber(json, logprob.orElse(Double.NaN));
  }

  private static void writeTop(JsonGenerator json, TokenScore token) {
    if (token.logprob().isEmpty()) {
      json.writeNull();
      return;
    }
    json.writeStartArray();
    for (TokenLogprob top : token.top()) {
      json.writeStartArray();
      json.writeNumber(top.token());
      Json.writeNumber(json, top.logprob());
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static String number(double logprob) {
    return String.format(Locale.ROOT, "%.4f", logprob);
  }

  /** A token's text in quotes, with escapes for what would spoil the line. */
  private static String quote(Tokenizer tokenizer, int token) {
    String text;
    try {
      text = tokenizer.decode(token);
    } catch (TokenizerException e) {
      return "?"; // a padded vocabulary's
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"', '\\' -> quoted.append('\\').append((char) c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                  if (Character.isISOControl(c)) {
                    quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
                  } else {
                    quoted.appendCodePoint(c);
                  }
                }
              }
            });
    return quoted.append('"').toString();
  }
}
