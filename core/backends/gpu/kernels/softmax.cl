// Masked softmax and its gradient, and softmax cross-entropy, a group for each row.
KERNEL(softmax)(const Extent extent, OUT(T, y), IN(T, x), IN(uchar, mask), const int logarithm) {
  SHARED T all[WIDTH];
  const long row = GROUP;
  GLOBAL const T* from = x_data + row_at(row, extent, x_at);
  GLOBAL T* to = y_data + row_at(row, extent, y_at);
  GLOBAL const uchar* chosen = mask_data + (PRESENT(mask) ? row_at(row, extent, mask_at) : 0);
#define COUNTS(j) (!PRESENT(mask) || chosen[(j)*mask_at.step])
  T largest = T_MIN;
  for (long j = LANE; j < extent.cols; j += WIDTH)
    if (COUNTS(j)) largest = LARGER(largest, from[j * x_at.step]);
  largest = group_max(largest, all);
  const int any = largest != T_MIN;
  T sum = 0;
  for (long j = LANE; j < extent.cols; j += WIDTH)
    if (any && COUNTS(j)) sum += exp(from[j * x_at.step] - largest);
  sum = group_sum(sum, all);
  for (long j = LANE; j < extent.cols; j += WIDTH) {
    T result = logarithm ? T_MIN : K(0);
    if (any && COUNTS(j)) {
      const T shifted = from[j * x_at.step] - largest;
      result = logarithm ? shifted - log(sum) : exp(shifted) / sum;
    }
    to[j * y_at.step] = result;
  }
}

// dx = y (dy - sum_k y_k dy_k);   logarithm: dx = dy - exp(y) sum_k dy_k, over the entries that are not -inf.
KERNEL(softmax_gradient)(const Extent extent, OUT(T, dx), IN(T, y), IN(T, dy), const int logarithm) {
  SHARED T all[WIDTH];
  const long row = GROUP;
  GLOBAL const T *value = y_data + row_at(row, extent, y_at), *slope = dy_data + row_at(row, extent, dy_at);
  GLOBAL T* to = dx_data + row_at(row, extent, dx_at);
  T sum = 0;
  for (long j = LANE; j < extent.cols; j += WIDTH) {
    const T y = value[j * y_at.step], dy = slope[j * dy_at.step];
    sum += logarithm ? (y == T_MIN ? K(0) : dy) : y * dy;
  }
  sum = group_sum(sum, all);
  for (long j = LANE; j < extent.cols; j += WIDTH) {
    const T y = value[j * y_at.step], dy = slope[j * dy_at.step];
    to[j * dx_at.step] = !logarithm ? y * (dy - sum) : y == T_MIN ? K(0) : dy - exp(y) * sum;
  }
}

// Cross-entropy is as CrossEntropyArgs of the contract says.
KERNEL(cross_entropy)(const long classes, M_OUT(T, logits), IDS(targets), M_OUT(T, losses), M_OUT(T, nlls), M_IN(T, weight),
                      const T smoothing, const T row_scale, const long ignore, const int gradient, GLOBAL int* fault) {
  SHARED T all[WIDTH];
  const long i = GROUP, target = ID(targets, i);
  GLOBAL T* x = ROW(logits, i);
  const int valid = target >= 0 && target < classes, counts = valid && target != ignore;
  if (!valid && target != ignore) *fault = 1;
  T largest = T_MIN;
  for (long j = LANE; j < classes; j += WIDTH) largest = LARGER(largest, x[j]);
  largest = group_max(largest, all);
  const int none = largest == T_MIN;  // a row of -inf alone: every p is 0
  const T shift = none ? K(0) : largest;
  T sum = 0;
  for (long j = LANE; j < classes; j += WIDTH) sum += exp(x[j] - shift);
  const T log_sum = log(group_sum(sum, all)), even = smoothing / (T)classes;  // of x - shift, so that large logits lose nothing
#define LOG_P(j) (none ? T_MIN : x[j] - shift - log_sum)
#define WEIGHT(j) (PRESENT(weight) ? VECTOR(weight, j) : K(1))
  T rest = 0, weights = 0;
  if (smoothing > K(0))
    for (long j = LANE; j < classes; j += WIDTH) rest -= WEIGHT(j) * LOG_P(j), weights += WEIGHT(j);
  rest = group_sum(rest, all);
  const T one = (K(1) - smoothing) * (valid ? WEIGHT(target) : K(0));  // what the target counts
  const T total = PRESENT(weight) ? one + even * group_sum(weights, all) : K(1);
  const T nll = counts ? -LOG_P(target) : K(0);
  BARRIER;  // before x[target] changes
  for (long j = LANE; gradient && j < classes; j += WIDTH) {
    const T q = even * WEIGHT(j) + (j == target ? one : K(0));
    x[j] = counts ? row_scale * (exp(LOG_P(j)) * total - q) : K(0);
  }
  if (LANE > 0) return;
  const T hard = smoothing < K(1) ? one * nll : K(0), soft = smoothing > K(0) ? even * rest : K(0);
  VECTOR(losses, i) = counts ? row_scale * (hard + soft) : K(0);
  if (PRESENT(nlls)) VECTOR(nlls, i) = nll;
}
