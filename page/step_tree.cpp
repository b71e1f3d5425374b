// Turns the flat list of records into nodes within modules, with time steps folded, as the page's JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/fold.h"
#include "page/step_graph.h"

namespace grus::page {
namespace {

using Json = nlohmann::ordered_json;

Json statistics_json(const std::optional<Statistics>& s) { return s ? Json{s->min, s->max, s->mean, s->bad} : Json(); }

/// Writes one graph. The records of the first repeat stand for those of later ones, and so do their values.
class Writer {
 public:
  Writer(const StepGraph& graph, std::vector<bool>& used_values) : graph_(graph), used_(used_values) {
    std::vector<size_t> keys;
    for (const StepNode& node : graph.nodes) keys.push_back(node.key);
    stands_for_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) stands_for_[i] = i;
    pieces_ = without_short_runs(fold_repeats(keys));
    unify(pieces_, {});
    for (size_t i = 0; i < keys.size(); ++i)
      for (size_t k = 0; k < graph.nodes[i].outputs.size(); ++k)
        made_by_[graph.nodes[i].outputs[k]] = {i, graph.nodes[stands_for_[i]].outputs[k]};
  }

  Json write() { return items(pieces_, 0); }
  /// Writes a twin, which belongs to the module of its fused op as a whole.
  Json write_twin() { return items(pieces_, std::string::npos); }

 private:
  struct Repeat {
    size_t stride, times;
  };
  struct Made {
    size_t node;
    int value;  // the value of the first repeat
  };

  /// Unfolds runs of a few equal ops side by side, which are no time steps and have results of their own.
  static std::vector<Fold> without_short_runs(const std::vector<Fold>& pieces) {
    constexpr size_t short_run = 8;
    std::vector<Fold> kept;
    for (Fold piece : pieces) {
      if (piece.length > 1 || piece.times >= short_run) {
        piece.body = without_short_runs(piece.body);
        kept.push_back(std::move(piece));
      } else {
        for (size_t i = 0; i < piece.times; ++i) kept.push_back({piece.begin + i, 1, 1, {}});
      }
    }
    return kept;
  }

  /// Returns all records that `index` stands for.
  static std::vector<size_t> repeats_of(size_t index, const std::vector<Repeat>& outer) {
    std::vector<size_t> all{index};
    for (const Repeat& repeat : outer) {
      const size_t ones = all.size();
      for (size_t t = 1; t < repeat.times; ++t)
        for (size_t i = 0; i < ones; ++i) all.push_back(all[i] + t * repeat.stride);
    }
    return all;
  }

  void unify(const std::vector<Fold>& pieces, const std::vector<Repeat>& outer) {
    for (const Fold& piece : pieces) {
      if (piece.times > 1) {
        std::vector<Repeat> inner = outer;
        inner.push_back({piece.length, piece.times});
        unify(piece.body, inner);
        continue;
      }
      for (size_t i : repeats_of(piece.begin, outer)) stands_for_[i] = piece.begin;
    }
  }

  /// Returns the scope that all records of a piece share.
  std::string scope_of(const Fold& piece) const {
    std::string shared = graph_.nodes[piece.begin].scope;
    for (size_t i = piece.begin; i < piece.begin + piece.length; ++i) {
      const std::string& scope = graph_.nodes[i].scope;
      while (!shared.empty() && scope != shared && !scope.starts_with(shared + '.'))
        shared.erase(shared.find_last_of('.') == std::string::npos ? 0 : shared.find_last_of('.'));
    }
    return shared;
  }

  /// Neighbours whose scopes go on with the same name after `depth` characters become one module.
  Json items(const std::vector<Fold>& pieces, size_t depth) {
    Json list = Json::array();
    for (size_t i = 0; i < pieces.size();) {
      const std::string name = module_name(pieces[i], depth);
      size_t end = i + 1;
      if (name.empty()) {
        list.push_back(item(pieces[i], depth));
      } else {
        while (end < pieces.size() && module_name(pieces[end], depth) == name) ++end;
        const std::vector<Fold> inside(pieces.begin() + static_cast<ptrdiff_t>(i),
                                       pieces.begin() + static_cast<ptrdiff_t>(end));
        list.push_back({{"kind", "module"}, {"title", name}, {"items", items(inside, depth + name.size() + 1)}});
      }
      i = end;
    }
    return list;
  }

  std::string module_name(const Fold& piece, size_t depth) const {
    const std::string scope = scope_of(piece);
    return scope.size() <= depth ? "" : scope.substr(depth, scope.find('.', depth) - depth);
  }

  Json item(const Fold& piece, size_t depth) {
    if (piece.times == 1) return node(piece.begin);
    repeats_.push_back({piece.length, piece.times});
    Json inside = items(piece.body, depth);
    repeats_.pop_back();
    return {{"kind", "fold"}, {"times", piece.times}, {"items", inside}};
  }

  Json node(size_t index) {
    const StepNode& first = graph_.nodes[index];
    size_t saved = 0;
    int64_t forward = 0, backward = 0;
    Json ins = Json::array(), back = Json::array();
    for (size_t i : repeats_of(index, repeats_)) {
      const StepNode& n = graph_.nodes[i];
      saved += n.saved_bytes;
      forward += n.forward_ns;
      backward += n.backward_ns;
      for (int v : n.inputs) add_input(v, index, i, ins, back);
    }
    Json args = Json::array(), outs = Json::array();
    for (int v : first.inputs) args.push_back(use(v));
    for (int v : first.outputs) outs.push_back(use(v));
    Json node{
        {"kind", "op"}, {"op", first.op->name()}, {"scope", first.scope}, {"args", args},       {"outs", outs},
        {"ins", ins},   {"back", back},           {"saved", saved},       {"forward", forward}, {"backward", backward}};
    if (first.twin) node["twin"] = Writer(*first.twin, used_).write_twin();
    return node;
  }

  /// A value that an earlier repeat made at this place or later comes back: it is the state of a recurrence.
  void add_input(int v, size_t index, size_t repeat, Json& ins, Json& back) {
    if (v < 0) return;
    const auto made = made_by_.find(v);
    const int value = made == made_by_.end() ? v : made->second.value;
    const bool earlier = made != made_by_.end() && repeat != index && stands_for_[made->second.node] >= index;
    Json& list = earlier ? back : ins;
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(use(value));
  }

  int use(int v) {
    if (v >= 0) used_[static_cast<size_t>(v)] = true;
    return v;
  }

  const StepGraph& graph_;
  std::vector<bool>& used_;
  std::vector<Fold> pieces_;
  std::vector<size_t> stands_for_;
  std::unordered_map<int, Made> made_by_;
  std::vector<Repeat> repeats_;
};

}  // namespace

std::string step_json(const StepGraph& graph, const std::vector<StepValue>& values,
                      const std::unordered_map<const Leaf*, std::string>& names) {
  std::vector<bool> used(values.size(), false);
  Json page{{"items", Writer(graph, used).write()}, {"records", graph.nodes.size()}};
  Json& list = page["values"] = Json::object();
  for (size_t v = 0; v < values.size(); ++v) {
    if (!used[v]) continue;
    const StepValue& value = values[v];
    Json entry{{"shape", to_string(value.shape)}, {"dtype", name_of(value.dtype)}};
    if (value.value) entry["value"] = statistics_json(value.value);
    if (value.gradient) entry["gradient"] = statistics_json(value.gradient);
    if (value.parameter) {
      const auto name = names.find(value.parameter.get());
      entry["parameter"] = name == names.end() ? "" : name->second;
    }
    list[std::to_string(v)] = entry;
  }
  return page.dump();
}

}  // namespace grus::page
