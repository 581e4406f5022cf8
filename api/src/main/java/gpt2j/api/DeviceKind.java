package gpt2j.api;

/** What computes, as far as it matters for how it is measured and with what it is compared. */
public enum DeviceKind {
  /** The processor and the memory of this machine. */
  PROCESSOR,
  GPU,
  OTHER
}
