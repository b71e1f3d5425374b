// y (T) = x of any type, or y += x: floats are cut towards 0 and kept in an integer's range, NaN becomes 0, bool is
// x != 0, and a bf16, which lies in memory as its bits, is the nearest to x as float.
DEVICE float widened(ushort bits) { return FLOAT_OF_BITS((uint)bits << 16); }
DEVICE ushort nearest_bf16(float x) {
  const uint bits = BITS_OF_FLOAT(x);
  if (x != x) return (ushort)(bits >> 16 | 0x40);
  return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#if defined(T_BOOL)
#define CAST(from, x) ((x) != 0)
#define CAST_FLOAT(from, x) ((x) != 0)
#define SUM(a, b) ((a) || (b))
#elif defined(T_BF16)
#define CAST(from, x) nearest_bf16((float)(x))
#define CAST_FLOAT(from, x) nearest_bf16((float)(x))
#define SUM(a, b) nearest_bf16(widened(a) + widened(b))
#elif defined(T_FLOAT)
#define CAST(from, x) ((T)(x))
#define CAST_FLOAT(from, x) ((T)(x))
#define SUM(a, b) ((a) + (b))
#else
// T_END is the first value that does not fit, and exact in every float type.
#define CAST(from, x) ((T)(x))
#define CAST_FLOAT(from, x) ((x) != (x) ? (T)0 : (x) >= (from)T_END ? T_MAX : (x) < (from)T_MIN ? T_MIN : (T)(x))
#define SUM(a, b) ((a) + (b))
#endif

#define COPY(name, stored, from, load, cast)                                                \
  KERNEL(name)(const Extent extent, OUT(T, y), IN(stored, x), const int accumulate) {       \
    EACH {                                                                                  \
      const from value = load(AT(x));                                                       \
      const T result = (T)cast(from, value);                                                \
      AT(y) = accumulate ? (T)SUM(AT(y), result) : result;                                  \
    }                                                                                       \
  }
COPY(copy_f32, float, float, , CAST_FLOAT)
#ifdef HAS_F64
COPY(copy_f64, double, double, , CAST_FLOAT)
#endif
COPY(copy_i32, int, int, , CAST)
COPY(copy_i64, long, long, , CAST)
COPY(copy_bool, uchar, uchar, , CAST)
COPY(copy_u8, uchar, uchar, , CAST)
#ifdef T_BF16  // the bits themselves, so that a NaN keeps its own
#define KEEP(from, x) (x)
COPY(copy_bf16, ushort, ushort, , KEEP)
#else
COPY(copy_bf16, ushort, float, widened, CAST_FLOAT)
#endif
