package gpt2j.cli;

import gpt2j.api.Availability;
import gpt2j.api.DeviceInfo;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.OutputOptions;
import gpt2j.model.gpt2.json.Json;
import java.util.Locale;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.core.JsonGenerator;

/** Lists the backends. */
@Command(
    name = "devices",
    description = "Lists every backend: its devices, or why it can't be used here.")
final class DevicesCommand extends ContextCommand {
  private static final double GIB = 1 << 30;

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  DevicesCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    new TreeMap<>(context.backends())
        .forEach(
            (name, provider) -> {
              Availability availability = provider.availability();
              context
                  .out()
                  .println(output.json() ? json(name, availability) : text(name, availability));
            });
    return ExitCode.OK;
  }

  private static String text(String name, Availability availability) {
    return switch (availability) {
      case Availability.Unavailable(String reason) -> name + ": unavailable: " + reason;
      case Availability.Available available -> {
        StringBuilder text = new StringBuilder(name).append(": available");
        for (int i = 0; i < available.devices().size(); i++) {
          append(text, i, available.devices().get(i));
        }
        yield text.toString();
      }
    };
  }

  private static void append(StringBuilder text, int ordinal, DeviceInfo device) {
    append(text, "device " + ordinal, device.name());
    append(
        text,
        "memory",
        String.format(
            Locale.ROOT,
            "%.1f GiB, %.1f GiB free",
            device.totalMemory() / GIB,
            device.freeMemory() / GIB));
    append(text, "threads", Integer.toString(device.threads()));
    device.properties().forEach((name, value) -> append(text, name, value));
  }

  private static void append(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "\n  %-16s %s", name, value));
  }

  private static String json(String name, Availability availability) {
    return Json.line(
        json -> {
          json.writeStringProperty("backend", name);
          json.writeBooleanProperty("available", availability instanceof Availability.Available);
          switch (availability) {
            case Availability.Unavailable(String reason) ->
                json.writeStringProperty("reason", reason);
            case Availability.Available available -> {
              json.writeArrayPropertyStart("devices");
              available.devices().forEach(device -> write(json, device));
              json.writeEndArray();
            }
          }
        });
  }

  private static void write(JsonGenerator json, DeviceInfo device) {
    json.writeStartObject();
    json.writeStringProperty("name", device.name());
    json.writeNumberProperty("total_memory", device.totalMemory());
    json.writeNumberProperty("free_memory", device.freeMemory());
    json.writeNumberProperty("threads", device.threads());
    json.writeObjectPropertyStart("properties");
    device.properties().forEach(json::writeStringProperty);
    json.writeEndObject();
    json.writeEndObject();
  }
}
