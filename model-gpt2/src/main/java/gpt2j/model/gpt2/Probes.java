package gpt2j.model.gpt2;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.inference.Hook;
import gpt2j.model.gpt2.inference.ProbedOperations;
import gpt2j.model.gpt2.inference.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an {@linkplain Session#evaluate(int, Probes, int...) evaluation} shows of its forward pass,
 * and what it replaces there. Immutable.
 *
 * <p>The names are those of <a href="https://github.com/TransformerLensOrg/TransformerLens">
 * TransformerLens</a>, of a model whose weights are as in the checkpoint. N is a layer from 0 on,
 * or {@code *} for each. Rows are the tokens evaluated; C is the embedding width, I the MLP's inner
 * width, V the vocabulary; positions are those of the longest sequence as it is afterwards.
 *
 * <table>
 *   <caption>In the order in which they are computed</caption>
 *   <tr><th>name</th><th>shape</th><th>what</th></tr>
 *   <tr><td>{@code blocks.N.hook_resid_pre}</td><td>[rows, C]</td>
 *       <td>residual stream before the block</td></tr>
 *   <tr><td>{@code blocks.N.ln1.hook_out}</td><td>[rows, C]</td>
 *       <td>the norm before attention, with gain and bias</td></tr>
 *   <tr><td>{@code blocks.N.attn.hook_q}, {@code hook_k}, {@code hook_v}</td>
 *       <td>[rows, heads, head size]</td>
 *       <td>queries; keys and values as they are before the cache rounds them</td></tr>
 *   <tr><td>{@code blocks.N.attn.hook_attn_scores}</td><td>[rows, heads, positions]</td>
 *       <td>scaled, −∞ where masked; can't be replaced</td></tr>
 *   <tr><td>{@code blocks.N.attn.hook_pattern}</td><td>[rows, heads, positions]</td>
 *       <td>their softmax, 0 where masked; can't be replaced</td></tr>
 *   <tr><td>{@code blocks.N.attn.hook_z}</td><td>[rows, heads, head size]</td>
 *       <td>what each head has gathered</td></tr>
 *   <tr><td>{@code blocks.N.hook_attn_out}</td><td>[rows, C]</td>
 *       <td>what attention adds to the residual stream</td></tr>
 *   <tr><td>{@code blocks.N.hook_resid_mid}</td><td>[rows, C]</td>
 *       <td>residual stream between attention and MLP</td></tr>
 *   <tr><td>{@code blocks.N.ln2.hook_out}</td><td>[rows, C]</td>
 *       <td>the norm before the MLP, with gain and bias</td></tr>
 *   <tr><td>{@code blocks.N.mlp.hook_pre}</td><td>[rows, I]</td>
 *       <td>before the activation function; can't be replaced</td></tr>
 *   <tr><td>{@code blocks.N.mlp.hook_post}</td><td>[rows, I]</td><td>behind it</td></tr>
 *   <tr><td>{@code blocks.N.hook_mlp_out}</td><td>[rows, C]</td>
 *       <td>what the MLP adds to the residual stream</td></tr>
 *   <tr><td>{@code blocks.N.hook_resid_post}</td><td>[rows, C]</td>
 *       <td>residual stream behind the block</td></tr>
 *   <tr><td>{@code blocks.N.logit_lens}</td><td>[rows, V]</td>
 *       <td>logits, if this block were the last (a name of ours); can't be replaced</td></tr>
 *   <tr><td>{@code ln_final.hook_out}</td><td>[rows, C]</td>
 *       <td>the last norm, with gain and bias</td></tr>
 *   <tr><td>{@code unembed.hook_out}</td><td>[rows, V]</td><td>logits; can't be replaced</td></tr>
 * </table>
 *
 * <p>What is replaced goes on in all that is computed from it: keys and values into the cache, the
 * residual stream into later blocks and {@link Session#logits}; the last norm's only into {@code
 * unembed.hook_out}. Values are shown as they go on. Reading changes nothing; each name costs the
 * way to the host and a copy, and {@code hook_attn_out}, {@code hook_mlp_out} and {@code
 * mlp.hook_pre} a product more, since backends compute them and what follows as one.
 */
public final class Probes {
  private static final Probes NONE = new Probes(List.of(), List.of(), List.of());

  private final List<String> read;
  private final List<Watch> watched;
  private final List<Replacement> replaced;

  private record Watch(String name, Consumer<? super Activation> by) {}

  private record Replacement(String name, Function<? super Activation, float[]> by) {}

  private Probes(List<String> read, List<Watch> watched, List<Replacement> replaced) {
    this.read = read;
    this.watched = watched;
    this.replaced = replaced;
  }

  /** Nothing is read or replaced. */
  public static Probes none() {
    return NONE;
  }

  /** All names that a model has, layer by layer. */
  public static List<String> names(Gpt2Config config) {
    return Hook.sites(config).stream().map(Site::name).toList();
  }

  /** Reads these, too: the evaluation returns them, all rows together. */
  public Probes read(String... names) {
    return new Probes(with(read, List.of(names)), watched, replaced);
  }

  /**
   * Shows this, too, a chunk of rows at a time, while it is computed.
   *
   * @param by is called holding the backend's lock, so it must not wait for another thread that
   *     uses the backend. What it throws ends the evaluation before the chunk.
   */
  public Probes watch(String name, Consumer<? super Activation> by) {
    return new Probes(read, with(watched, List.of(new Watch(name, by))), replaced);
  }

  /**
   * Replaces this, too; where it already is replaced, what becomes of it.
   *
   * @param by is given a chunk of rows at a time and returns as many values, by which they are
   *     replaced: those given to it, changed, or others. It is called as that of {@link #watch} is.
   */
  public Probes replace(String name, Function<? super Activation, float[]> by) {
    return new Probes(read, watched, with(replaced, List.of(new Replacement(name, by))));
  }

  private static <T> List<T> with(List<T> list, List<T> more) {
    return Stream.concat(list.stream(), more.stream()).toList();
  }

  /**
   * What visits one evaluation.
   *
   * @param rows of all its chunks
   * @throws IllegalArgumentException when a name means nothing
   * @throws UnsupportedException when what it means can't be shown, or not replaced
   */
  Visit visit(Gpt2Config config, int rows) {
    Visit visit = new Visit(rows);
    for (String name : read) {
      visit.read.addAll(sites(config, name));
    }
    for (Watch watch : watched) {
      for (Site site : sites(config, watch.name)) {
        visit.watched.computeIfAbsent(site, _ -> new ArrayList<>()).add(watch.by);
      }
    }
    for (Replacement replacement : replaced) {
      for (Site site : sites(config, replacement.name)) {
        site.hook()
            .whyReadOnly()
            .ifPresent(
                why -> {
                  throw new UnsupportedException(
                      "%s can't be replaced: %s".formatted(replacement.name, why));
                });
        visit.replaced.computeIfAbsent(site, _ -> new ArrayList<>()).add(replacement.by);
      }
    }
    return visit;
  }

  private static List<Site> sites(Gpt2Config config, String name) {
    List<Site> sites =
        Hook.sites(config).stream()
            .filter(site -> name.equals(site.name()) || name.equals(site.hook().pattern()))
            .toList();
    if (!sites.isEmpty()) {
      return sites;
    }
    Hook.whyHidden(name)
        .ifPresent(
            why -> {
              throw new UnsupportedException("%s can't be shown: %s".formatted(name, why));
            });
    throw new IllegalArgumentException(
        "there is no probe %s; there are %s, where * is one of the layers 0 … %d or stands for all"
            .formatted(
                name,
                Arrays.stream(Hook.values()).map(Hook::pattern).collect(Collectors.joining(", ")),
                config.layers() - 1));
  }

  /** Reads and replaces the values of one evaluation. */
  static final class Visit implements ProbedOperations.Visitor {
    private final int rows;
    private final Set<Site> read = new HashSet<>();
    private final Map<Site, List<Consumer<? super Activation>>> watched = new HashMap<>();
    private final Map<Site, List<Function<? super Activation, float[]>>> replaced = new HashMap<>();
    private final Map<String, Activation> values = new LinkedHashMap<>();

    private Visit(int rows) {
      this.rows = rows;
    }

    @Override
    public boolean wants(Site site) {
      return read.contains(site) || watched.containsKey(site) || replaced.containsKey(site);
    }

    /** Whether anything behind the last block is wanted. */
    boolean wantsHead() {
      return wants(new Site(Hook.LN_FINAL_OUT, 0)) || wants(new Site(Hook.LOGITS, 0));
    }

    @Override
    public float[] visit(Site site, int firstRow, Shape shape, float[] given) {
      float[] now = given;
      for (Function<? super Activation, float[]> by : replaced.getOrDefault(site, List.of())) {
        now = by.apply(new Activation(site.name(), firstRow, shape, now.clone()));
        if (now.length != given.length) {
          throw new IllegalArgumentException(
              "%s is replaced by %d values instead of the %d of %s"
                  .formatted(site.name(), now.length, given.length, shape));
        }
      }
      for (Consumer<? super Activation> by : watched.getOrDefault(site, List.of())) {
        by.accept(new Activation(site.name(), firstRow, shape, now.clone()));
      }
      if (read.contains(site)) {
        float[] all =
            values.computeIfAbsent(site.name(), name -> empty(name, shape.withRows(rows))).values();
        int width = Math.toIntExact(shape.rowElements());
        System.arraycopy(now, 0, all, firstRow * width, now.length);
      }
      return now;
    }

    private static Activation empty(String name, Shape shape) {
      return new Activation(name, 0, shape, new float[Math.toIntExact(shape.elements())]);
    }

    /** What was read, in the order in which it was computed. */
    Map<String, Activation> values() {
      return Collections.unmodifiableMap(values);
    }
  }
}
