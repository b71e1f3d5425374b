// Ops that move elements.
#include <fmt/format.h>

#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

using F = std::function<Sample(Choices&, const Sizes&)>;

Sample one(std::string text, const Sizes& sizes, Function f) {
  return {std::move(text), {{shape_of(sizes)}}, std::move(f)};
}

Sample draw_permute(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 6);
  std::vector<int> order;
  for (int axis = 0; axis < static_cast<int>(sizes.size()); ++axis)
    order.insert(order.begin() + choices.in(0, axis), axis);
  if (order.size() == 2) return one("transpose($0)", sizes, [](Xs x) { return transpose(x[0]); });
  return one(fmt::format("permute($0, {{{}}})", fmt::join(order, ", ")), sizes,
             [order](Xs x) { return permute(x[0], std::span<const int>(order)); });
}

Sample draw_slice(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  const int64_t size = sizes[static_cast<size_t>(axis)], begin = choices.in(0, size), step = choices.in(1, 3),
                end = choices.in(begin, size + 1);
  return one(fmt::format("slice($0, {}, {}, {}, {})", axis, begin, end, step), sizes,
             [=](Xs x) { return slice(x[0], axis, begin, end, step); });
}

Sample draw_rows(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int64_t begin = choices.in(0, sizes[0]), end = choices.in(begin, sizes[0]);
  if (begin < end && choices.maybe())
    return one(fmt::format("$0[{}]", begin), sizes, [=](Xs x) { return x[0][begin]; });
  return one(fmt::format("$0.rows({}, {})", begin, end), sizes, [=](Xs x) { return x[0].rows(begin, end); });
}

Sample draw_concat(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  const int64_t parts = choices.in(1, 4);
  std::vector<Input> inputs;
  std::vector<std::string> names;
  for (int64_t i = 0; i < parts; ++i) {
    Sizes part = sizes;
    if (i > 0) part[static_cast<size_t>(axis)] = choices.in(0, 4);
    inputs.push_back({shape_of(part)});
    names.push_back(fmt::format("${}", i));
  }
  return {fmt::format("concat({{{}}}, {})", fmt::join(names, ", "), axis), inputs,
          [axis](Xs x) { return concat(x, axis); }};
}

Sample draw_stack(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 5);
  const auto axis = static_cast<int>(choices.in(0, static_cast<int64_t>(sizes.size())));
  return {fmt::format("stack({{$0, $1, $0}}, {})", axis), {{shape_of(sizes)}, {shape_of(sizes)}}, [axis](Xs x) {
            return stack({x[0], x[1], x[0]}, axis);
          }};
}

Sample draw_chunk(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  const int64_t size = sizes[static_cast<size_t>(axis)], first = choices.in(0, size);
  if (size > 0 && choices.maybe())
    return one(fmt::format("chunk($0, 2, {})", axis), sizes, [=](Xs x) -> Tensors { return chunk(x[0], 2, axis); });
  return one(fmt::format("split($0, {{{}, {}}}, {})", first, size - first, axis), sizes, [=](Xs x) -> Tensors {
    return split(x[0], {first, size - first}, axis);
  });
}

Sample draw_pad(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int64_t before = choices.in(0, 2), after = choices.in(0, 2);
  if (sizes.size() > 1 && choices.maybe())
    return one(fmt::format("pad($0, {{{{{}, 1}}, {{0, {}}}}}, 0.5)", before, after), sizes, [=](Xs x) {
      return pad(x[0], {{before, 1}, {0, after}}, 0.5);
    });
  return one(fmt::format("pad($0, {{{{{}, {}}}}})", before, after), sizes, [=](Xs x) {
    return pad(x[0], {{before, after}});
  });
}

template <Tensor (*Op)(const Tensor&, int64_t, int)>
F times(const char* name) {
  return [name](Choices& choices, const Sizes& like) {
    const Sizes sizes = sizes_like(choices, like, 1, 6);
    const int axis = draw_axis(choices, sizes);
    const int64_t count = choices.in(1, 3);
    return one(fmt::format("{}($0, {}, {})", name, count, axis), sizes, [=](Xs x) { return Op(x[0], count, axis); });
  };
}

Sample draw_flip(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  if (choices.maybe()) return one("flip($0, {})", sizes, [](Xs x) { return flip(x[0], {}); });
  return one(fmt::format("flip($0, {})", axis), sizes, [=](Xs x) { return flip(x[0], axis); });
}

Sample draw_broadcast(Choices& choices, const Sizes& like) {
  const Sizes whole = sizes_like(choices, like, 0, 6);
  const Shape to = shape_of(whole);
  return one(fmt::format("broadcast_to($0, {})", to), draw_narrower(choices, whole),
             [=](Xs x) { return broadcast_to(x[0], to); });
}

Sample draw_unsqueeze(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 5);
  const auto axis = static_cast<int>(choices.in(0, static_cast<int64_t>(sizes.size())));
  if (choices.maybe()) return one("squeeze($0)", sizes, [](Xs x) { return squeeze(x[0]); });
  return one(fmt::format("unsqueeze($0, {})", axis), sizes, [=](Xs x) { return unsqueeze(x[0], axis); });
}

Sample draw_flatten(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int first = draw_axis(choices, sizes);
  if (choices.maybe()) return one("$0.reshape({-1})", sizes, [](Xs x) { return x[0].reshape(Shape{x[0].numel()}); });
  return one(fmt::format("flatten($0, {})", first), sizes, [=](Xs x) { return flatten(x[0], first); });
}

}  // namespace

std::vector<Statement> move_statements() {
  return {{"permute", draw_permute},
          {"slice", draw_slice},
          {"rows", draw_rows},
          {"concat", draw_concat},
          {"stack", draw_stack},
          {"split", draw_chunk},
          {"pad", draw_pad},
          {"repeat", times<repeat>("repeat")},
          {"tile", times<tile>("tile")},
          {"flip", draw_flip},
          {"broadcast_to", draw_broadcast},
          {"squeeze", draw_unsqueeze},
          {"flatten", draw_flatten}};
}

}  // namespace grus::test
