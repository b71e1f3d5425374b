// CTC (CtcArgs of the contract), a group for each sequence, a lane for each of its states. alphas has room for every
// step's states, betas for two steps of each sequence.
DEVICE T log_sum(T a, T b) {
  const T larger = LARGER(a, b);
  return larger == T_MIN ? larger : larger + log1p(exp(-fabs(a - b)));
}

#define LABEL(s) ((s) % 2 ? ID(labels, start + (s) / 2) : blank)
#define SKIPS(s) ((s) % 2 && (s) >= 3 && LABEL(s) != LABEL((s)-2))
#define LOG_PROB(t, s) ROW(log_probs, (t)*batch + sequence)[LABEL(s)]
#define ALPHA(t, s) alphas[((t)*batch + sequence) * most + (s)]
#define BETA(t, s) betas[(2 * sequence + (t) % 2) * most + (s)]

KERNEL(ctc)(const long batch, const long classes, const long steps, const long most, const long blank,
            M_IN(T, log_probs), IDS(labels), IDS(starts), IDS(label_lengths), IDS(step_lengths), M_OUT(T, losses),
            M_OUT(T, gradient), GLOBAL T* alphas, GLOBAL T* betas) {
  const long sequence = GROUP, start = ID(starts, sequence), states = 2 * ID(label_lengths, sequence) + 1;
  const long length = ID(step_lengths, sequence);
  for (long t = 0; t < length; ++t) {
    for (long s = LANE; s < states; s += WIDTH) {
      T sum = T_MIN;
      if (t == 0) {
        sum = s < 2 ? K(0) : T_MIN;
      } else {
        sum = ALPHA(t - 1, s);
        if (s >= 1) sum = log_sum(sum, ALPHA(t - 1, s - 1));
        if (SKIPS(s)) sum = log_sum(sum, ALPHA(t - 1, s - 2));
      }
      ALPHA(t, s) = sum + LOG_PROB(t, s);
    }
    BARRIER;
  }
  T loss = states == 1 ? K(0) : T_MAX;
  if (length > 0) {
    loss = -ALPHA(length - 1, states - 1);
    if (states > 1) loss = -log_sum(-loss, ALPHA(length - 1, states - 2));
  }
  if (LANE == 0) VECTOR(losses, sequence) = loss;
  if (!PRESENT(gradient)) return;
  for (long t = 0; t < steps; ++t)
    for (long c = LANE; c < classes; c += WIDTH) ROW(gradient, t * batch + sequence)[c] = 0;
  if (!(loss < T_MAX)) return;  // every lane has the same loss
  for (long t = length - 1; t >= 0; --t) {
    for (long s = LANE; s < states; s += WIDTH) {
      T sum = s >= states - 2 ? K(0) : T_MIN;
      if (t < length - 1) {
        sum = BETA(t + 1, s) + LOG_PROB(t + 1, s);
        if (s + 1 < states) sum = log_sum(sum, BETA(t + 1, s + 1) + LOG_PROB(t + 1, s + 1));
        if (s + 2 < states && SKIPS(s + 2)) sum = log_sum(sum, BETA(t + 1, s + 2) + LOG_PROB(t + 1, s + 2));
      }
      BETA(t, s) = sum;
      ALPHA(t, s) = exp(ALPHA(t, s) + sum + loss);
    }
    BARRIER;
    // The first state of a label adds up what all of its states give, in their order.
    for (long s = LANE; s < states; s += WIDTH) {
      const long label = LABEL(s);
      int first = 1;
      for (long k = 0; k < s && first; ++k) first = LABEL(k) != label;
      if (!first) continue;
      T sum = 0;
      for (long k = s; k < states; ++k)
        if (LABEL(k) == label) sum += ALPHA(t, k);
      ROW(gradient, t * batch + sequence)[label] = -sum;
    }
  }
}
