// Additive attention (AttentionArgs of the contract), a group for each query. Lanes go over features in teams of TEAM,
// one team for each source step, and then over the columns of what is summed.
#define TEAM 8
#define TEAMS (WIDTH / TEAM)
#define SOURCE(s) (ID(starts, s) + at)

// Returns the sum of a team's numbers to its first lane. Every lane of the group must come here.
DEVICE T team_sum(T mine, SHARED_AT T* all) {
  BARRIER;
  all[LANE] = mine;
  BARRIER;
  T sum = 0;
  if (LANE % TEAM == 0)
    for (int k = 0; k < TEAM; ++k) sum += all[LANE + k];
  return sum;
}

KERNEL(attention)(const long features, const long columns_of_values, const long steps, M_IN(T, query), M_IN(T, keys),
                  M_IN(T, values), M_IN(T, v), M_OUT(T, weights), M_OUT(T, context), IDS(columns), IDS(lengths),
                  IDS(starts)) {
  SHARED T all[WIDTH];
  const long i = GROUP, at = ID(columns, i), given = ID(lengths, i), length = given < steps ? given : steps;
  GLOBAL const T *q = ROW(query, i), *scale = ROW(v, 0);
  GLOBAL T* a = ROW(weights, i);
  for (long from = 0; from < length; from += TEAMS) {
    const long s = from + LANE / TEAM;
    T score = 0;
    if (s < length) {
      GLOBAL const T* key = ROW(keys, SOURCE(s));
      for (long k = LANE % TEAM; k < features; k += TEAM) score += scale[k] * tanh(q[k] + key[k]);
    }
    score = team_sum(score, all);
    if (s < length && LANE % TEAM == 0) a[s] = score;
  }
  BARRIER;
  T largest = T_MIN, sum = 0;
  for (long s = LANE; s < length; s += WIDTH) largest = LARGER(largest, a[s]);
  largest = group_max(largest, all);
  for (long s = LANE; s < length; s += WIDTH) sum += exp(a[s] - largest);
  sum = group_sum(sum, all);
  for (long s = LANE; s < steps; s += WIDTH) a[s] = s < length ? exp(a[s] - largest) / sum : K(0);
  BARRIER;
  for (long c = LANE; c < columns_of_values; c += WIDTH) {
    T total = 0;
    for (long s = 0; s < length; ++s) total += a[s] * ROW(values, SOURCE(s))[c];
    ROW(context, i)[c] = total;
  }
}

// de (rows, steps) is room for the scores' gradients. dv_rows (rows, features) is each query's part of dv, joined
// afterwards. `shared` means that other queries may have this one's source, so that keys and values wait for
// attention_backward_sources.
KERNEL(attention_backward)(const long features, const long columns_of_values, const long steps, M_IN(T, query), M_IN(T, keys),
                           M_IN(T, values), M_IN(T, v), M_IN(T, weights), IDS(columns), IDS(lengths), IDS(starts),
                           M_IN(T, dcontext), M_IN(T, dweights), M_OUT(T, dquery), M_OUT(T, dkeys), M_OUT(T, dvalues),
                           GLOBAL T* de, GLOBAL T* dv_rows, const int shared) {
  SHARED T all[WIDTH];
  const long i = GROUP, at = ID(columns, i), given = ID(lengths, i), length = given < steps ? given : steps;
  GLOBAL const T *q = ROW(query, i), *scale = ROW(v, 0), *a = ROW(weights, i), *dc = ROW(dcontext, i);
  GLOBAL T* e = de + i * steps;
  for (long from = 0; from < length; from += TEAMS) {
    const long s = from + LANE / TEAM;
    T slope = 0;
    if (s < length) {
      GLOBAL const T* value = ROW(values, SOURCE(s));
      for (long c = LANE % TEAM; c < columns_of_values; c += TEAM) slope += dc[c] * value[c];
    }
    slope = team_sum(slope, all);
    if (s < length && LANE % TEAM == 0) e[s] = slope + (PRESENT(dweights) ? ROW(dweights, i)[s] : K(0));
  }
  BARRIER;
  T mean = 0;
  for (long s = LANE; s < length; s += WIDTH) mean += a[s] * e[s];
  mean = group_sum(mean, all);
  for (long s = LANE; s < length; s += WIDTH) e[s] = a[s] * (e[s] - mean);
  BARRIER;
  for (long c = LANE; !shared && PRESENT(dvalues) && c < columns_of_values; c += WIDTH)
    for (long s = 0; s < length; ++s) ROW(dvalues, SOURCE(s))[c] += a[s] * dc[c];
  for (long k = LANE; k < features; k += WIDTH) {
    T dq = 0, dv = 0;
    for (long s = 0; s < length; ++s) {
      const long source = SOURCE(s);
      const T t = tanh(q[k] + ROW(keys, source)[k]), inside = e[s] * scale[k] * (K(1) - t * t);
      dv += e[s] * t;
      dq += inside;
      if (!shared) ROW(dkeys, source)[k] += inside;
    }
    ROW(dquery, i)[k] = dq;
    dv_rows[i * features + k] = dv;
  }
}

// Adds up what all queries give to a row of the keys and values, in their order, a group for each row.
KERNEL(attention_backward_sources)(const long rows, const long features, const long columns_of_values, const long steps,
                                   M_IN(T, query), M_IN(T, keys), M_IN(T, v), M_IN(T, weights), IDS(columns), IDS(lengths),
                                   IDS(starts), M_IN(T, dcontext), M_OUT(T, dkeys), M_OUT(T, dvalues),
                                   GLOBAL const T* de) {
  const long source = GROUP;
  long s = 0, end = steps;  // the last step that begins here or before
  while (end - s > 1) {
    const long middle = s + (end - s) / 2;
    if (ID(starts, middle) <= source) s = middle;
    else end = middle;
  }
  const long column = source - ID(starts, s);
  for (long i = 0; i < rows; ++i) {
    if (ID(columns, i) != column || s >= ID(lengths, i)) continue;
    for (long c = LANE; PRESENT(dvalues) && c < columns_of_values; c += WIDTH)
      ROW(dvalues, source)[c] += ROW(weights, i)[s] * ROW(dcontext, i)[c];
    for (long k = LANE; k < features; k += WIDTH) {
      const T t = tanh(ROW(query, i)[k] + ROW(keys, source)[k]);
      ROW(dkeys, source)[k] += de[i * steps + s] * ROW(v, 0)[k] * (K(1) - t * t);
    }
  }
}

KERNEL(add_rows_up)(const long rows, const long features, GLOBAL const T* each, M_OUT(T, sum)) {
  const long k = ITEM_X;
  if (k >= features) return;
  T total = 0;
  for (long i = 0; i < rows; ++i) total += each[i * features + k];
  ROW(sum, 0)[k] += total;
}
