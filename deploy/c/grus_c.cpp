#include "deploy/c/grus_c.h"

#include <cmath>
#include <new>

#include "core/base/error.h"
#include "core/base/file_bytes.h"
#include "core/base/version.h"
#include "data/read/text.h"
#include "deploy/open_model.h"
#include "deploy/runners.h"

using namespace grus;

struct grus_model {
  std::unique_ptr<deploy::Runner> runner;
  std::string value;  // what grus_get returned
};

struct grus_answers {
  std::vector<std::string> texts;
  std::vector<double> numbers;  // of each text, where it has one
  std::vector<seq2seq::Alignment> alignments;
};

namespace {

thread_local std::string last_error;

grus_status failed(grus_status status, const char* what) noexcept {
  try {
    last_error = what;
  } catch (const std::bad_alloc&) {
    last_error.clear();
  }
  return status;
}

// No exception leaves this library.
template <class Act>
grus_status guarded(const Act& act) noexcept {
  try {
    set_default_device(Device("cpu"));
    act();
    return GRUS_OK;
  } catch (const UsageError& error) {
    return failed(GRUS_USAGE, error.what());
  } catch (const DataError& error) {
    return failed(GRUS_DATA, error.what());
  } catch (const std::bad_alloc&) {
    return failed(GRUS_FAILED, "need more memory than there is");
  } catch (const std::exception& error) {
    return failed(GRUS_FAILED, error.what());
  } catch (...) {
    return failed(GRUS_FAILED, "[grus] need an exception of ours, got another");
  }
}

template <class T>
const T& need(const T* given, const char* what) {
  require<UsageError>(given != nullptr, "[grus] need {}, got NULL", what);
  return *given;
}

template <class Kind>
Kind& as(const grus_model* model, const char* task) {
  auto* const found = dynamic_cast<Kind*>(need(model, "a model").runner.get());
  require<UsageError>(found != nullptr, "[grus] need a model of {}, got one of {}", task, model->runner->task());
  return *found;
}

std::vector<std::string> lines_of(const char* const* lines, size_t count) {
  std::vector<std::string> all;
  require<UsageError>(lines != nullptr || count == 0, "[grus] need lines, got NULL");
  for (size_t i = 0; i < count; ++i) {
    require<UsageError>(lines[i] != nullptr, "[grus] need a text for line {}, got NULL", i + 1);
    all.emplace_back(lines[i]);
    const size_t bad = data::find_invalid_utf8(all.back());
    require<DataError>(bad == std::string::npos, "line {}: invalid UTF-8 at byte {}", i + 1, bad + 1);
    require<UsageError>(all.back().find('\n') == std::string::npos, "[grus] need no line end in line {}, got one",
                        i + 1);
  }
  return all;
}

std::unique_ptr<grus_model> opened(const std::filesystem::path& path) {
  auto made = std::make_unique<grus_model>();
  made->runner = deploy::open_model(path);
  return made;
}

const std::string* nth(const std::vector<std::string>& all, size_t index) {
  return index < all.size() ? &all[index] : nullptr;
}
const char* text_or_null(const std::string* text) { return text ? text->c_str() : nullptr; }

const seq2seq::Alignment* alignment_of(const grus_answers* answers, size_t index) {
  return answers && index < answers->alignments.size() ? &answers->alignments[index] : nullptr;
}
double number_of(const grus_answers* answers, size_t index) {
  return answers && index < answers->numbers.size() ? answers->numbers[index] : 0;
}

}  // namespace

const char* grus_error(void) { return last_error.c_str(); }
const char* grus_version(void) { return version; }

grus_status grus_open(const char* path, grus_model** model) {
  return guarded([&] { need(model, "a place for the model"), *model = opened(&need(path, "a path")).release(); });
}

grus_status grus_open_memory(const void* bytes, size_t size, const char* name, grus_model** model) {
  return guarded([&] {
    need(model, "a place for the model");
    const MemoryFile file(&need(name, "a name"), {&need(static_cast<const char*>(bytes), "bytes"), size});
    *model = opened(name).release();
  });
}

void grus_close(grus_model* model) { delete model; }
const char* grus_task(const grus_model* model) { return model ? model->runner->task() : ""; }

grus_status grus_set(grus_model* model, const char* flag, const char* value) {
  return guarded([&] {
    need(model, "a model");
    deploy::set_flags(*model->runner, {{&need(flag, "a flag"), &need(value, "a value")}});
  });
}

const char* grus_get(grus_model* model, const char* flag) {
  const grus_status status = guarded([&] {
    need(model, "a model");
    model->value = options::text_of(options::row_of(model->runner->flags(), &need(flag, "a flag")));
  });
  return status == GRUS_OK ? model->value.c_str() : nullptr;
}

