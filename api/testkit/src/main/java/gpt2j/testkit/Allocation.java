package gpt2j.testkit;

import java.lang.reflect.Method;

/** How much a thread has allocated on the heap. */
public final class Allocation {
  private final Object bean;
  private final Method counter;

  /** By reflection: the module under test doesn't read the modules that can tell. */
  public Allocation() {
    try {
      Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
      bean = factory.getMethod("getThreadMXBean").invoke(null);
      counter =
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Bytes that the current thread has allocated so far. */
  public long bytes() {
    try {
      return (long) counter.invoke(bean);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
