// Targets for the readers of tables, arrays, sounds, music, word vectors and reports of runs.
#include <algorithm>
#include <fstream>

#include "core/base/error.h"
#include "data/batch/dataset.h"
#include "data/batch/series_layout.h"
#include "data/batch/token_stream.h"
#include "data/music/abc.h"
#include "data/music/midi.h"
#include "data/music/pieces.h"
#include "data/read/npy.h"
#include "data/read/table.h"
#include "data/read/text.h"
#include "data/read/wav.h"
#include "data/read/zip.h"
#include "data/sound/recordings.h"
#include "data/text/keras_tokenizer.h"
#include "data/text/word_vectors.h"
#include "tests/fuzz/target.h"
#include "training/training_report.h"

namespace grus::fuzz {
namespace {

using Seeds = std::vector<std::string>;

constexpr uint64_t most_bytes = 1u << 20;

void use_table(const data::Table& table) {
  for (const std::string& name : table.names()) {
    if (table.type(name) == data::ColumnType::number) {
      require(table.tensor(name, DType::f64, 0).numel() == table.rows(), "a column of another length");
      continue;
    }
    require(table.texts(name).size() == static_cast<size_t>(table.rows()), "a column of another length");
    if (table.missing_count(name) == 0)
      require(table.class_ids(name, table.classes(name)).numel() == table.rows(), "a column of another length");
  }
}

bool read_csv(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { use_table(data::read_table(path, {.trim = true})); });
}

bool read_typed_tsv(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    use_table(data::read_table(path, {.separator = '\t', .header = false, .types = {{"1", data::ColumnType::number}}}));
  });
}

bool read_dated_series(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::Series series = data::read_series(path);
    const data::SeriesScaler scaler = data::SeriesScaler::of(series, series.rows());
    const data::ModelSeries scaled = data::model_series(series, scaler, 3);
    require(scaled.values.dim(0) == series.rows(), "a series of another length");
    if (series.dates) require(!series.dates->text_at(series.rows() + 3).empty(), "no date behind the last row");
  });
}

bool read_series_layout(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::SeriesLayout layout = data::SeriesLayout::read(path);
    require(layout.scaler.mean.size() == layout.columns.size(), "a mean that no column has");
  });
}

bool read_json_table(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { use_table(data::read_json_lines(path)); });
}

bool read_array(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const Tensor x = data::read_npy(path, default_device(), most_bytes);
    data::write_npy("/dev/null", x);
  });
}

bool read_array_rows(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::Dataset<Tensor> rows = data::npy_rows(path);
    for (int64_t i = 0; i < std::min<int64_t>(rows.size(), 4); ++i) require(rows[i].defined(), "no row");
  });
}

bool read_keras_tokenizer(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const auto tokenizer = data::KerasTokenizer::load(path);
    const std::vector<std::vector<int32_t>> ids = tokenizer.texts_to_sequences({"The cat", "sat"});
    require(tokenizer.sequences_to_texts(ids).size() == 2, "texts were lost");
    tokenizer.save("/dev/null");
  });
}

bool read_archive(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::NpzFile file(path);
    for (const std::string& name : file.names())
      require(file.read(name, default_device(), most_bytes).defined(), "no array");
  });
}

bool read_sound(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::Sound sound = data::read_wav(path);
    require(sound.samples.rank() == 2 && sound.rate > 0, "no sound");
  });
}

bool hear_recording(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    require(!data::read_recording(path, {.rate = 8000, .longest = 1}).empty(), "no samples");
  });
}

bool read_music(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::Score score = data::read_midi(path);
    if (score.length() < 1e4) data::score_of(data::piece_of(score, 1), 1, 120, true);
  });
}

bool read_chords(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::PieceSets sets = data::read_pieces(path);
    require(sets.train.size() + sets.valid.size() + sets.test.size() > 0, "no pieces");
  });
}

bool read_tunes(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    for (const data::Tune& tune : data::parse_abc(data::read_whole_file(path), path))
      if (tune.score.length() < 1e5) require(!data::midi_bytes(tune.score).empty(), "no music");
  });
}

bool read_vectors(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const data::WordVectors all = data::read_word_vectors(path);
    require(all.vectors.dim(0) == static_cast<int64_t>(all.words.size()), "rows without words");
    data::find_word_vectors(path, all.words);
  });
}

bool read_stream(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    static const data::Codec codec(data::space_tokenizer(), data::Vocab({"the", "cat"}));
    const std::vector<int32_t> ids = data::read_tokens(path, codec);
    if (ids.size() < 3) return;
    data::TokenStreams streams(ids, {.streams = 2, .steps = 3});
    int64_t targets = 0;
    while (const auto window = streams.next()) targets += window->targets.numel();
    require(targets + streams.unused() == static_cast<int64_t>(ids.size()), "ids were lost");
  });
}

bool read_run_report(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    require(!training::render_training(training::read_report_data(path)).empty(), "no page");
  });
}

Seeds run_reports() {
  const Scratch scratch;
  const std::string path = (scratch.root() / "report.json").string();
  training::TrainingReport report{.options = {{"lr", "0.1"}}, .parameters = {{"weight", "(2, 3)", 6}}, .epoch = 2};
  report.steps = {{1, 0.5, 1, 0.1}, {2, 0.25, 1, 0.1}};
  report.history = {{.epoch = 1, .step = 2}};
  training::write_report_data(path, report);
  const std::string sealed = data::read_whole_file(path);
  return {sealed, sealed.substr(0, sealed.rfind(",\"checksum\"")) + "}"};
}

