// Random numbers (RandomArgs of the contract) and the optimizers' steps (UpdateArgs, and what each adds to it).

// Philox4x32-10 (Salmon et al. 2011).
DEVICE void philox(uint* counter, uint key0, uint key1) {
  for (int round = 0; round < 10; ++round) {
    const uint high0 = MULTIPLY_HIGH(0xD2511F53u, counter[0]), low0 = 0xD2511F53u * counter[0];
    const uint high1 = MULTIPLY_HIGH(0xCD9E8D57u, counter[2]), low1 = 0xCD9E8D57u * counter[2];
    counter[0] = high1 ^ counter[1] ^ key0;
    counter[1] = low1;
    counter[2] = high0 ^ counter[3] ^ key1;
    counter[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

#ifndef T_FLOAT
// Draws integers low + floor(bits range 2^-32); range is at most 2^32. An item is one block of four elements of one row.
KERNEL(draw_integers)(const long rows, const long cols, M_OUT(T, y), IDS(row_ids), const ulong seed, const ulong number,
                      const long low, const ulong range) {
  EACH_ROW(rows) {
    const ulong begin = (ulong)((PRESENT(row_ids) ? ID(row_ids, i) : i) * cols), end = begin + (ulong)cols;
    const ulong block = begin / 4 + (ulong)ITEM_X;
    if (4 * block >= end) continue;
    uint lanes[4] = {(uint)block, (uint)(block >> 32), (uint)number, (uint)(number >> 32)};
    philox(lanes, (uint)seed, (uint)(seed >> 32));
    for (uint lane = 0; lane < 4; ++lane) {
      const ulong element = 4 * block + lane;
      if (element < begin || element >= end) continue;
      ROW(y, i)[element - begin] = (T)(low + (long)((ulong)lanes[lane] * range >> 32));
    }
  }
}
#else
DEVICE T unit(uint bits) { return (T)(bits >> 8) * K(5.9604644775390625e-8); }  // 2^-24

// An item is one block of four elements of one row. keep_mask gives 0 where the upper 24 bits are < `below`.
KERNEL(draw)(const long rows, const long cols, const int kind, M_OUT(T, y), IDS(row_ids), const ulong seed, const ulong number,
             const T low, const T high, const uint below) {
  EACH_ROW(rows) {
    const ulong begin = (ulong)((PRESENT(row_ids) ? ID(row_ids, i) : i) * cols), end = begin + (ulong)cols;
    const ulong block = begin / 4 + (ulong)ITEM_X;
    if (4 * block >= end) continue;
    uint lanes[4] = {(uint)block, (uint)(block >> 32), (uint)number, (uint)(number >> 32)};
    philox(lanes, (uint)seed, (uint)(seed >> 32));
    for (uint lane = 0; lane < 4; ++lane) {
      const ulong element = 4 * block + lane;
      if (element < begin || element >= end) continue;
      T result;
      if (kind == 0) {
        result = low + (high - low) * unit(lanes[lane]);
      } else if (kind == 1) {
        const uint first = lane & ~1u;
        const T radius = sqrt(K(-2) * log(unit(lanes[first]) + K(5.9604644775390625e-8)));
        const T angle = K(2) * unit(lanes[first + 1]);  // in half turns
        result = low + high * radius * (lane == first ? cospi(angle) : sinpi(angle));
      } else {
        result = (lanes[lane] >> 8) < below ? K(0) : high;
      }
      ROW(y, i)[element - begin] = result;
    }
  }
}

// UPDATE holds the arguments that every optimizer's step takes; rest is 1 - average_decay. UPDATE_BEGIN leaves the
// value x and the gradient g of an item's element i, UPDATE_END takes the step from them.
#define UPDATE                                                                                                              \
  const long count, M_OUT(T, value), M_IN(T, grad), M_OUT(T, average), M_IN(T, factor), const T grad_scale, const T lr, \
      const T weight_decay, const T shrink, const T rest
#define UPDATE_BEGIN                                       \
  const long i = ITEM_X;                                   \
  const T more = PRESENT(factor) ? ROW(factor, 0)[0] : K(1); \
  if (i >= count || !(more < 0 || more > 0)) return;       \
  T x = ROW(value, 0)[i] * shrink;                         \
  const T g = ROW(grad, 0)[i] * (grad_scale * more) + weight_decay * x;
#define UPDATE_END(step)      \
  x -= lr * (step);           \
  ROW(value, 0)[i] = x;       \
  if (PRESENT(average)) ROW(average, 0)[i] += rest * (x - ROW(average, 0)[i]);

KERNEL(sgd)(UPDATE, M_OUT(T, momentum), const T decay, const int nesterov) {
  UPDATE_BEGIN
  T step = g;
  if (PRESENT(momentum)) {
    const T m = decay * ROW(momentum, 0)[i] + g;
    ROW(momentum, 0)[i] = m;
    step = nesterov ? g + decay * m : m;
  }
  UPDATE_END(step)
}

KERNEL(adam)(UPDATE, M_OUT(T, first), M_OUT(T, second), const T beta1, const T rest1, const T beta2, const T rest2, const T eps,
             const T bias1, const T bias2) {
  UPDATE_BEGIN
  const T m = beta1 * ROW(first, 0)[i] + rest1 * g, v = beta2 * ROW(second, 0)[i] + rest2 * g * g;
  ROW(first, 0)[i] = m;
  ROW(second, 0)[i] = v;
  UPDATE_END(m / bias1 / (sqrt(v / bias2) + eps))
}

KERNEL(adadelta)(UPDATE, M_OUT(T, squares), M_OUT(T, steps), const T rho, const T rest1, const T eps) {
  UPDATE_BEGIN
  const T s = rho * ROW(squares, 0)[i] + rest1 * g * g, u = ROW(steps, 0)[i];
  const T step = sqrt(u + eps) / sqrt(s + eps) * g;
  ROW(squares, 0)[i] = s;
  ROW(steps, 0)[i] = rho * u + rest1 * step * step;
  UPDATE_END(step)
}
#endif
