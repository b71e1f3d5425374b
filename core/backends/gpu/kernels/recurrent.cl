// The gates of GRU and LSTM steps and their gradients (equations: ops/sequence/gru.h, ops/sequence/lstm.h), an item for each element.
#define PHASE_ALL 0
#define PHASE_RESET_UPDATE 1
#define PHASE_CANDIDATE 2

// Update::keep: h' = z h + (1 - z) n.   Update::replace: h' = (1 - z) h + z n.
#define UPDATED(z, h, n) (replace ? (K(1) - (z)) * (h) + (z) * (n) : (z) * (h) + (K(1) - (z)) * (n))

KERNEL(gru_gates)(const long rows, const long hidden, const int phase, const int replace, M_IN(T, gx), M_IN(T, gh), M_IN(T, h),
                  M_OUT(T, gates), M_OUT(T, hidden_n), M_OUT(T, y)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL const T *x = ROW(gx, i) + j, *s = ROW(gh, i) + j;
      GLOBAL T* gate = ROW(gates, i) + j;
      const T state = ROW(h, i)[j];
      if (phase != PHASE_CANDIDATE) {
        gate[0] = sigmoid(x[0] + s[0]);
        gate[hidden] = sigmoid(x[hidden] + s[hidden]);
      }
      const T r = gate[0], z = gate[hidden];
      if (phase == PHASE_RESET_UPDATE) {
        ROW(y, i)[j] = r * state;
        continue;
      }
      T n;
      if (phase == PHASE_ALL) {
        n = tanh(x[2 * hidden] + r * s[2 * hidden]);
        ROW(hidden_n, i)[j] = s[2 * hidden];
      } else {
        n = tanh(x[2 * hidden] + ROW(hidden_n, i)[j]);
      }
      gate[2 * hidden] = n;
      ROW(y, i)[j] = UPDATED(z, state, n);
    }
}

KERNEL(gru_gates_backward)(const long rows, const long hidden, const int phase, const int replace, M_IN(T, gates),
                           M_IN(T, hidden_n), M_IN(T, h), M_IN(T, dy), M_OUT(T, dgx), M_OUT(T, dgh), M_OUT(T, dh)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL const T* gate = ROW(gates, i) + j;
      GLOBAL T *dx = ROW(dgx, i) + j, *ds = ROW(dh, i) + j;
      const T r = gate[0], state = ROW(h, i)[j], slope = PRESENT(dy) ? ROW(dy, i)[j] : K(0);
      if (phase == PHASE_RESET_UPDATE) {  // slope is the gradient of r h
        dx[0] = slope * state * r * (K(1) - r);
        *ds += r * slope;
        continue;
      }
      const T z = gate[hidden], n = gate[2 * hidden], g = *ds + slope;
      const T to_h = replace ? K(1) - z : z;  // h' = to_h h + (1 - to_h) n
      const T dz = (replace ? g * (n - state) : g * (state - n)) * z * (K(1) - z);
      const T dn = g * (K(1) - to_h) * (K(1) - n * n);
      *ds = g * to_h;
      dx[hidden] = dz;
      dx[2 * hidden] = dn;
      if (phase == PHASE_CANDIDATE) continue;
      GLOBAL T* dhidden = ROW(dgh, i) + j;
      const T dr = dn * ROW(hidden_n, i)[j] * r * (K(1) - r);
      dx[0] = dr;
      dhidden[0] = dr;
      dhidden[hidden] = dz;
      dhidden[2 * hidden] = r * dn;
    }
}

// A whole step: the state that came in, its product with U^T (hidden, 3 hidden) and the gates.
KERNEL(gru_step)(const long rows, const long hidden, const int replace, const long carried_rows, M_IN(T, carried), M_IN(T, fresh),
                 M_IN(T, weight), M_IN(T, bias), M_IN(T, gx), M_OUT(T, h), M_OUT(T, gates), M_OUT(T, hidden_n), M_OUT(T, y)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL const T *from = i < carried_rows ? ROW(carried, i) : PRESENT(fresh) ? ROW(fresh, i - carried_rows) : 0, *x = ROW(gx, i) + j;
      GLOBAL T* gate = ROW(gates, i) + j;
      T sum_r = K(0), sum_z = K(0), sum_n = K(0);
      for (long k = 0; from && k < hidden; ++k) {
        GLOBAL const T* w = ROW(weight, k) + j;
        sum_r += from[k] * w[0];
        sum_z += from[k] * w[hidden];
        sum_n += from[k] * w[2 * hidden];
      }
      if (PRESENT(bias)) {
        GLOBAL const T* b = ROW(bias, 0) + j;
        sum_r += b[0];
        sum_z += b[hidden];
        sum_n += b[2 * hidden];
      }
      const T r = sigmoid(x[0] + sum_r), z = sigmoid(x[hidden] + sum_z), n = tanh(x[2 * hidden] + r * sum_n);
      const T state = from ? from[j] : K(0);
      gate[0] = r;
      gate[hidden] = z;
      gate[2 * hidden] = n;
      ROW(hidden_n, i)[j] = sum_n;
      ROW(h, i)[j] = state;
      ROW(y, i)[j] = UPDATED(z, state, n);
    }
}