Seeds sounds() {
  const Scratch scratch;
  const std::string path = (scratch.root() / "a.wav").string();
  data::write_wav(path, Tensor::full({4, 2}, 0.5), 8000);
  std::string plain = data::read_whole_file(path), odd = plain;
  odd.insert(12, std::string("LIST\3\0\0\0abc\0", 12));
  plain[34] = 8, plain[32] = 2;  // 8 bits
  return {odd, plain};
}

Seeds arrays() {
  const Scratch scratch;
  const std::string path = (scratch.root() / "a.npy").string();
  Seeds seeds;
  for (const Tensor& x : {Tensor::zeros({2, 3}), Tensor::arange(0, 3), Tensor::from_bools({true, false}, {2, 1})}) {
    data::write_npy(path, x);
    seeds.push_back(data::read_whole_file(path));
  }
  std::string fortran = seeds[0];
  const auto put = [&fortran](const std::string& old, const std::string& by) {
    fortran.replace(fortran.find(old), old.size(), by);
  };
  put("<f4", "<i2");
  put("False, 'shape': (2, 3)", "True,  'shape': (4, 3)");
  seeds.push_back(fortran);
  return seeds;
}

Seeds tokenizers() {
  const Scratch scratch;
  const std::string path = (scratch.root() / "a.json").string();
  Seeds seeds;
  for (const bool chars : {false, true}) {
    data::KerasTokenizer tokenizer({.num_words = chars ? 0 : 3, .char_level = chars, .oov_token = "?"});
    tokenizer.fit_on_texts({"the cat", "the \xC3\x87\n"});
    tokenizer.save(path);
    seeds.push_back(data::read_whole_file(path));
  }
  return seeds;
}

Seeds archives() {
  const Scratch scratch;
  const std::string path = (scratch.root() / "a.npz").string();
  Seeds seeds;
  for (const bool compressed : {false, true}) {
    data::write_npz(path, {{"x", Tensor::zeros({20})}, {"y", Tensor::arange(0, 3)}}, compressed);
    seeds.push_back(data::read_whole_file(path));
  }
  return seeds;
}

}  // namespace

std::vector<Target> file_targets() {
  return {
      {"csv", read_csv,
       [] {
         return Seeds{"a,b c,\"d\"\r\n1, \"x\"\"y\n z\" ,NA\r\n\r\n-2.5e3,,inf\r\n",
                      "\xEF\xBB\xBF"
                      "a\n\"\"\n"};
       }},
      {"tsv", read_typed_tsv, [] { return Seeds{"1\ta\n+2.5\t\"b\tc\"\nNA\t\n"}; }},
      {"series", read_dated_series,
       [] {
         return Seeds{"date,x,y\n2016-12-31 22:00,1,2\n2016-12-31 23:00,,-2e3\n2017-01-01 00:00,4,5\n",
                      "1949-11,1\n1949-12,2\n1950-01,3\n", "1,2\n3,NA\n5,6\n"};
       }},
      {"series_layout", read_series_layout,
       [] {
         return Seeds{
             R"({"columns": ["a", "b"], "step": "1 day", "season": 7, "inputs": 6, "known": true, "log": false,)"
             R"( "mean": [1, -2.5], "deviation": [1e-3, 2]})"};
       }},
      {"json_lines", read_json_table,
       [] { return Seeds{"{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": null, \"c\": true, \"a\": -2.5e3}\r\n"}; }},
      {"npy", read_array, arrays},
      {"npy_rows", read_array_rows, arrays},
      {"npz", read_archive, archives},
      {"keras_tokenizer", read_keras_tokenizer, tokenizers},
      {"run_report", read_run_report, run_reports},
      {"wav", read_sound, sounds},
      {"recording", hear_recording, sounds},
      {"midi", read_music,
       [] {
         return Seeds{data::midi_bytes({.tempo = 90, .notes = {{0, 1, 60}, {0.5, 2, 64, 20, 3}}, .programs = {4, 5}})};
       }},
      {"pieces", read_chords,
       [] {
         return Seeds{R"({"train": [[[60, -1], []]], "valid": [[[21]]], "test": []})", "[[[60, 64], [62]]]"};
       }},
      {"abc", read_tunes,
       [] {
         return Seeds{"X:1\nT:a\nM:6/8\nL:1/8\nQ:1/4=90\nK:F#m\n|:\"Am7\"A>B (3cde|1f2-f:|2[CE]3/2 z_b',:|\n",
                      "K:Bb mix\n[K:D]{g}a!p!b \\ % x\nG:|[2c//|]\n"};
       }},
      {"tokens", read_stream,
       [] {
         return Seeds{"the cat sat\r\n\non the mat", "a\n"};
       }},
      {"word_vectors", read_vectors,
       [] {
         return Seeds{"2 3\nthe 1 -2.5 3e-1 \n. . 4 5 6\n", "a\t1\r\nb 2\n\xff 3\n"};
       }},
  };
}

}  // namespace grus::fuzz
