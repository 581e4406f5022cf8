// Keys and values: stored, copied from slot to slot, read back.
#include "cache.cuh"

namespace kv_cache {

// qkv [rows, 3, heads, headSize], of which keys and values are stored at (slot, position) of their
// row, the padding of each head with zeros. One block per row.
extern "C" __global__ void __launch_bounds__(256) append_kv(
    void* keys, void* values, const float* qkv, const int* slots, const int* positions, int type,
    int sequences, int heads, int headSize, int capacity) {
  let_next_kernel_start();
  wait_for_kernel_before();
  CacheShape shape = {sequences, heads, headSize, capacity};
  int slot = slots[blockIdx.x];
  int position = positions[blockIdx.x];
  if (!shape.has(slot, position)) {
    return;
  }
  int width = heads * headSize;
  int stored = padded(headSize);
  const float* key = qkv + static_cast<size_t>(blockIdx.x) * 3 * width + width;
  const float* value = key + width;
  for (int i = threadIdx.x; i < heads * stored; i += blockDim.x) {
    int head = i / stored;
    int d = i % stored;
    bool inside = d < headSize;
    size_t at = shape.index(slot, head, position) + d;
    store_element(keys, type, at, inside ? key[head * headSize + d] : 0.0f);
    store_element(values, type, at, inside ? value[head * headSize + d] : 0.0f);
  }
}
REGISTER_KERNEL(append_kv);

// Whole caches of the same layers, heads, head size and type. blockIdx.x is (layer, key or value,
// head); a head's positions lie side by side, so each is one run of 16-byte vectors.
extern "C" __global__ void __launch_bounds__(256) copy_kv(
    void* to, const void* from, int type, int heads, int headSize, int toSlot, int toSequences,
    int toCapacity, int fromSlot, int fromSequences, int fromCapacity, int positions) {
  int elementBytes = type == TYPE_F32 ? 4 : 2;
  int vectorsPerPosition = padded(headSize) * elementBytes / 16;
  size_t plane = blockIdx.x / heads;
  int head = blockIdx.x % heads;
  size_t source = ((plane * fromSequences + fromSlot) * heads + head) * fromCapacity;
  size_t target = ((plane * toSequences + toSlot) * heads + head) * toCapacity;
  const uint4* in = static_cast<const uint4*>(from) + source * vectorsPerPosition;
  uint4* out = static_cast<uint4*>(to) + target * vectorsPerPosition;
  int count = positions * vectorsPerPosition;
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < count; i += gridDim.y * blockDim.x) {
    out[i] = in[i];
  }
}
REGISTER_KERNEL(copy_kv);

// keysOut, valuesOut [positions, heads, headSize]: one block per position of one slot of one layer.
extern "C" __global__ void __launch_bounds__(256) read_kv(
    float* __restrict__ keysOut, float* __restrict__ valuesOut, const void* __restrict__ keys,
    const void* __restrict__ values, int type, int slot, int heads, int headSize, int capacity) {
  CacheShape shape = {slot + 1, heads, headSize, capacity};
  int width = heads * headSize;
  size_t row = static_cast<size_t>(blockIdx.x) * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    size_t at = shape.index(slot, i / headSize, blockIdx.x) + i % headSize;
    keysOut[row + i] = load_element(keys, type, at);
    valuesOut[row + i] = load_element(values, type, at);
  }
}
REGISTER_KERNEL(read_kv);

}  // namespace kv_cache
