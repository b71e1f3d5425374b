// Additive attention over packed memory rows, and its gradient.
#include <algorithm>
#include <cmath>

#include "tests/core/backends/harness.h"
#include "tests/support/threads.h"

using namespace grus;
using namespace grus::test;

namespace {

/// A case is a batch of source sequences (longest first) as packed rows, and queries that look at them.
struct Case {
  Sizes source_lengths;  // longest first
  Sizes columns;         // for each query: which source it looks at
  int64_t attention, context;
  DType dtype = DType::f64;
  Sizes cut = {};  // lengths that the queries see, if not their sources'

  /// Tells whether two queries look at one source.
  bool shared() const {
    Sizes sorted = columns;
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  }
  int64_t steps() const { return source_lengths.empty() ? 0 : source_lengths[0]; }
  int64_t rows() const { return static_cast<int64_t>(columns.size()); }
  /// Returns where step s of the packed rows starts.
  int64_t start(int64_t s) const {
    int64_t total = 0;
    for (int64_t length : source_lengths) total += std::min(length, s);
    return total;
  }
  int64_t packed() const { return start(steps()); }
  int64_t length(size_t i) const { return cut.empty() ? source_lengths[static_cast<size_t>(columns[i])] : cut[i]; }
};

struct Inputs {
  Values query, keys, values, v;
};
Inputs inputs_of(const Case& c) {
  return {spread(c.rows() * c.attention, 1), spread(c.packed() * c.attention, 2), spread(c.packed() * c.context, 3),
          spread(c.attention, 4, -2, 2)};
}

Values doubles(const Sizes& x) { return Values(x.begin(), x.end()); }

/// Holds everything that a call needs, on one backend.
struct Memory {
  const Backend& backend;
  const Case& c;
  Array query, keys, values, v, weights, context, columns, lengths, starts;
  Memory(const Backend& backend, const Case& c, const Inputs& in)
      : backend(backend),
        c(c),
        query(backend, c.dtype, in.query),
        keys(backend, c.dtype, in.keys),
        values(backend, c.dtype, in.values),
        v(backend, c.dtype, in.v),
        weights(backend, c.dtype, Values(static_cast<size_t>(c.rows() * c.steps()), 9)),
        context(backend, c.dtype, Values(static_cast<size_t>(c.rows() * c.context), 9)),
        columns(backend, DType::i64, doubles(c.columns)),
        lengths(backend, DType::i64, lengths_of(c)),
        starts(backend, DType::i64, starts_of(c)) {}
  static Values lengths_of(const Case& c) {
    Values lengths;
    for (size_t i = 0; i < c.columns.size(); ++i) lengths.push_back(static_cast<double>(c.length(i)));
    return lengths;
  }
  static Values starts_of(const Case& c) {
    Values starts;
    for (int64_t s = 0; s < c.steps(); ++s) starts.push_back(static_cast<double>(c.start(s)));
    return starts;
  }
  AttentionArgs args() const {
    return {query.matrix(c.rows(), c.attention),
            keys.matrix(c.packed(), c.attention),
            values.matrix(c.packed(), c.context),
            v.row(),
            weights.matrix(c.rows(), c.steps()),
            context.matrix(c.rows(), c.context),
            columns.row(),
            lengths.row(),
            starts.row()};
  }
};

struct Outputs {
  Values weights, context;
};
Outputs forward(const Backend& backend, const Case& c, const Inputs& in) {
  const Memory memory(backend, c, in);
  CHECK(backend.table.attention(backend.context, memory.args()) == Status::ok);
  return {memory.weights.values(), memory.context.values()};
}

struct Gradients {
  Values query, keys, values, v;
};
Gradients backward(const Backend& backend, const Case& c, const Inputs& in, const Values& dcontext,
                   const Values& dweights, bool want_values = true) {
  const Memory memory(backend, c, in);
  AttentionBackwardArgs args{};
  args.forward = memory.args();
  CHECK(backend.table.attention(backend.context, args.forward) == Status::ok);
  const Array pdcontext(backend, c.dtype, dcontext), pdweights(backend, c.dtype, dweights);
  const Array dquery(backend, c.dtype, Values(in.query.size(), 9)), dkeys(backend, c.dtype, Values(in.keys.size(), 1)),
      dvalues(backend, c.dtype, Values(in.values.size(), 1)), dv(backend, c.dtype, Values(in.v.size(), 1));
  args.dcontext = pdcontext.matrix(c.rows(), c.context);
  if (!dweights.empty()) args.dweights = pdweights.matrix(c.rows(), c.steps());
  args.dquery = dquery.matrix(c.rows(), c.attention);
  args.dkeys = dkeys.matrix(c.packed(), c.attention);
  if (want_values) args.dvalues = dvalues.matrix(c.packed(), c.context);
  args.dv = dv.row();
  args.shared = c.shared();
  CHECK(backend.table.attention_backward(backend.context, args) == Status::ok);
  const auto less_one = [](Values x) {  // the memory held 1 before: gradients are added
    for (double& value : x) value -= 1;
    return x;
  };
  return {dquery.values(), less_one(dkeys.values()), less_one(dvalues.values()), less_one(dv.values())};
}

bool has_attention(const Backend& backend) { return backend.table.attention && backend.table.attention_backward; }

}  // namespace

