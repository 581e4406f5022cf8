package gpt2j.cli.options;

import gpt2j.cli.io.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which tokens are drawn, one by one. */
public final class TokenOptions {
  @Option(
      names = TokenChoice.LOGIT_BIAS,
      paramLabel = "ID=X,…",
      converter = LogitBias.Converter.class,
      description =
          "Add numbers to the logits of tokens, as in 464=2.5,262=-100, so that they are more"
              + " probable, or less below 0. May be repeated.")
  private List<LogitBias> biases = new ArrayList<>();

  @Option(
      names = TokenChoice.ALLOWED_TOKENS,
      paramLabel = "IDS",
      description = "Draw from these tokens alone, as in 15496,995. Default: all.")
  private @Nullable String allowed;

  /** What the options say, of whatever vocabulary. */
  public TokenChoice read() {
    Map<Integer, Float> all = new LinkedHashMap<>();
    try {
      biases.forEach(bias -> bias.byToken().forEach((token, x) -> LogitBias.add(all, token, x)));
    } catch (TypeConversionException e) {
      throw UserError.usage(TokenChoice.LOGIT_BIAS + ": " + e.getMessage());
    }
    return new TokenChoice(all, allowed == null ? null : allowed(allowed));
  }

  private static Set<Integer> allowed(String ids) {
    return SourceText.Tokens.parse(TokenChoice.ALLOWED_TOKENS, ids).set();
  }
}
