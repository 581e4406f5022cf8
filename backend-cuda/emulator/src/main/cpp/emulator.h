// What a kernel source sees instead of CUDA's own headers when g++ compiles it with -DGPT2J_EMULATOR.
//
// The emulated machine has the semantics of CUDA C++ on a device of compute capability 8.0 or newer
// as far as the kernels use them; what a kernel could only rely on by accident (threads of a warp
// running in step, memory that happens to hold zeros, asynchronous copies that happen to have
// landed) is deliberately not there.
#pragma once

#include "device_types.h"
#include "device_thread.h"
#include "device_math.h"
#include "device_half.h"
#include "device_memory.h"
#include "device_matrix.h"
#include "kernel_registry.h"