TEST_CASE("attention: the equations, for queries of lengths 0, 1 and all, two of which share a source") {
  // Two sources of 2 and 1 steps are packed as rows (0, source 0), (0, source 1), (1, source 0).
  const Case c{{2, 1}, {0, 1, 0, 0}, 1, 2, DType::f64, {2, 1, 0, 1}};
  const Inputs in{{0.5, -1, 3, 0.25}, {0.2, 0.7, -0.4}, {1, 2, 3, 4, 5, 6}, {2}};
  const double e0 = std::exp(2 * std::tanh(0.7)), e1 = std::exp(2 * std::tanh(0.1));
  const double a = e0 / (e0 + e1), b = e1 / (e0 + e1);
  for (const Backend& backend : backends()) {
    if (!has_attention(backend)) continue;
    for (DType dtype : float_types) {
      Case typed = c;
      typed.dtype = dtype;
      const Outputs out = forward(backend, typed, in);
      const double tolerance = tolerance_of(dtype, 1e-6, 1e-14);
      check_near(out.weights, {a, b, 1, 0, 0, 0, 1, 0}, tolerance, "weights");
      check_near(out.context, {a + 5 * b, 2 * a + 6 * b, 3, 4, 0, 0, 1, 2}, tolerance, "context");
    }
  }
}

TEST_CASE("attention: gradients of every input are slopes, through the context and through the weights") {
  const Case c{{4, 2, 1}, {1, 0, 2}, 3, 2, DType::f64, {2, 4, 0}};
  const Inputs in = inputs_of(c);
  const Values dcontext = spread(c.rows() * c.context, 7), all_dweights = spread(c.rows() * c.steps(), 8);
  for (const Backend& backend : backends()) {
    if (!has_attention(backend)) continue;
    for (const Values& dweights : {Values{}, all_dweights}) {
      const Gradients grads = backward(backend, c, in, dcontext, dweights);
      const auto loss = [&](Values Inputs::*which) {
        return [&, which](const Values& at) {
          Inputs moved = in;
          moved.*which = at;
          const Outputs out = forward(backend, c, moved);
          return dot(out.context, dcontext) + (dweights.empty() ? 0 : dot(out.weights, dweights));
        };
      };
      check_gradient(loss(&Inputs::query), in.query, grads.query, "query");
      check_gradient(loss(&Inputs::keys), in.keys, grads.keys, "keys");
      check_gradient(loss(&Inputs::values), in.values, grads.values, "values");
      check_gradient(loss(&Inputs::v), in.v, grads.v, "v");
    }
  }
}

TEST_CASE("attention: gradients are slopes where queries share a source, or look at parts of it") {
  const std::vector<Case> cases = {{{3, 2}, {0, 0, 0}, 3, 2},
                                   {{3, 2, 2, 1}, {1, 2, 1}, 3, 2},
                                   {{4, 2, 1}, {0, 2, 0, 1, 0}, 3, 2, DType::f64, {4, 1, 2, 0, 3}}};
  for (const Backend& backend : backends())
    for (const Case& c : cases) {
      if (!has_attention(backend)) continue;
      const Inputs in = inputs_of(c);
      const Values dcontext = spread(c.rows() * c.context, 7);
      const Gradients grads = backward(backend, c, in, dcontext, {});
      const auto loss = [&](Values Inputs::*which) {
        return [&, which](const Values& at) {
          Inputs moved = in;
          moved.*which = at;
          return dot(forward(backend, c, moved).context, dcontext);
        };
      };
      check_gradient(loss(&Inputs::query), in.query, grads.query, "query");
      check_gradient(loss(&Inputs::keys), in.keys, grads.keys, "keys");
      check_gradient(loss(&Inputs::values), in.values, grads.values, "values");
      check_gradient(loss(&Inputs::v), in.v, grads.v, "v");
    }
}

