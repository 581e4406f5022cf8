// As much of cuBLAS as the backend calls, behind the emulated driver: products in the way of the
// definition, queued on the handle's stream. Strict about what cuBLAS forbids or leaves undefined.
//
// Types are as cublas_api.h has them, in values and layout.
#include <immintrin.h>

#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cuda_api.h"

extern "C" {
CUresult cuCtxGetCurrent(CUcontext* context);
CUresult cuCtxGetDevice(CUdevice* device);
CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device);
CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* argument);
CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes);
CUresult cuMemFree_v2(CUdeviceptr address);
CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address);
CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status);
CUresult cuStreamSynchronize(CUstream stream);
}

enum Status : int {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_ALLOC_FAILED = 3,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_ARCH_MISMATCH = 8,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
};

struct Handle {
  CUstream stream = nullptr;
  CUdeviceptr own = 0;  // what a handle allocates for itself
  bool has_workspace = false;
};

namespace {

constexpr int kOperationN = 0;
constexpr int kOperationT = 1;
constexpr int kReal32 = 0;
constexpr int kReal16 = 2;
constexpr int kRealB16 = 14;
constexpr int kCompute32 = 68;
constexpr int kCapabilityMajor = 75;
constexpr int kWorkspaceAlignment = 256;

struct Library {
  std::mutex mutex;
  std::set<Handle*> handles;
  std::map<std::string, uint64_t> calls;
  std::map<std::string, Status> planned;
};

Library& library() {
  static auto* library = new Library();
  return *library;
}

// Every function goes through here: counts it, and answers as a test has planned.
template <class Body>
Status call(const char* function, Body body) {
  {
    Library& all = library();
    std::lock_guard lock(all.mutex);
    all.calls[function]++;
    auto planned = all.planned.find(function);
    if (planned != all.planned.end()) {
      Status status = planned->second;
      all.planned.erase(planned);
      return status;
    }
  }
  CUcontext context = nullptr;
  if (cuCtxGetCurrent(&context) != CUDA_SUCCESS || context == nullptr) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  return body();
}

bool lives(Handle* handle) {
  std::lock_guard lock(library().mutex);
  return library().handles.count(handle) != 0;
}

bool is_known(int operation) { return operation == kOperationN || operation == kOperationT; }

size_t size_of(int type) { return type == kReal32 ? 4 : 2; }

// Whether `columns` columns of `rows` elements, `leading` apart, lie within one allocation.
bool lies_inside(const void* matrix, int type, int rows, int columns, int leading) {
  auto address = reinterpret_cast<CUdeviceptr>(matrix);
  CUdeviceptr base = 0;
  size_t bytes = 0;
  size_t needed = (size_t(columns - 1) * leading + rows) * size_of(type);
  return leading >= rows && address % size_of(type) == 0 &&
         cuMemGetAddressRange_v2(&base, &bytes, address) == CUDA_SUCCESS &&
         address - base + needed <= bytes;
}

float widen(const void* matrix, int type, size_t at) {
  if (type == kReal32) {
    return static_cast<const float*>(matrix)[at];
  }
  uint16_t bits = static_cast<const uint16_t*>(matrix)[at];
  if (type == kReal16) {
    return _cvtsh_ss(bits);
  }
  uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

// An operand, column by column, transposed or not.
struct Operand {
  const void* matrix;
  int type;
  int leading;
  bool transposed;

  bool inside(int rows, int columns) const {
    return transposed ? lies_inside(matrix, type, columns, rows, leading)
                      : lies_inside(matrix, type, rows, columns, leading);
  }

  float at(int row, int column) const {
    return transposed ? widen(matrix, type, size_t(row) * leading + column)
                      : widen(matrix, type, size_t(column) * leading + row);
  }
};

// C = alpha·A·B + beta·C.
struct Product {
  int m, n, k;
  float alpha;
  Operand a, b;
  float beta;
  float* c;
  int ldc;

  void run() const {
    std::vector<float> rows(size_t(m) * k);
    for (int i = 0; i < m; i++) {
      for (int l = 0; l < k; l++) {
        rows[size_t(i) * k + l] = a.at(i, l);
      }
    }
    std::vector<float> column(k);
    for (int j = 0; j < n; j++) {
      for (int l = 0; l < k; l++) {
        column[l] = b.at(l, j);
      }
      for (int i = 0; i < m; i++) {
        const float* row = rows.data() + size_t(i) * k;
        double sum = 0;
        for (int l = 0; l < k; l++) {
          sum += double{row[l]} * column[l];
        }
        float* to = c + size_t(j) * ldc + i;
        // Where beta is 0, what C holds isn't looked at.
        *to = static_cast<float>(alpha * sum + (beta == 0 ? 0.0 : double{beta} * *to));
      }
    }
  }
};

Status queue(Handle* handle, const Product& product) {
  CUstreamCaptureStatus capture;
  if (cuStreamIsCapturing(handle->stream, &capture) != CUDA_SUCCESS) {
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
  // It would allocate memory, which a graph would keep.
  if (capture != CU_STREAM_CAPTURE_STATUS_NONE && !handle->has_workspace) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  int device = 0;
  int major = 0;
  cuCtxGetDevice(&device);
  cuDeviceGetAttribute(&major, kCapabilityMajor, device);
  if (product.a.type == kRealB16 && major < 8) {
    return CUBLAS_STATUS_ARCH_MISMATCH;
  }
  if (product.a.type != product.b.type) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if (!product.a.inside(product.m, product.k) || !product.b.inside(product.k, product.n) ||
      !lies_inside(product.c, kReal32, product.m, product.n, product.ldc)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  // A graph may run it any number of times, so nobody knows when it was the last.
  bool once = capture == CU_STREAM_CAPTURE_STATUS_NONE;
  auto run = [](void* product) { static_cast<Product*>(product)->run(); };
  auto run_once = [](void* product) {
    static_cast<Product*>(product)->run();
    delete static_cast<Product*>(product);
  };
  auto* kept = new Product(product);
  CUresult queued = once ? cuLaunchHostFunc(handle->stream, run_once, kept)
                         : cuLaunchHostFunc(handle->stream, run, kept);
  return queued == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace

CUDA_API Status cublasCreate_v2(Handle** handle) {
  return call("cublasCreate", [&] {
    auto* created = new Handle();
    if (cuMemAlloc_v2(&created->own, 4096) != CUDA_SUCCESS) {
      delete created;
      return CUBLAS_STATUS_ALLOC_FAILED;
    }
    std::lock_guard lock(library().mutex);
    library().handles.insert(created);
    *handle = created;
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDA_API Status cublasDestroy_v2(Handle* handle) {
  return call("cublasDestroy", [&] {
    if (!lives(handle)) {
      return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    cuStreamSynchronize(handle->stream);
    cuMemFree_v2(handle->own);
    std::lock_guard lock(library().mutex);
    library().handles.erase(handle);
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDA_API Status cublasSetStream_v2(Handle* handle, CUstream stream) {
  return call("cublasSetStream", [&] {
    if (!lives(handle)) {
      return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    handle->stream = stream;
    handle->has_workspace = false;
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDA_API Status cublasSetWorkspace_v2(Handle* handle, void* workspace, size_t bytes) {
  return call("cublasSetWorkspace", [&] {
    if (!lives(handle)) {
      return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    int floats = static_cast<int>(bytes / 4);
    if (reinterpret_cast<uintptr_t>(workspace) % kWorkspaceAlignment != 0 ||
        !lies_inside(workspace, kReal32, floats, 1, floats)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    handle->has_workspace = true;
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDA_API Status cublasGemmEx(Handle* handle, int a_operation, int b_operation, int m, int n, int k,
                             const void* alpha, const void* a, int a_type, int lda, const void* b,
                             int b_type, int ldb, const void* beta, void* c, int c_type, int ldc,
                             int compute, int) {
  return call("cublasGemmEx", [&] {
    if (!lives(handle)) {
      return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    if (m < 1 || n < 1 || k < 1 || alpha == nullptr || beta == nullptr) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    bool known = a_type == kReal32 || a_type == kReal16 || a_type == kRealB16;
    if (!is_known(a_operation) || !is_known(b_operation) || !known || c_type != kReal32 ||
        compute != kCompute32) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    Product product = {m,
                       n,
                       k,
                       *static_cast<const float*>(alpha),
                       {a, a_type, lda, a_operation == kOperationT},
                       {b, b_type, ldb, b_operation == kOperationT},
                       *static_cast<const float*>(beta),
                       static_cast<float*>(c),
                       ldc};
    return queue(handle, product);
  });
}

// How tests control it. The next call of a function answers with a status.
CUDA_API void gpt2j_emulator_cublas_fail(const char* function, int status) {
  std::lock_guard lock(library().mutex);
  library().planned[function] = static_cast<Status>(status);
}

CUDA_API uint64_t gpt2j_emulator_cublas_calls(const char* function) {
  std::lock_guard lock(library().mutex);
  return library().calls[function];
}

CUDA_API uint64_t gpt2j_emulator_cublas_handles() {
  std::lock_guard lock(library().mutex);
  return library().handles.size();
}
