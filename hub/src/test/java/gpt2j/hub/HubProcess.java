package gpt2j.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Downloads in a process of its own, which can be killed. */
final class HubProcess {
  private HubProcess() {}

  /** Downloads the model that is named, by the environment's variables; prints the folder. */
  public static void main(String[] arguments) {
    System.out.println(
        Hub.of(System.getenv()).resolve(HubModel.parse(arguments[0]), HubListener.NONE));
  }

  static Process start(Map<String, String> environment, String model) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=gpt2j.hub",
            "--module-path",
            System.getProperty("jdk.module.path"),
            "--patch-module",
            "gpt2j.hub=" + Path.of("target", "test-classes").toAbsolutePath(),
            "--module",
            "gpt2j.hub/gpt2j.hub.HubProcess",
            model));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("HF_HUB_OFFLINE");
    builder.environment().putAll(environment);
    return builder.start();
  }

  static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
