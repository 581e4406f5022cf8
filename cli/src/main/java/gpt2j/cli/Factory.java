package gpt2j.cli;

import gpt2j.api.BackendProvider;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.Several;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes what picocli asks for, among it what has to know the backends. */
record Factory(Map<String, BackendProvider> backends) implements IFactory {
  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == Choice.OfBackend.class) {
      return type.cast(new Choice.OfBackend(backends));
    }
    if (type == Several.OfBackends.class) {
      return type.cast(new Several.OfBackends(backends));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
