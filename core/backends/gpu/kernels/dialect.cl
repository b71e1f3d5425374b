// One text serves two compilers, OpenCL C 1.2 and CUDA C++. Their differences are named here; every other file of this
// folder is written in these words. The compiler's command line gives ELEMENT, the element type, and one of T_F32,
// T_F64, T_I32, T_I64, T_BOOL, T_U8, T_BF16, T_F16; WIDTH is the size of a work group; HAS_F64 says that the device computes in f64.
#ifdef __CUDACC__
typedef unsigned int uint;
typedef unsigned char uchar;
typedef unsigned long ulong;
typedef unsigned short ushort;
#define BITS_OF_FLOAT(x) __float_as_uint(x)
#define FLOAT_OF_BITS(x) __uint_as_float(x)
#define KERNEL(name) extern "C" __global__ void __launch_bounds__(WIDTH) name
#define DEVICE static __device__ __forceinline__
#define GLOBAL
#define SHARED __shared__
#define SHARED_AT
#define BARRIER __syncthreads()
#define LANE ((int)threadIdx.x)
#define GROUP ((long)blockIdx.x)
#define ITEM_X ((long)blockIdx.x * WIDTH + threadIdx.x)
#define ITEM_Y ((long)blockIdx.y)
#define ITEMS_Y ((long)gridDim.y)
#define MULTIPLY_HIGH(a, b) __umulhi(a, b)
#else
#ifdef HAS_F64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
#define KERNEL(name) __kernel __attribute__((reqd_work_group_size(WIDTH, 1, 1))) void name
#define DEVICE static inline
#define GLOBAL __global
#define SHARED __local
#define SHARED_AT __local
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define LANE ((int)get_local_id(0))
#define GROUP ((long)get_group_id(0))
#define ITEM_X ((long)get_global_id(0))
#define ITEM_Y ((long)get_global_id(1))
#define ITEMS_Y ((long)get_global_size(1))
#define MULTIPLY_HIGH(a, b) mul_hi(a, b)
#define BITS_OF_FLOAT(x) as_uint(x)
#define FLOAT_OF_BITS(x) as_float(x)
#endif

typedef ELEMENT T;
#if defined(T_F32) || defined(T_F64)
#define T_FLOAT
#endif
#if defined(T_BOOL) || defined(T_U8) || defined(T_BF16) || defined(T_F16)
#define T_STORED
#endif
#ifdef T_U8
#define T_MAX ((T)255)
#define T_MIN ((T)0)
#define T_END 256
#endif
#ifdef T_I32
#define T_MAX ((T)2147483647)
#define T_MIN (-T_MAX - 1)
#define T_END 2147483648.0f
#endif
#ifdef T_I64
#define T_MAX ((T)9223372036854775807l)
#define T_MIN (-T_MAX - 1)
#define T_END 9223372036854775808.0f
#endif
#ifdef T_BOOL
#define T_MAX 1
#define T_MIN 0
#endif
#ifdef T_FLOAT
#define T_MAX ((T)INFINITY)
#define T_MIN (-(T)INFINITY)
#endif