TEST_CASE("attention: the same bits on any number of threads, and the reference's gradients, with shared sources") {
  if (!has_attention(backends().back())) return;
  const auto queries = [](int64_t rows, int64_t sources) {
    Sizes columns;
    for (int64_t i = 0; i < rows; ++i) columns.push_back(i * 5 % sources);
    return columns;
  };
  const Sizes lengths = {19, 17, 17, 8, 1};
  const Threads restored(1);
  for (DType dtype : float_types)
    for (const Sizes& columns : {queries(64, 1), queries(5, 2), queries(64, 3), queries(33, 5)})
      for (bool want_values : {true, false}) {
        const Case c{lengths, columns, 133, 67, dtype};
        const Inputs in = inputs_of(c);
        const auto gradients = [&](const Backend& backend) {
          const Gradients g =
              backward(backend, c, in, spread(c.rows() * c.context, 7), spread(c.rows() * c.steps(), 8), want_values);
          return joined({g.query, g.keys, g.values, g.v});
        };
        check_agreement(tolerance_of(dtype, 1e-4, 1e-11), "shared sources", gradients);
        for (const Backend& backend : backends()) {
          set_num_threads(1);
          const Values alone = gradients(backend);
          for (int threads : {2, 3, 5, 5})
            for (int again = 0; again < 3; ++again) {
              set_num_threads(threads);
              check_near(gradients(backend), alone, 0, fmt::format("{} threads, {}", threads, backend.table.name));
            }
        }
      }
}

TEST_CASE("attention: values whose gradient is not wanted keep theirs") {
  const Case c{{3, 2}, {0, 1}, 2, 2};
  for (const Backend& backend : backends()) {
    if (!has_attention(backend)) continue;
    const Gradients with = backward(backend, c, inputs_of(c), spread(4, 7), {}),
                    without = backward(backend, c, inputs_of(c), spread(4, 7), {}, false);
    check_near(without.values, Values(with.values.size(), 0), 0, "values");
    check_near(joined({without.query, without.keys, without.v}), joined({with.query, with.keys, with.v}), 1e-14,
               "the others");
  }
}

TEST_CASE("attention: scores of any size do not overflow") {
  const Case c{{2}, {0}, 1, 1};
  for (const Backend& backend : backends()) {
    if (!has_attention(backend)) continue;
    const Outputs out = forward(backend, c, {{0}, {50, -50}, {3, 4}, {5000}});
    check_near(joined({out.weights, out.context}), {1, 0, 3}, 1e-14, backend.table.name);
  }
}

TEST_CASE("attention: backends agree on widths around the edges of vectors, ragged lengths and shared sources") {
  if (!has_attention(backends().back())) return;
  const std::vector<std::pair<Sizes, Sizes>> batches = {
      {{3}, {0}}, {{7, 7, 4, 1}, {2, 0, 3, 1}}, {{20, 9, 9, 2, 1}, {4, 3, 2, 1, 0}}};
  for (DType dtype : float_types)
    for (int64_t attention : {1, 15, 16, 17, 33, 200})
      for (int64_t context : {1, 16, 33, 400})
        for (const auto& [lengths, columns] : batches) {
          const Case c{lengths, columns, attention, context, dtype};
          const Inputs in = inputs_of(c);
          const std::string what = fmt::format("{} keys, {} values, {}", attention, context, name_of(dtype));
          check_agreement(tolerance_of(dtype, 2e-5, 1e-12), what, [&](const Backend& backend) {
            const Outputs out = forward(backend, c, in);
            const Gradients g = backward(backend, c, in, spread(c.rows() * context, 7),
                                         attention % 2 ? spread(c.rows() * c.steps(), 8) : Values{});
            return joined({out.weights, out.context, g.query, g.keys, g.values, g.v});
          });
        }
  for (DType dtype : float_types)
    check_agreement(tolerance_of(dtype, 1e-5, 1e-12), "a beam", [&](const Backend& backend) {
      const Case c{{9, 5}, {0, 0, 0, 1, 1, 1, 1}, 17, 33, dtype, {9, 9, 9, 5, 0, 5, 1}};
      const Outputs out = forward(backend, c, inputs_of(c));
      return joined({out.weights, out.context});
    });
}
