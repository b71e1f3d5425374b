// Runs in folders: saved, killed, resumed, refused.
#include "core/base/folder_lock.h"
#include "metrics/classification.h"
#include "metrics/roc_auc.h"
#include "nn/serialize.h"
#include "optim/sgd.h"
#include "tests/training/small_run.h"
#include "training/metrics_log.h"

using namespace grus;
using test::bits;
using test::bytes_of;
using test::message_of;
using test::Net;
using test::Start;

namespace {

// A run with everything that has a state.
struct Full {
  Start s;
  test::Points valid{22, 9};
  metrics::Accuracy accuracy{{.classes = 2}}, train_accuracy{{.classes = 2}};
  metrics::RocAuc auc;
  test::Killer killer;
  training::FitOptions options;

  explicit Full(const std::string& out) {
    options = {.epochs = 4,
               .accumulate = 2,
               .clip = 0.5,
               .schedule = optim::warmup(3),
               .plateau = optim::PlateauOptions{.factor = 0.5, .patience = 0},
               .average = 0.8,
               .validation = training::validation(
                   s.net, valid, {&accuracy},
                   [this](const Net& net, const test::Batch& batch) { accuracy.update(net(batch.x), batch.y); }),
               .validate_every = 2,
               .metrics = {&train_accuracy, &auc},
               .out = out,
               .resume = true,
               .save_every = 1,
               .keep_last = 2,
               .average_last = true,
               .seed = 4,
               .quiet = true,
               .callbacks = {&killer}};
  }
  training::FitResult run() {
    return training::fit(
        s.net, s.adam, s.points,
        [this](const Net& net, const test::Batch& batch) {
          const Tensor scores = net(batch.x);
          train_accuracy.update(scores, batch.y);
          auc.update(scores, batch.y);
          return training::Loss(cross_entropy(scores, batch.y), static_cast<double>(batch.size));
        },
        options);
  }
};

void check_same_files(const std::string& a, const std::string& b) {
  for (const char* name : {"model.safetensors", "metrics.jsonl", "average.safetensors",
                           "last/step-000000010.safetensors", "last/step-000000012.safetensors"}) {
    CHECK_MESSAGE(std::filesystem::exists(std::filesystem::path(a) / name), name);
    CHECK_MESSAGE(bytes_of(std::filesystem::path(a) / name) == bytes_of(std::filesystem::path(b) / name), name);
  }
}

}  // namespace

TEST_CASE("fit: a run killed or stopped after any step and resumed leaves the bits of one that never was") {
  const test::Folder folder;
  Full straight(folder.path("straight"));
  const training::FitResult whole = straight.run();
  REQUIRE(whole.step == 12);
  REQUIRE(whole.history.size() == 6);
  for (int64_t at = 1; at <= 12; ++at) {
    const std::string out = folder.path("killed" + std::to_string(at));
    Full first(out);
    if (at % 2) first.killer.at = at;
    else first.options.stop = [&] { return first.s.adam.steps() == at; };
    if (at % 2) CHECK_THROWS_AS(first.run(), std::runtime_error);
    else CHECK(first.run().finished == false);
    Full second(out);
    default_rng().next();  // where the process stands must not matter
    const training::FitResult resumed = second.run();
    CHECK(bits(second.s.net) == bits(straight.s.net));
    check_same_files(out, folder.path("straight"));
    REQUIRE(resumed.history.size() == whole.history.size());
    for (size_t i = 0; i < whole.history.size(); ++i) {
      REQUIRE(resumed.history[i].figures.size() == 4);
      for (size_t f = 0; f < 4; ++f) CHECK(resumed.history[i].figures[f].value == whole.history[i].figures[f].value);
    }
    REQUIRE(resumed.last_average.size() == 1);
    CHECK(resumed.last_average[0].value == whole.last_average[0].value);
  }
}

TEST_CASE("fit: activations in bf16 give other bits than f32, and a run that is stopped and resumed the same ones") {
  const auto weights = [](Precision activations, int64_t stop_at, const std::string& out) {
    std::string after;
    for (const int64_t steps : {stop_at, int64_t{6}}) {
      Rng rng(1);
      Net net(rng, 0);
      optim::Adam adam(net.named_parameters(), {.lr = 0.05});
      test::Points points(2100, 700);  // 16 KiB and more a layer: smaller tensors stay f32
      training::fit(
          net, adam, points, test::loss_of,
          {.steps = steps, .activations = activations, .out = out, .resume = true, .save_every = 1, .quiet = true});
      after = bits(net);
    }
    return after;
  };
  const test::Folder folder;
  const std::string straight = weights(Precision::bf16, 6, folder.path("straight"));
  CHECK(weights(Precision::bf16, 3, folder.path("resumed")) == straight);
  CHECK(weights(Precision::f32, 6, folder.path("f32")) != straight);
}