grus_status grus_run(grus_model* model, const char* const* lines, size_t count, grus_answers** answers) {
  return guarded([&] {
    need(model, "a model"), need(answers, "a place for the answers");
    auto made = std::make_unique<grus_answers>();
    made->texts = model->runner->run(lines_of(lines, count));
    *answers = made.release();
  });
}

size_t grus_answer_count(const grus_answers* answers) { return answers ? answers->texts.size() : 0; }
const char* grus_answer(const grus_answers* answers, size_t index) {
  return answers ? text_or_null(nth(answers->texts, index)) : nullptr;
}
void grus_answers_free(grus_answers* answers) { delete answers; }

grus_status grus_translate(grus_model* model, const char* const* lines, size_t count, grus_answers** answers) {
  return guarded([&] {
    need(answers, "a place for the answers");
    auto made = std::make_unique<grus_answers>();
    for (seq2seq::Translation& one : as<deploy::Translating>(model, "translate").translate(lines_of(lines, count))) {
      made->texts.push_back(std::move(one.text));
      made->numbers.push_back(one.log_probability);
      made->alignments.push_back(std::move(one.alignment));
    }
    *answers = made.release();
  });
}

double grus_log_probability(const grus_answers* answers, size_t index) { return number_of(answers, index); }

const float* grus_attention(const grus_answers* answers, size_t index, size_t* targets, size_t* sources) {
  const seq2seq::Alignment* alignment = alignment_of(answers, index);
  const bool some = alignment && !alignment->weights.empty();
  if (targets) *targets = some ? alignment->target.size() : 0;
  if (sources) *sources = some ? alignment->source.size() : 0;
  return some ? alignment->weights.data() : nullptr;
}

const char* grus_source_piece(const grus_answers* answers, size_t index, size_t piece) {
  const seq2seq::Alignment* alignment = alignment_of(answers, index);
  return alignment ? text_or_null(nth(alignment->source, piece)) : nullptr;
}

const char* grus_target_piece(const grus_answers* answers, size_t index, size_t piece) {
  const seq2seq::Alignment* alignment = alignment_of(answers, index);
  return alignment ? text_or_null(nth(alignment->target, piece)) : nullptr;
}

size_t grus_class_count(const grus_model* model) {
  size_t count = 0;
  guarded([&] { count = as<deploy::Classifying>(model, "classify").classes().size(); });
  return count;
}

const char* grus_class_name(const grus_model* model, size_t index) {
  const char* name = nullptr;
  guarded([&] { name = text_or_null(nth(as<deploy::Classifying>(model, "classify").classes(), index)); });
  return name;
}

grus_status grus_classify(grus_model* model, const char* const* lines, size_t count, float* probabilities) {
  return guarded([&] {
    deploy::Classifying& asked = as<deploy::Classifying>(model, "classify");  // a model of another task comes first
    need(probabilities, "a place for the probabilities");
    for (const tasks::classify::Judged& one : asked.judge(lines_of(lines, count)))
      probabilities = std::copy(one.probabilities.begin(), one.probabilities.end(), probabilities);
  });
}

grus_status grus_forecast_sizes(const grus_model* model, size_t* window, size_t* horizon, size_t* columns) {
  return guarded([&] {
    const tasks::forecast::Forecaster& f = as<deploy::Forecasting>(model, "forecast").model();
    if (window) *window = static_cast<size_t>(f.options.window);
    if (horizon) *horizon = static_cast<size_t>(f.options.horizon);
    if (columns) *columns = f.layout.columns.size();
  });
}

const char* grus_column_name(const grus_model* model, size_t index) {
  const char* name = nullptr;
  guarded([&] { name = text_or_null(nth(as<deploy::Forecasting>(model, "forecast").model().layout.columns, index)); });
  return name;
}

grus_status grus_forecast(grus_model* model, const double* values, size_t rows, const char* const* dates,
                          float* numbers) {
  return guarded([&] {
    need(numbers, "a place for the numbers");
    auto& forecasting = as<deploy::Forecasting>(model, "forecast");
    const size_t columns = forecasting.model().layout.columns.size();
    const tasks::forecast::NextRows next = forecasting.next({&need(values, "values"), rows * columns},
                                                            dates ? lines_of(dates, rows) : std::vector<std::string>());
    for (const std::vector<float>* part : {&next.forecast, &next.low, &next.high})
      numbers = std::copy(part->begin(), part->end(), numbers);
  });
}

grus_status grus_suggest(grus_model* model, const char* text, size_t count, grus_answers** answers) {
  return guarded([&] {
    need(answers, "a place for the answers");
    auto made = std::make_unique<grus_answers>();
    const std::string line = lines_of(&text, 1).front();
    for (language::Suggestion& one : as<deploy::Writing>(model, "write").suggest(line, static_cast<int64_t>(count))) {
      made->texts.push_back(std::move(one.word));
      made->numbers.push_back(one.probability);
    }
    *answers = made.release();
  });
}

double grus_probability(const grus_answers* answers, size_t index) { return number_of(answers, index); }
