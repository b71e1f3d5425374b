// y (T) = x of any type, or y += x: floats are cut towards 0 and kept in an integer's range, NaN becomes 0, and bool is
// x != 0.
#if defined(T_BOOL)
#define CAST(from, x) ((x) != 0)
#define CAST_FLOAT(from, x) ((x) != 0)
#define SUM(a, b) ((a) || (b))
#elif defined(T_FLOAT)
#define CAST(from, x) ((T)(x))
#define CAST_FLOAT(from, x) ((T)(x))
#define SUM(a, b) ((a) + (b))
#else
// T_MIN is exact in every float type, and -T_MIN is the first value that does not fit.
#define CAST(from, x) ((T)(x))
#define CAST_FLOAT(from, x) ((x) != (x) ? 0 : (x) >= -(from)T_MIN ? T_MAX : (x) < (from)T_MIN ? T_MIN : (T)(x))
#define SUM(a, b) ((a) + (b))
#endif

#define COPY(name, from, cast)                                                              \
  KERNEL(name)(const Extent extent, OUT(T, y), IN(from, x), const int accumulate) {         \
    EACH {                                                                                  \
      const from value = AT(x);                                                             \
      const T result = (T)cast(from, value);                                                \
      AT(y) = accumulate ? (T)SUM(AT(y), result) : result;                                  \
    }                                                                                       \
  }
COPY(copy_f32, float, CAST_FLOAT)
#ifdef HAS_F64
COPY(copy_f64, double, CAST_FLOAT)
#endif
COPY(copy_i32, int, CAST)
COPY(copy_i64, long, CAST)
COPY(copy_bool, uchar, CAST)
