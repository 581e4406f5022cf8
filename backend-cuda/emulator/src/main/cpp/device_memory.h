// Loads, stores, fences and atomics; asynchronous copies to shared memory.
#pragma once

#include "block.h"
#include "device_half.h"
#include "device_types.h"

#define GPT2J_LOAD(name) \
  template <class T>     \
  T name(const T* from) { return *from; }
GPT2J_LOAD(__ldg)
GPT2J_LOAD(__ldca)
GPT2J_LOAD(__ldcg)
GPT2J_LOAD(__ldcs)
GPT2J_LOAD(__ldlu)
#undef GPT2J_LOAD

// Never from a register: reads memory every time, as a spin loop needs.
template <class T>
T __ldcv(const T* from) {
  return *static_cast<const volatile T*>(from);
}

#define GPT2J_STORE(name) \
  template <class T>      \
  void name(T* to, T value) { *to = value; }
GPT2J_STORE(__stwb)
GPT2J_STORE(__stcg)
GPT2J_STORE(__stcs)
GPT2J_STORE(__stwt)
#undef GPT2J_STORE

inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

namespace emulator {

// Atomics on any 4- or 8-byte type by compare and exchange.
template <class T, class Operation>
T atomic_update(T* at, Operation operation) {
  using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  static_assert(sizeof(T) == sizeof(Bits), "4 or 8 bytes");
  Bits* bits = reinterpret_cast<Bits*>(at);
  Bits before = __atomic_load_n(bits, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(bits, &before, bits_as<Bits>(operation(bits_as<T>(before))),
                                      true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
  }
  return bits_as<T>(before);
}

// What the argument is converted to, as CUDA's overloads would.
template <class T>
struct Same {
  using Type = T;
};

}  // namespace emulator

template <class T>
T atomicAdd(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return static_cast<T>(old + value); });
}
template <class T>
T atomicSub(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return static_cast<T>(old - value); });
}
template <class T>
T atomicExch(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T) { return value; });
}
template <class T>
T atomicMin(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return value < old ? value : old; });
}
template <class T>
T atomicMax(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return old < value ? value : old; });
}
template <class T>
T atomicAnd(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return old & value; });
}
template <class T>
T atomicOr(T* at, typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return old | value; });
}
template <class T>
T atomicCAS(T* at, typename emulator::Same<T>::Type expected,
            typename emulator::Same<T>::Type value) {
  return emulator::atomic_update(at, [=](T old) { return old == expected ? value : old; });
}
// Counts to `limit`, then starts again from 0.
inline unsigned atomicInc(unsigned* at, unsigned limit) {
  return emulator::atomic_update(at, [=](unsigned old) { return old >= limit ? 0u : old + 1; });
}
inline unsigned atomicDec(unsigned* at, unsigned limit) {
  return emulator::atomic_update(
      at, [=](unsigned old) { return old == 0 || old > limit ? limit : old - 1; });
}

namespace emulator {

// Copies land when they are waited for and not earlier, so that a missing wait is seen. The bytes
// are taken then too: on a device they may be read at any time up to there.
void cp_async(void* shared, const void* global, unsigned size, unsigned bytes);
void cp_async_commit();
void cp_async_wait(unsigned pending);

}  // namespace emulator

// Copies `bytes`, 0 or 16, and fills up to 16 with zeros.
inline void cp_async_16(void* shared, const void* global, int bytes) {
  emulator::cp_async(shared, global, 16, bytes);
}
// The same with 4 for 16.
inline void cp_async_4(void* shared, const void* global, int bytes) {
  emulator::cp_async(shared, global, 4, bytes);
}
inline void cp_async_commit() { emulator::cp_async_commit(); }
// Waits for all groups but the kPending newest.
template <int kPending>
void cp_async_wait() {
  emulator::cp_async_wait(kPending);
}
