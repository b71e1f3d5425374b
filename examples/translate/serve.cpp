// The subcommand `serve`: translations by HTTP.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/base/version.h"
#include "core/device/device.h"
#include "examples/support/program.h"
#include "examples/translate/commands.h"
#include "examples/translate/serve/http.h"
#include "examples/translate/serve/page.h"
#include "examples/translate/serve/queue.h"
#include "examples/translate/serve/request.h"
#include "report/markup.h"
#include "training/stop.h"

namespace grus::translate {
namespace {

using Json = nlohmann::ordered_json;

std::string folder_name(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).lexically_normal();
  return (folder.has_filename() ? folder : folder.parent_path()).filename().string();
}

Json model_json(const Translator& models, const ServeOptions& o, const Limits& limits) {
  Json all = Json::array();
  for (const SavedModel& saved : models.models())
    all.push_back({{"architecture", saved.model->name()},
                   {"description", saved.model->description()},
                   {"parameters", saved.model->module().parameter_count()},
                   {"attention", saved.model->has_attention()},
                   {"source_vocabulary", saved.codecs.source.size()},
                   {"target_vocabulary", saved.codecs.target.size()},
                   {"source_tokenizer", saved.codecs.source.tokenizer().kind()},
                   {"target_tokenizer", saved.codecs.target.tokenizer().kind()}});
  return {{"version", version},
          {"name", folder_name(o.use.model)},
          {"models", all},
          {"precision", name_of(o.use.machine.precision)},
          {"threads", num_threads()},
          {"beam", o.use.beam},
          {"length_penalty", o.use.length_penalty},
          {"shortlist", !o.use.shortlist.empty()},
          {"limits",
           {{"bytes", limits.bytes},
            {"sentences", limits.sentences},
            {"words", limits.words},
            {"beam", limits.beam},
            {"waiting", o.waiting},
            {"timeout_s", o.timeout}}}};
}

Json health_json(const QueueFigures& now) {
  return {{"status", training::stop_requested() ? "stopping" : "ok"},
          {"waiting", now.waiting},
          {"requests", now.requests},
          {"sentences", now.sentences},
          {"batches", now.batches},
          {"largest_batch", now.largest_batch},
          {"refused", now.refused}};
}

PageOptions page_options(const Translator& models, const ServeOptions& o) {
  const SavedModel& first = models.first();
  const auto text = [](const data::Codec& codec) {
    return fmt::format("{} ({})", report::grouped(codec.size()), codec.tokenizer().kind());
  };
  PageOptions page{.name = folder_name(o.use.model),
                   .description = first.model->description(),
                   .beam = o.use.beam,
                   .most_beam = o.max_beam,
                   .attention = first.model->has_attention(),
                   .facts = {}};
  page.facts = {{"Parameters", report::grouped(first.model->module().parameter_count())},
                {"Words it reads", text(first.codecs.source)},
                {"Words it writes", text(first.codecs.target)},
                {"Models together", models.models().size() > 1 ? std::to_string(models.models().size()) : ""},
                {"Products", name_of(o.use.machine.precision)},
                {"Threads", std::to_string(num_threads())},
                {"Grus", std::string(version)}};
  return page;
}

// The default device is that of a thread.
BatchQueue::Translate translator_of(const Translator& models, const ServeOptions& o) {
  const std::shared_ptr<const Shortlist> shortlist = load_shortlist(o.use, models);
  return [&models, &o, shortlist, device = default_device()](const Request& request) {
    set_default_device(device);
    SearchOptions search = search_options(o.use);
    search.beam = request.beam;
    search.n_best = request.n_best;
    search.weights = request.weights;
    search.batch_rows = o.use.batch * request.beam;
    search.shortlist = shortlist.get();
    return models.n_best(request.lines, search);
  };
}

void announce(const ServeOptions& o, int port) {
  const std::string host = o.host.find(':') == std::string::npos ? o.host : "[" + o.host + "]";
  fmt::print("http://{}:{}/\n", host, port);
  const bool written = std::fflush(stdout) == 0;
  require<Error>(written, "standard output: {}", std::strerror(errno));
}

}  // namespace

int serve(const ServeOptions& o) {
  require<UsageError>(o.use.beam <= o.max_beam, "--beam: need at most the --max-beam of {}, got {}", o.max_beam,
                      o.use.beam);
  const training::StopOnSignal guard;
  const Translator models = load_models(o.use);
  const data::Codec& source = models.first().codecs.source;
  const Limits limits{o.max_bytes, o.max_sentences, o.max_words, o.max_beam, models.first().model->has_attention(),
                      o.use.beam};
  const std::string page = serve_page(page_options(models, o)), facts = model_json(models, o, limits).dump() + "\n";
  BatchQueue queue(translator_of(models, o),
                   {.batch = o.use.batch * num_threads(),
                    .join = std::chrono::milliseconds(o.join),
                    .waiting = o.waiting,
                    .timeout = std::chrono::milliseconds(static_cast<int64_t>(o.timeout * 1000))});
  const std::vector<Page> pages = {{"/",
                                    [&] {
                                      return HttpAnswer{200, page, "text/html; charset=utf-8"};
                                    }},
                                   {"/health",
                                    [&] {
                                      return HttpAnswer{200, health_json(queue.figures()).dump() + "\n"};
                                    }},
                                   {"/model",
                                    [&] {
                                      return HttpAnswer{200, facts};
                                    }},
                                   {"/favicon.ico", [] {
                                      return HttpAnswer{204, "", "image/x-icon"};
                                    }}};
  const auto post = [&](const std::string& body) {
    const Asked asked = read_request(body, limits, source);
    return HttpAnswer{200, answer_json(asked, queue.ask(asked.request))};
  };
  const int64_t spare = 16;  // connections that are refused, or ask for a page, while others wait
  serve_http(
      {o.host, o.port, o.waiting + o.use.batch * num_threads() + spare, o.max_bytes, "/translate"}, pages, post,
      [&](int port) { announce(o, port); }, [&] { queue.stop(); });
  const QueueFigures done = queue.figures();
  complain(fmt::format("{} requests, {} sentences in {} batches of at most {}; {} refused", done.requests,
                       done.sentences, done.batches, done.largest_batch, done.refused));
  return 0;
}

}  // namespace grus::translate