TEST_CASE("fit: a run that is finished is resumed to the same weights, and goes on when it is to be longer") {
  const test::Folder folder;
  Start longer, first, again, more;
  longer.fit({.epochs = 3, .out = folder.path("longer"), .seed = 1});
  first.fit({.epochs = 2, .out = folder.path("run"), .seed = 1});
  const training::FitResult same = again.fit({.epochs = 2, .out = folder.path("run"), .resume = true, .seed = 1});
  CHECK(same.finished);
  CHECK(same.step == 12);
  CHECK(bits(again.net) == bits(first.net));
  more.fit({.epochs = 3, .out = folder.path("run"), .resume = true, .seed = 1});
  CHECK(bits(more.net) == bits(longer.net));
  CHECK(bytes_of(folder.path("run/metrics.jsonl")) == bytes_of(folder.path("longer/metrics.jsonl")));
}

TEST_CASE("fit: a folder that holds a run, or weights, takes no other unless it is told to") {
  const test::Folder folder;
  const std::string out = folder.path("run");
  Start first, second, third;
  first.fit({.epochs = 1, .out = out});
  const std::string weights = bytes_of(out + "/model.safetensors");
  CHECK(message_of([&] { second.fit({.epochs = 1, .out = out}); }) ==
        out +
            ": need a folder without a run to begin one, got one that holds a run already; resume goes on with it, "
            "overwrite replaces it");
  CHECK(bytes_of(out + "/model.safetensors") == weights);
  third.fit({.epochs = 2, .out = out, .overwrite = true});
  CHECK(bytes_of(out + "/model.safetensors") != weights);
  CHECK(training::read_metrics_log(out + "/metrics.jsonl").size() == 2);
  std::filesystem::remove(out + "/state.safetensors");
  for (const bool resume : {false, true})
    CHECK(message_of([&] {
            Start().fit({.epochs = 1, .out = out, .resume = resume});
          }).starts_with(out + ": need a folder without weights to begin a run in"));
}

TEST_CASE("fit: two runs at a time in one folder, and a folder that cannot be made, are refused in a sentence") {
  const test::Folder folder;
  Start s, t;
  std::filesystem::create_directories(folder.path("run"));
  {
    const FolderLock other(folder.path("run"));
    CHECK(message_of([&] {
            s.fit({.epochs = 1, .out = folder.path("run")});
          }).starts_with(folder.path("run") + ": need a folder that nobody else writes to, got one that process "));
  }
  CHECK(message_of([&] {
          t.fit({.epochs = 1, .out = folder.file("file", "x")});
        }).starts_with(folder.path("file") + ": cannot be made a folder: "));
  s.fit({.epochs = 1, .out = folder.path("run")});
  CHECK_FALSE(std::filesystem::exists(folder.path("run") + "/.lock"));
}

TEST_CASE("fit: another seed, batch size, optimizer or model does not go on with a state") {
  const test::Folder folder;
  const std::string out = folder.path("run"), state = out + "/state.safetensors: ";
  Start first;
  first.points.describes = true;
  bool stop = false;
  training::FitOptions options{.epochs = 2, .out = out, .save_every = 1, .seed = 1, .stop = [&] { return stop; }};
  test::Killer killer;
  killer.at = 2;
  options.callbacks = {&killer};
  CHECK_THROWS_AS(first.fit(options), std::runtime_error);
  const std::string before = bytes_of(out + "/state.safetensors");
  options.callbacks = {};
  options.resume = true;
  const auto refused = [&](auto change, int64_t batch = 4, bool describes = true) {
    Start other(batch);
    other.points.describes = describes;
    training::FitOptions changed = options;
    change(changed);
    return message_of([&] { other.fit(changed); });
  };
  CHECK(refused([](auto& o) { o.seed = 2; }) == state + "need seed as the run began with, 1, got 2");
  CHECK(refused([](auto& o) { o.accumulate = 3; }) == state + "need accumulate as the run began with, 1, got 3");
  CHECK(refused([](auto&) {}, 5) ==
        state + "need data as the run began with, points in batches of 4, got points in batches of 5");
  Start sgd;
  sgd.points.describes = true;
  optim::Sgd other(sgd.net.named_parameters(), {.lr = 0.1});
  options.quiet = true;
  CHECK(message_of([&] { training::fit(sgd.net, other, sgd.points, test::loss_of, options); }) ==
        state + "[Sgd] need a state of Sgd, got one of Adam");
  CHECK(bytes_of(out + "/state.safetensors") == before);
}