// These are the named functions of core/device/elementwise.def.
#undef select
#define select(condition, a, b) ((condition) ? (a) : (b))
#define K(number) ((T)(number))
#ifdef T_FLOAT
// 1 / (1 + exp(-x)) and log(1 + exp(x)), without overflow on either side.
DEVICE T sigmoid(T x) {
  const T e = exp(-fabs(x));
  return (x < K(0) ? e : K(1)) / (K(1) + e);
}
DEVICE T softplus(T x) { return (x > K(0) ? x : K(0)) + log1p(exp(-fabs(x))); }
// Some devices' own tanh (PoCL's in f32) stays below 1 up to infinity: its slope would never end.
DEVICE T saturating_tanh(T x) { return fabs(x) > K(20) ? copysign(K(1), x) : tanh(x); }
#define tanh saturating_tanh
// The remainder has the divisor's sign (the built-in one of this name is another); the quotient is rounded down.
DEVICE T floored_remainder(T a, T b) {
  const T rest = fmod(a, b);
  return rest != K(0) && (rest < K(0)) != (b < K(0)) ? rest + b : rest;
}
DEVICE T floor_divide(T a, T b) {
  if (b == K(0)) return a / b;
  const T rest = fmod(a, b), quotient = (a - rest) / b;
  const T down = rest != K(0) && (rest < K(0)) != (b < K(0)) ? quotient - K(1) : quotient;
  return down == K(0) ? copysign(K(0), a / b) : rint(down);
}
#define remainder floored_remainder
#elif !defined(T_STORED)
// By 0 both are 0.
DEVICE T floored_remainder(T a, T b) {
  if (b == 0 || b == -1) return 0;
  const T rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
DEVICE T floor_divide(T a, T b) {
  if (b == 0) return 0;
  if (b == -1) return 0 - a;
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
#define remainder floored_remainder
#endif

// An op's elements lie on a grid of `rows` by `cols`; cols is the last axis, and rows unfolds into rank - 1 axes.
typedef struct {
  long cols, rows, rank;
  long dims[5];  // of the rows' axes, the last one last
} Extent;
typedef struct {
  long offset, step;  // step is along the last axis
  long strides[5];    // along the rows' axes
} Place;
DEVICE long row_at(long row, const Extent e, const Place p) {
  if (e.rank <= 2) return p.offset + row * p.strides[4];
  long at = p.offset;
  for (int axis = 4; axis > 0; --axis) {
    at += row % e.dims[axis] * p.strides[axis];
    row /= e.dims[axis];
  }
  return at + row * p.strides[0];
}
#define IN(type, name) GLOBAL const type *name##_data, const Place name##_at
#define OUT(type, name) GLOBAL type *name##_data, const Place name##_at
#define EACH                            \
  const long column = ITEM_X;           \
  if (column < extent.cols)             \
    for (long row = ITEM_Y; row < extent.rows; row += ITEMS_Y)
#define AT(name) name##_data[row_at(row, extent, name##_at) + column * name##_at.step]

// These are matrices with contiguous columns, and vectors, whose element i is at offset + i * stride.
typedef struct {
  long offset, stride;
} Rows;
#define M_IN(type, name) GLOBAL const type *name##_data, const Rows name##_at
#define M_OUT(type, name) GLOBAL type *name##_data, const Rows name##_at
#define ROW(name, i) (name##_data + name##_at.offset + (i)*name##_at.stride)
#define VECTOR(name, i) name##_data[name##_at.offset + (i)*name##_at.stride]
#define PRESENT(name) (name##_data != 0)
#define EACH_ROW(rows) for (long i = ITEM_Y; i < (rows); i += ITEMS_Y)

// Ids are i32 or i64.
#define IDS(name) GLOBAL const int *name##_data, const Rows name##_at, const int name##_wide
#define ID(name, i) id_at(name##_data, name##_at.offset + (i)*name##_at.stride, name##_wide)
DEVICE long id_at(GLOBAL const int* ids, long i, int wide) {
  return wide ? ((GLOBAL const long*)ids)[i] : (long)ids[i];
}

// Folds a group's WIDTH numbers in a fixed order; every lane gets the result.
#define GROUP_FOLD(name, type, expression)                    \
  DEVICE type name(type mine, SHARED_AT type* all) {          \
    all[LANE] = mine;                                         \
    BARRIER;                                                  \
    for (int reach = WIDTH / 2; reach > 0; reach /= 2) {         \
      if (LANE < reach) {                                      \
        const type a = all[LANE], b = all[LANE + reach];       \
        all[LANE] = expression;                               \
      }                                                       \
      BARRIER;                                                \
    }                                                         \
    const type result = all[0];                               \
    BARRIER;                                                  \
    return result;                                            \
  }
// A NaN wins both ways, because it must not disappear.
#define LARGER(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))
#define SMALLER(a, b) ((b) < (a) || (b) != (b) ? (b) : (a))
#ifdef T_FLOAT
GROUP_FOLD(group_sum, T, a + b)
GROUP_FOLD(group_max, T, LARGER(a, b))
#endif
