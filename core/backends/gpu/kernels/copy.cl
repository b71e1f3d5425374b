// y (T) = x of any type, or y += x: floats are cut towards 0 and kept in an integer's range, NaN becomes 0, bool is
// x != 0, and a bf16 or f16, which lie in memory as their bits, is the nearest to x as float.
DEVICE float widened(ushort bits) { return FLOAT_OF_BITS((uint)bits << 16); }
DEVICE ushort nearest_bf16(float x) {
  const uint bits = BITS_OF_FLOAT(x);
  if (x != x) return (ushort)(bits >> 16 | 0x40);
  return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
DEVICE float widened_f16(ushort bits) {
  const uint sign = (uint)(bits >> 15) << 31, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) {  // subnormal: fraction * 2^-24
    const float size = (float)fraction * 5.9604644775390625e-8f;
    return sign ? -size : size;
  }
  return FLOAT_OF_BITS(sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13);
}
DEVICE ushort nearest_f16(float x) {
  const uint bits = BITS_OF_FLOAT(x), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
  if (size > 0x7f800000) return (ushort)(sign | 0x7e00);
  if (size >= 0x477ff000) return (ushort)(sign | 0x7c00);
  if (size < 0x38800000) return (ushort)(sign | (BITS_OF_FLOAT(FLOAT_OF_BITS(size) + 0.5f) - 0x3f000000));
  return (ushort)(sign | (size - (112 << 23) + 0xfff + (size >> 13 & 1)) >> 13);
}
#if defined(T_BOOL)
#define CAST(from, x) ((x) != 0)
#define CAST_FLOAT(from, x) ((x) != 0)
#define SUM(a, b) ((a) || (b))
#elif defined(T_BF16)
#define CAST(from, x) nearest_bf16((float)(x))
#define CAST_FLOAT(from, x) nearest_bf16((float)(x))
#define SUM(a, b) nearest_bf16(widened(a) + widened(b))
#elif defined(T_F16)
#define CAST(from, x) nearest_f16((float)(x))
#define CAST_FLOAT(from, x) nearest_f16((float)(x))
#define SUM(a, b) nearest_f16(widened_f16(a) + widened_f16(b))
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
#define KEEP(from, x) (x)  // the bits themselves, so that a NaN keeps its own
#ifdef T_BF16
COPY(copy_bf16, ushort, ushort, , KEEP)
#else
COPY(copy_bf16, ushort, float, widened, CAST_FLOAT)
#endif
#ifdef T_F16
COPY(copy_f16, ushort, ushort, , KEEP)
#else
COPY(copy_f16, ushort, float, widened_f16, CAST_FLOAT)
#endif
