package gpt2j.model.gpt2;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.LinearWeights;
import gpt2j.api.TokenBatch;
import gpt2j.api.Words;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.inference.Weights;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.spi.ForwardingOperations;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out where logits come from that aren't finite: evaluates the tokens before them once more,
 * looks at what each operation gives, and throws at the first result that isn't finite.
 *
 * <p>Whether the layer's own weights are to blame shows when they are multiplied by zeros: what is
 * infinite or NaN, and nothing else, makes NaN of them.
 */
final class NonFiniteSearch extends ForwardingOperations {
  private static final float LARGEST_F16 = 65_504;

  private final Gpt2 model;
  private final Backend backend;
  private final int count; // of tokens
  private final Map<Object, String> names = new IdentityHashMap<>(); // of weights

  private NonFiniteSearch(Gpt2 model, int count) {
    super(model.backend().operations());
    this.model = model;
    this.count = count;
    backend = model.backend();
    Weights weights = model.weights();
    for (int layer = 0; layer < weights.blocks().size(); layer++) {
      Weights.Block block = weights.blocks().get(layer);
      String prefix = "h." + layer + ".";
      names.put(block.ln1().gain(), prefix + "ln_1");
      names.put(block.attnCAttn(), prefix + "attn.c_attn");
      names.put(block.attnCProj(), prefix + "attn.c_proj");
      names.put(block.ln2().gain(), prefix + "ln_2");
      names.put(block.mlpCFc(), prefix + "mlp.c_fc");
      names.put(block.mlpCProj(), prefix + "mlp.c_proj");
    }
    names.put(weights.lnF().gain(), "ln_f");
    names.put(weights.head(), weights.head() == weights.wte() ? "wte" : "lm_head");
  }

  /**
   * What to throw.
   *
   * @param tokens those after which the logits aren't finite
   * @param cacheType of the session that found out
   */
  static NonFiniteException after(Gpt2 model, int[] tokens, WeightFormat cacheType) {
    NonFiniteSearch search = new NonFiniteSearch(model, tokens.length);
    SessionOptions options =
        SessionOptions.defaults().withCapacity(tokens.length).withCacheType(cacheType);
    NonFiniteException notFound =
        search.exception(
            null,
            "yet all layers give numbers when they are evaluated again: is the device faulty?");
    try (Session session = new Session(model, options, model.forward(search), null)) {
      session.extend(
          List.of(new Extension(0, tokens)),
          () -> false,
          (first, rows, x) -> session.workspace().logits(x, 0, rows, (logits, block) -> {}));
    } catch (NonFiniteException found) {
      return found;
    } catch (RuntimeException e) { // no memory for it, say
      notFound.addSuppressed(e);
    }
    return notFound;
  }

  @Override
  public void embed(Tensor out, TokenBatch batch, EmbeddingTable wte, EmbeddingTable wpe) {
    to.embed(out, batch, wte, wpe);
    if (!isFinite(out)) {
      boolean token = hasBadWeights(wte);
      throw found(token ? "wte" : "wpe", token || hasBadWeights(wpe));
    }
  }

  @Override
  public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    to.layerNorm(out, x, gain, bias, epsilon);
    if (!isFinite(out)) {
      throw found(name(gain), !isFinite(gain) || !isFinite(bias));
    }
  }

  @Override
  public void linear(Tensor out, Tensor x, LinearWeights weights, Epilogue epilogue) {
    to.linear(out, x, weights, epilogue);
    if (!isFinite(out)) {
      boolean bad =
          hasBadWeights(
              weights.inputs(),
              weights.outputs(),
              (y, zeros) -> to.linear(y, zeros, weights, Epilogue.NONE));
      throw found(name(weights), bad);
    }
  }

  @Override
  public void attention(
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    to.attention(out, qkv, cache, layer, batch, scale, probe);
    if (!isFinite(out)) {
      String name = "h.%d.attn".formatted(layer);
      WeightFormat format = cache.spec().type();
      if (largest(qkv) > largestOf(format)) {
        throw exception(
            name,
            "%s has keys or values too large for a cache in %s"
                .formatted(name, format.name().toLowerCase(Locale.ROOT)));
      }
      throw found(name, false);
    }
  }

  /** The largest number that a cache holds as a finite one. */
  private static float largestOf(WeightFormat format) {
    return switch (format) {
      case F16 -> LARGEST_F16;
      case Q8_0 -> 127 * LARGEST_F16; // integers up to 127 times a scale in f16
      default -> Float.MAX_VALUE;
    };
  }

  @Override
  public void logits(Tensor out, Tensor x, EmbeddingTable head) {
    to.logits(out, x, head);
    if (!isFinite(out)) {
      throw found(name(head), hasBadWeights(head));
    }
  }

  /**
   * The first layer whose result isn't finite.
   *
   * @param badWeights whether its own weights aren't either
   */
  private NonFiniteException found(String layer, boolean badWeights) {
    String why = "the first bad value comes out of " + layer + ", ";
    if (!badWeights) {
      why +=
          "whose weights are finite: what it computes grows beyond float32; the training of this"
              + " checkpoint diverged, or it is damaged";
    } else if (model.precision() == WeightFormat.F16) {
      why +=
          "whose weights are NaN or infinite: the checkpoint is damaged, or its weights are too"
              + " large for f16";
    } else {
      why +=
          "whose weights are NaN or infinite: the checkpoint is damaged, or its training diverged";
    }
    return exception(layer, why);
  }

  private NonFiniteException exception(@Nullable String layer, String why) {
    return new NonFiniteException(
        layer,
        "%s: the logits after %s are not numbers; %s"
            .formatted(model.source(), Words.count(count, "token"), why));
  }

  private String name(Object weights) {
    return names.getOrDefault(weights, "a layer");
  }

  private boolean hasBadWeights(EmbeddingTable table) {
    return hasBadWeights(table.width(), table.rows(), (y, zeros) -> to.logits(y, zeros, table));
  }

  /**
   * Whether zeros times weights aren't finite.
   *
   * @param product makes {@code [1, outputs]} of {@code [1, inputs]}
   */
  private boolean hasBadWeights(int inputs, int outputs, BiConsumer<Tensor, Tensor> product) {
    try (Tensor zeros = backend.allocate(DataType.F32, Shape.of(1, inputs), Usage.ACTIVATION);
        Tensor y = backend.allocate(DataType.F32, Shape.of(1, outputs), Usage.ACTIVATION)) {
      HostFloats.write(backend, zeros, new float[inputs]);
      product.accept(y, zeros);
      return !isFinite(y);
    }
  }

  private boolean isFinite(Tensor tensor) {
    return largest(tensor) < Float.POSITIVE_INFINITY;
  }

  /** The largest absolute value; NaN, if there is one. */
  private float largest(Tensor tensor) {
    float largest = 0;
    for (float value : HostFloats.read(backend, tensor)) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