TEST_CASE("fit: another number of batches than the run began with is refused, without a fingerprint too") {
  const test::Folder folder;
  const std::string out = folder.path("run");
  Start first(4), second(8);
  test::Killer killer;
  killer.at = 2;
  CHECK_THROWS_AS(first.fit({.epochs = 2, .out = out, .save_every = 1, .callbacks = {&killer}}), std::runtime_error);
  CHECK(message_of([&] { second.fit({.epochs = 2, .out = out, .resume = true}); }) ==
        out + "/state.safetensors: need the batches that the run began with, 6 in epoch 1, got 3");
}

TEST_CASE("fit: a damaged state names the file, and is left as it is") {
  const test::Folder folder;
  const std::string out = folder.path("run"), file = out + "/state.safetensors";
  Start first;
  first.fit({.epochs = 1, .out = out});
  std::string bytes = bytes_of(file);
  bytes[bytes.size() - 3] ^= 1;
  folder.file("run/state.safetensors", bytes);
  CHECK(message_of([&] { Start().fit({.epochs = 1, .out = out, .resume = true}); }).starts_with(file + ": "));
  CHECK(bytes_of(file) == bytes);
}

TEST_CASE("fit: weights that are not finite are saved nowhere, and good ones stay") {
  const test::Folder folder;
  const std::string out = folder.path("run");
  Start s;
  test::Killer none;
  training::FitOptions options{.epochs = 3, .out = out};
  int64_t judged = 0;
  options.validation = {[&] {
                          if (++judged == 2) s.net.first.weight.assign(s.net.first.weight.value() * INFINITY);
                          return std::vector<training::Figure>{{"valid_loss", 1}};
                        },
                        {}};
  const std::string message = message_of([&] { s.fit(options); });
  CHECK_MESSAGE(message.find("NaN or infinity in weights/first.weight; the last good weights are in " + out +
                             "/model.safetensors") != std::string::npos,
                message);
  Net net(s.rng);
  CHECK_NOTHROW(nn::load_weights(out + "/model.safetensors", net));
  CHECK(std::isfinite(net.first.weight.value().to_vector<float>()[0]));
}

TEST_CASE("logs: lines bear checksums and give their records back, and numbers that JSON has not survive") {
  const test::Folder folder;
  training::Record record{.epoch = 2, .step = 7};
  record.figures = {{"train_loss", 0.1}, {"valid_f1", 0.25, true}, {"valid_perplexity", INFINITY}};
  record.best = true;
  record.learning_rate = 0.001;
  const std::string line = training::metrics_line(record);
  const std::string file = folder.file("metrics.jsonl", line);
  const training::History history = training::read_metrics_log(file);
  REQUIRE(history.size() == 1);
  CHECK(training::metrics_line(history[0]) == line);
  CHECK(history[0].figures[1].larger_is_better);
  std::string changed = line;
  changed[changed.find("0.25") + 2] = '3';
  CHECK(message_of([&] { training::read_metrics_log(folder.file("changed.jsonl", line + changed)); }) ==
        folder.path("changed.jsonl") + ":2: need the line that its checksum stands for, got another");
}

TEST_CASE("logs: a CSV has a row a record, and one that cannot be written is refused before training") {
  const test::Folder folder;
  Start s(22, 0);
  training::CsvLog log(folder.path("log.csv"));
  s.fit({.epochs = 2, .callbacks = {&log}});
  const std::string text = bytes_of(folder.path("log.csv"));
  CHECK(text.starts_with("epoch,step,learning_rate,train_loss\n1,1,0.05,0."));
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  training::CsvLog bad(folder.path("no/such/log.csv"));
  Start t;
  const std::string message = message_of([&] { t.fit({.epochs = 1, .callbacks = {&bad}}); });
  CHECK_MESSAGE(message.find("no/such/log.csv") != std::string::npos, message);
  CHECK(t.adam.steps() == 0);
}
