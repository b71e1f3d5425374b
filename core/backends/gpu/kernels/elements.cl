// The kernels fill, select, and the rows of core/device/elementwise.def, whose text follows this file.
KERNEL(fill)(const Extent extent, OUT(T, y), const T value) { EACH AT(y) = value; }

KERNEL(choose)(const Extent extent, OUT(T, y), IN(uchar, condition), IN(T, a), IN(T, b)) {
  EACH AT(y) = AT(condition) ? AT(a) : AT(b);
}

#ifndef T_FLOAT  // the host asks integers only for rows that need none of these
#undef exp
#undef expm1
#undef log
#undef log1p
#define exp(x) (x)
#define expm1(x) (x)
#define log(x) (x)
#define log1p(x) (x)
#define sqrt(x) (x)
#define tanh(x) (x)
#define erf(x) (x)
#define sin(x) (x)
#define cos(x) (x)
#define tan(x) (x)
#define atan(x) (x)
#define atan2(a, b) (a)
#define floor(x) (x)
#define ceil(x) (x)
#define rint(x) (x)
#define pow(a, b) (a)
#define sigmoid(x) (x)
#define softplus(x) (x)
#endif

#ifdef T_FLOAT
#define IF_FLOAT(...) __VA_ARGS__
#else
#define IF_FLOAT(...)
#endif
#ifdef T_STORED
#define IF_NUMBER(...)
#else
#define IF_NUMBER(...) __VA_ARGS__
#endif

#define GRUS_UNARY(name, value, gradient, ...)                                                     \
  IF_NUMBER(KERNEL(unary_##name)(const Extent extent, OUT(T, to), IN(T, from)) {                         \
    EACH {                                                                                               \
      const T x = AT(from);                                                                              \
      AT(to) = value;                                                                                    \
    }                                                                                                    \
  })                                                                                                     \
  IF_FLOAT(KERNEL(gradient_##name)(const Extent extent, OUT(T, to), IN(T, vx), IN(T, vy), IN(T, vdy)) {  \
    EACH {                                                                                               \
      const T x = AT(vx), y = AT(vy), dy = AT(vdy);                                                      \
      AT(to) = gradient;                                                                                 \
    }                                                                                                    \
  })
#define GRADIENT_OF(kernel, gradient)                                                                                \
  IF_FLOAT(KERNEL(kernel)(const Extent extent, OUT(T, to), IN(T, va), IN(T, vb), IN(T, vy), IN(T, vdy)) {            \
    EACH {                                                                                                           \
      const T a = AT(va), b = AT(vb), y = AT(vy), dy = AT(vdy);                                                      \
      AT(to) = gradient;                                                                                             \
    }                                                                                                                \
  })
#define GRUS_BINARY(name, value, gradient_a, gradient_b, ...)                     \
  IF_NUMBER(KERNEL(binary_##name)(const Extent extent, OUT(T, to), IN(T, va), IN(T, vb)) { \
    EACH {                                                                              \
      const T a = AT(va), b = AT(vb);                                                   \
      AT(to) = value;                                                                   \
    }                                                                                   \
  })                                                                                    \
  GRADIENT_OF(gradient_a_##name, gradient_a)                                            \
  GRADIENT_OF(gradient_b_##name, gradient_b)
#define GRUS_COMPARE(name, value, ...)                                                           \
  KERNEL(compare_##name)(const Extent extent, OUT(uchar, to), IN(T, va), IN(T, vb)) {       \
    EACH {                                                                                  \
      const T a = AT(va), b = AT(vb);                                                       \
      AT(to) = value;                                                                       \
    }                                                                                       \
  }
