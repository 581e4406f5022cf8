package gpt2j.testkit;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import gpt2j.api.Step;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.spi.ForwardingBackend;
import gpt2j.spi.ForwardingOperations;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Bugs in memory, steps, profiling and options. */
final class SabotagedBackends {
  private SabotagedBackends() {}

  static List<Sabotage> all() {
    return List.of(
        Sabotage.of("writes beside its tensors", LayerNormContract.class, StrayWrites::new),
        Sabotage.of("writes late", TensorContract.class, WritesLate::new),
        Sabotage.of("table format ignored", LogitsContract.class, WideTables::new),
        Sabotage.of("memory not counted", MemoryContract.class, Uncounted::new),
        Sabotage.of("memory never given back", MemoryContract.class, NeverGivenBack::new),
        new Sabotage(
            "limit ignored",
            MemoryContract.class,
            ForwardingBackend::new,
            given -> BackendOptions.defaults()),
        new Sabotage(
            "any device",
            ProviderContract.class,
            ForwardingBackend::new,
            given -> new BackendOptions(0, given.threads(), given.memoryLimit())),
        Sabotage.of("arguments not checked", ArgumentContract.class, Unchecked::new),
        Sabotage.of("never closes", ClosingContract.class, NeverCloses::new),
        Sabotage.of("recording runs", StepContract.class, b -> steps(b, true, false)),
        Sabotage.of("steps run once", StepContract.class, b -> steps(b, false, true)),
        Sabotage.of("sections lost", ProfilerContract.class, b -> profiles(b, p -> List.of())),
        Sabotage.of(
            "parts larger than the whole",
            ProfilerContract.class,
            b -> profiles(b, SabotagedBackends::withTooLargeAPart)),
        Sabotage.of("sections reversed", ProfilerContract.class, b -> profiles(b, List::reversed)),
        Sabotage.of("denies BF16", ProviderContract.class, DeniesBf16::new),
        Sabotage.of("denies BF16 quietly", LinearContract.class, DeniesBf16::new));
  }

  /** Changes what lies before a tensor that was carved out of a larger one. */
  private static final class StrayWrites extends ForwardingBackend {
    private final List<Tensor> tensors = new ArrayList<>();

    StrayWrites(Backend to) {
      super(to);
    }

    @Override
    public Tensor allocate(DataType type, Shape shape, Usage usage) {
      Tensor tensor = to.allocate(type, shape, usage);
      tensors.add(tensor);
      return tensor;
    }

    @Override
    public Operations operations() {
      return new ForwardingOperations(to.operations()) {
        @Override
        public void layerNorm(Tensor out, Tensor x, Tensor gain, Tensor bias, float epsilon) {
          to.layerNorm(out, x, gain, bias, epsilon);
          SabotagedTensors.spoilStart(StrayWrites.this.to, tensors.getLast());
        }
      };
    }
  }

  /** Copies the host's memory at the next read only, when it may have changed. */
  private static final class WritesLate extends ForwardingBackend {
    private final List<Runnable> late = new ArrayList<>();

    WritesLate(Backend to) {
      super(to);
    }

    @Override
    public void write(Tensor target, MemorySegment from) {
      late.add(() -> to.write(target, from));
    }

    @Override
    public void read(Tensor from, MemorySegment target) {
      late.forEach(Runnable::run);
      late.clear();
      to.read(from, target);
    }
  }

  private static final class WideTables extends ForwardingBackend {
    WideTables(Backend to) {
      super(to);
    }

    @Override
    public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
      return to.embeddingTable(rows, WeightFormat.F32);
    }
  }

  private static final class Uncounted extends ForwardingBackend {
    Uncounted(Backend to) {
      super(to);
    }

    @Override
    public MemoryUsage memory() {
      return new MemoryUsage(Map.of());
    }
  }

  private static final class NeverGivenBack extends ForwardingBackend {
    private long most;

    NeverGivenBack(Backend to) {
      super(to);
    }

    @Override
    public MemoryUsage memory() {
      most = Math.max(most, to.memory().total());
      return new MemoryUsage(Map.of(Usage.ACTIVATION, most));
    }
  }

  private static final class NeverCloses extends ForwardingBackend {
    NeverCloses(Backend to) {
      super(to);
    }

    @Override
    public void close() {}
  }

  private static final class DeniesBf16 extends ForwardingBackend {
    DeniesBf16(Backend to) {
      super(to);
    }

    @Override
    public boolean supports(WeightFormat format) {
      return format != WeightFormat.BF16;
    }

    @Override
    public LinearWeights linearWeights(HostTensor weight, HostTensor bias, WeightFormat format) {
      if (format == WeightFormat.BF16) {
        throw new UnsupportedException("no BF16 here");
      }
      return to.linearWeights(weight, bias, format);
    }
  }

  /** Swallows the complaints of operations. */
  private static final class Unchecked extends ForwardingBackend {
    Unchecked(Backend to) {
      super(to);
    }

    @Override
    public Operations operations() {
      return (Operations)
          Proxy.newProxyInstance(
              Operations.class.getClassLoader(),
              new Class<?>[] {Operations.class},
              (proxy, method, arguments) -> {
                try {
                  return method.invoke(to.operations(), arguments);
                } catch (InvocationTargetException e) {
                  return null;
                }
              });
    }
  }

  static Backend steps(Backend backend, boolean runsAtOnce, boolean runsOnce) {
    return new ForwardingBackend(backend) {
      @Override
      public Step record(String name, Runnable body) {
        if (runsAtOnce) {
          body.run();
        }
        boolean[] ran = new boolean[1];
        return to.record(
            name,
            () -> {
              if (!ran[0] || !runsOnce) {
                body.run();
              }
              ran[0] = true;
            });
      }
    };
  }

  private static List<Profile.Section> withTooLargeAPart(List<Profile.Section> sections) {
    return sections.stream()
        .map(
            s -> new Profile.Section(s.name(), s.calls(), s.nanos(), Map.of("part", s.nanos() + 1)))
        .toList();
  }

  private static Backend profiles(Backend backend, UnaryOperator<List<Profile.Section>> change) {
    return new ForwardingBackend(backend) {
      @Override
      public Profiler profiler() {
        Profiler right = to.profiler();
        return new Profiler() {
          @Override
          public void start() {
            right.start();
          }

          @Override
          public void section(String name) {
            right.section(name);
          }

          @Override
          public void end() {
            right.end();
          }

          @Override
          public Profile stop() {
            Profile profile = right.stop();
            return new Profile(change.apply(profile.sections()), profile.totalNanos());
          }
        };
      }
    };
  }
}