// Its gradient; `later` is that of the products of the step that came after, on its rows.
KERNEL(gru_step_backward)(const long rows, const long hidden, const int replace, const long later_rows, M_IN(T, later), M_IN(T, weight),
                          M_IN(T, gates), M_IN(T, hidden_n), M_IN(T, h), M_IN(T, dy), M_OUT(T, dgx), M_OUT(T, dgh), M_OUT(T, dh)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL const T* gate = ROW(gates, i) + j;
      GLOBAL T *dx = ROW(dgx, i) + j, *dhidden = ROW(dgh, i) + j, *ds = ROW(dh, i) + j;
      const T r = gate[0], z = gate[hidden], n = gate[2 * hidden], state = ROW(h, i)[j];
      T g = *ds + (PRESENT(dy) ? ROW(dy, i)[j] : K(0));
      if (i < later_rows) {
        T sum = K(0);
        for (long k = 0; k < 3 * hidden; ++k) sum += ROW(later, i)[k] * ROW(weight, k)[j];
        g += sum;
      }
      const T to_h = replace ? K(1) - z : z;  // h' = to_h h + (1 - to_h) n
      const T dz = (replace ? g * (n - state) : g * (state - n)) * z * (K(1) - z);
      const T dn = g * (K(1) - to_h) * (K(1) - n * n), dr = dn * ROW(hidden_n, i)[j] * r * (K(1) - r);
      *ds = g * to_h;
      dx[0] = dhidden[0] = dr;
      dx[hidden] = dhidden[hidden] = dz;
      dx[2 * hidden] = dn;
      dhidden[2 * hidden] = r * dn;
    }
}

KERNEL(lstm_gates)(const long rows, const long hidden, M_OUT(T, gates), M_IN(T, c), M_OUT(T, c_new), M_OUT(T, y)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL T* gate = ROW(gates, i) + j;
      const T in = sigmoid(gate[0]), keep = sigmoid(gate[hidden]), g = tanh(gate[2 * hidden]),
              out = sigmoid(gate[3 * hidden]), cell = keep * ROW(c, i)[j] + in * g;
      gate[0] = in;
      gate[hidden] = keep;
      gate[2 * hidden] = g;
      gate[3 * hidden] = out;
      ROW(c_new, i)[j] = cell;
      ROW(y, i)[j] = out * tanh(cell);
    }
}

KERNEL(lstm_gates_backward)(const long rows, const long hidden, M_IN(T, gates), M_IN(T, c), M_IN(T, c_new), M_IN(T, dh),
                            M_IN(T, dy), M_OUT(T, dsums), M_OUT(T, dc)) {
  const long j = ITEM_X;
  if (j < hidden) EACH_ROW(rows) {
      GLOBAL const T* gate = ROW(gates, i) + j;
      GLOBAL T* ds = ROW(dsums, i) + j;
      const T in = gate[0], keep = gate[hidden], g = gate[2 * hidden], out = gate[3 * hidden];
      const T slope = ROW(dh, i)[j] + (PRESENT(dy) ? ROW(dy, i)[j] : K(0)), tanh_c = tanh(ROW(c_new, i)[j]);
      const T dcell = ROW(dc, i)[j] + slope * out * (K(1) - tanh_c * tanh_c);
      ds[0] = dcell * g * in * (K(1) - in);
      ds[hidden] = dcell * ROW(c, i)[j] * keep * (K(1) - keep);
      ds[2 * hidden] = dcell * in * (K(1) - g * g);
      ds[3 * hidden] = slope * tanh_c * out * (K(1) - out);
      ROW(dc, i)[j] = dcell * keep;
    }
}
