package gpt2j.integration;

import gpt2j.api.BackendProvider;

final class CpuForgottenTest extends ForgottenContract {
  @Override
  BackendProvider provider() {
    return Backends.provider("cpu");
  }
}
