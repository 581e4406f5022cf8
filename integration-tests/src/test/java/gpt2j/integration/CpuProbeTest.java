package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;

final class CpuProbeTest extends ProbeContract {
  @Override
  Backend open() {
    return Backends.open("cpu", BackendOptions.defaults());
  }
}
