// The extension module grus._grus: the C API as a class of Python.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>

#include "deploy/c/grus_c.h"

namespace nb = nanobind;

namespace {

using Lines = std::vector<std::string>;
using Floats = nb::ndarray<nb::numpy, float>;
using Values = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Answers = std::unique_ptr<grus_answers, void (*)(grus_answers*)>;

// Python's own exceptions say the sentence of the library.
void check(grus_status status) {
  switch (status) {
    case GRUS_OK:
      return;
    case GRUS_USAGE:
      throw nb::value_error(grus_error());
    case GRUS_DATA:
      PyErr_SetString(PyExc_OSError, grus_error());
      throw nb::python_error();
    default:
      PyErr_SetString(PyExc_RuntimeError, grus_error());
      throw nb::python_error();
  }
}

std::vector<const char*> pointers(const Lines& lines) {
  std::vector<const char*> all;
  for (const std::string& line : lines) all.push_back(line.c_str());
  return all;
}

// An array of NumPy's that owns its numbers.
Floats array_of(std::unique_ptr<std::vector<float>> numbers, std::initializer_list<size_t> shape) {
  float* const data = numbers->data();
  const nb::capsule owner(numbers.release(), [](void* p) noexcept { delete static_cast<std::vector<float>*>(p); });
  return Floats(data, shape, owner);
}

struct Translation {
  std::string text;
  double log_probability;
  Lines source, target;
  Floats attention;
};

/// A model; other threads of Python run while it computes.
class Model {
 public:
  explicit Model(const std::string& path) {
    check(released([&] { return grus_open(path.c_str(), &model_); }));
  }
  Model(const nb::bytes& pack, const std::string& name) {
    check(grus_open_memory(pack.c_str(), pack.size(), name.c_str(), &model_));
  }
  ~Model() { grus_close(model_); }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::string task() const { return grus_task(model_); }
  void set(const std::string& flag, const std::string& value) { check(grus_set(model_, flag.c_str(), value.c_str())); }
  std::string get(const std::string& flag) {
    const char* value = grus_get(model_, flag.c_str());
    if (!value) throw nb::value_error(grus_error());
    return value;
  }

  Lines run(const Lines& lines) {
    const Answers answers = ask(grus_run, lines);
    return texts(answers.get());
  }
  std::vector<Translation> translate(const Lines& lines) {
    const Answers answers = ask(grus_translate, lines);
    std::vector<Translation> all;
    for (size_t i = 0; i < grus_answer_count(answers.get()); ++i) all.push_back(translation(answers.get(), i));
    return all;
  }
  Floats classify(const Lines& lines) {
    const size_t classes = grus_class_count(model_);
    auto numbers = std::make_unique<std::vector<float>>(lines.size() * classes);
    const std::vector<const char*> all = pointers(lines);
    check(released([&] { return grus_classify(model_, all.data(), all.size(), numbers->data()); }));
    return array_of(std::move(numbers), {lines.size(), classes});
  }
  Lines classes() const {
    Lines names;
    for (size_t i = 0; i < grus_class_count(model_); ++i) names.emplace_back(grus_class_name(model_, i));
    return names;
  }
  Lines columns() const {
    size_t count = 0;
    check(grus_forecast_sizes(model_, nullptr, nullptr, &count));
    Lines names;
    for (size_t i = 0; i < count; ++i) names.emplace_back(grus_column_name(model_, i));
    return names;
  }
  Floats forecast(const Values& values, const std::optional<Lines>& dates) {
    size_t horizon = 0, columns = 0;
    check(grus_forecast_sizes(model_, nullptr, &horizon, &columns));
    if (values.shape(1) != columns)
      throw nb::value_error(("[forecast] need (rows, " + std::to_string(columns) + ") numbers, got " +
                             std::to_string(values.shape(1)) + " columns")
                                .c_str());
    if (dates && dates->size() != values.shape(0))
      throw nb::value_error(("[forecast] need a date for each of the " + std::to_string(values.shape(0)) +
                             " rows, got " + std::to_string(dates->size()))
                                .c_str());
    auto numbers = std::make_unique<std::vector<float>>(3 * horizon * columns);
    const std::vector<const char*> days = dates ? pointers(*dates) : std::vector<const char*>();
    check(released([&] {
      return grus_forecast(model_, values.data(), values.shape(0), dates ? days.data() : nullptr, numbers->data());
    }));
    return array_of(std::move(numbers), {3, horizon, columns});
  }
  std::vector<std::pair<std::string, double>> suggest(const std::string& text, size_t count) {
    grus_answers* made = nullptr;
    check(released([&] { return grus_suggest(model_, text.c_str(), count, &made); }));
    const Answers answers(made, grus_answers_free);
    std::vector<std::pair<std::string, double>> all;
    for (size_t i = 0; i < grus_answer_count(made); ++i)
      all.emplace_back(grus_answer(made, i), grus_probability(made, i));
    return all;
  }

 private:
  // The error's sentence belongs to the thread, which stays the same.
  template <class Act>
  static grus_status released(const Act& act) {
    const nb::gil_scoped_release others_run;
    return act();
  }
  template <class Function>
  Answers ask(Function function, const Lines& lines) {
    grus_answers* made = nullptr;
    const std::vector<const char*> all = pointers(lines);
    check(released([&] { return function(model_, all.data(), all.size(), &made); }));
    return {made, grus_answers_free};
  }
  static Lines texts(const grus_answers* answers) {
    Lines all;
    for (size_t i = 0; i < grus_answer_count(answers); ++i) all.emplace_back(grus_answer(answers, i));
    return all;
  }
  static Translation translation(const grus_answers* answers, size_t index) {
    size_t targets = 0, sources = 0;
    const float* weights = grus_attention(answers, index, &targets, &sources);
    Lines source, target;
    while (const char* piece = grus_source_piece(answers, index, source.size())) source.emplace_back(piece);
    while (const char* piece = grus_target_piece(answers, index, target.size())) target.emplace_back(piece);
    auto numbers = std::make_unique<std::vector<float>>(weights, weights + targets * sources);
    return {grus_answer(answers, index), grus_log_probability(answers, index), std::move(source), std::move(target),
            array_of(std::move(numbers), {targets, sources})};
  }

  grus_model* model_ = nullptr;
};

}  // namespace

NB_MODULE(_grus, m) {
  nb::class_<Translation>(m, "Translation")
      .def_ro("text", &Translation::text)
      .def_ro("log_probability", &Translation::log_probability)
      .def_ro("source", &Translation::source)
      .def_ro("target", &Translation::target)
      .def_prop_ro("attention", [](const Translation& t) { return t.attention; }, nb::rv_policy::automatic);
  nb::class_<Model>(m, "Model")
      .def(nb::init<const std::string&>())
      .def(nb::init<const nb::bytes&, const std::string&>())
      .def_prop_ro("task", &Model::task)
      .def_prop_ro("classes", &Model::classes)
      .def_prop_ro("columns", &Model::columns)
      .def("get", &Model::get)
      .def("set", &Model::set)
      .def("run", &Model::run)
      .def("translate", &Model::translate)
      .def("classify", &Model::classify)
      .def("forecast", &Model::forecast, nb::arg("values"), nb::arg("dates").none() = nb::none())
      .def("suggest", &Model::suggest);
  m.attr("version") = grus_version();
}
