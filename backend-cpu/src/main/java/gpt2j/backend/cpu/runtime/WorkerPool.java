package gpt2j.backend.cpu.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that run one piece of work together, the caller among them.
 *
 * <p>A decode step hands out work every few microseconds, and waking a parked thread takes longer
 * than that. So who waits first looks around for some tens of microseconds, then parks: an idle
 * team costs nothing, and a busy machine loses no scheduler quantum to a thread that only spins.
 */
public final class WorkerPool implements AutoCloseable {
  /** Looks before parking; about 40 microseconds on the processors tried. */
  private static final int PATIENCE = 1000;

  private static final Work NOTHING = (worker, workers) -> {};

  /** Work that every member runs once, each for its own share. */
  @FunctionalInterface
  public interface Work {
    void run(int worker, int workers);
  }

  private final Member[] members;
  private final AtomicInteger unfinished = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile int round;
  private volatile boolean closed;
  private volatile @Nullable Thread waitingCaller;
  private Work work = NOTHING; // published by the volatile write of round

  WorkerPool(int size) {
    members = new Member[size - 1];
    for (int i = 0; i < members.length; i++) {
      members[i] = new Member(i + 1);
    }
    try {
      for (Member member : members) {
        member.thread.start();
      }
    } catch (Error e) { // the system has no more threads
      close();
      throw e;
    }
  }

  /** The number of threads, the caller included. */
  public int size() {
    return members.length + 1;
  }

  /** Runs {@code work} on every thread and returns when all are done. */
  public void run(Work work) {
    if (closed) {
      throw new IllegalStateException("the cpu backend is closed"); // nobody would do it
    }
    if (members.length == 0) {
      work.run(0, 1);
      return;
    }
    this.work = work;
    unfinished.set(members.length);
    round++; // only one thread calls at a time
    for (Member member : members) {
      if (member.parked) {
        LockSupport.unpark(member.thread);
      }
    }
    try {
      work.run(0, size());
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    } finally {
      awaitMembers();
    }
    switch (failure.getAndSet(null)) {
      case null -> {}
      case RuntimeException e -> throw e; // of the work, which meant it for the caller
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** Runs {@code count} independent tasks, each on whichever thread is free next. */
  public void forEach(int count, Task task) {
    if (count == 1 || members.length == 0) {
      for (int i = 0; i < count; i++) {
        task.run(i, 0);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    run(
        (worker, workers) -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            task.run(i, worker);
          }
        });
  }

  /** One of many independent tasks. */
  @FunctionalInterface
  public interface Task {
    void run(int index, int worker);
  }

  private void awaitMembers() {
    for (int look = 0; look < PATIENCE; look++) {
      if (unfinished.get() == 0) {
        return;
      }
      Thread.onSpinWait();
    }
    waitingCaller = Thread.currentThread();
    while (unfinished.get() != 0) {
      LockSupport.park(this);
    }
    waitingCaller = null;
  }

  @Override
  public void close() {
    closed = true;
    round++;
    for (Member member : members) {
      LockSupport.unpark(member.thread);
    }
  }

  private final class Member implements Runnable {
    final int number;
    final Thread thread;
    volatile boolean parked;

    Member(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("gpt2j-cpu-" + number).unstarted(this);
    }

    @Override
    public void run() {
      int seen = 0;
      while (true) {
        awaitRoundAfter(seen);
        if (closed) {
          return;
        }
        seen = round;
        try {
          work.run(number, size());
        } catch (Throwable e) {
          failure.compareAndSet(null, e);
        }
        if (unfinished.decrementAndGet() == 0) {
          Thread caller = waitingCaller;
          if (caller != null) {
            LockSupport.unpark(caller);
          }
        }
      }
    }

    private void awaitRoundAfter(int seen) {
      for (int look = 0; look < PATIENCE; look++) {
        if (round != seen) {
          return;
        }
        Thread.onSpinWait();
      }
      parked = true; // before the last look at round, which the caller writes before it looks here
      while (round == seen) {
        LockSupport.park(WorkerPool.this);
      }
      parked = false;
    }
  }
}
