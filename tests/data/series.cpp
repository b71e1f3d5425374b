// Dates, series, their scale, splits by time and windows.
#include "data/batch/series_layout.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/batch/batches.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

Series read(std::string_view text, const SeriesOptions& options = {}) {
  const Folder folder;
  return read_series(folder.file("a.csv", text), options);
}

// Returns what is refused, behind the file's path.
template <class E = DataError>
std::string refused_series(std::string_view text, const SeriesOptions& options = {}) {
  const Folder folder;
  const std::string path = folder.file("a.csv", text);
  const std::string message = message_of<E>([&] { (void)read_series(path, options); });
  const size_t at = message.find(path);
  return at == std::string::npos ? message : message.substr(0, at) + "a.csv" + message.substr(at + path.size());
}

std::string dated(const std::vector<std::string>& dates) {
  std::string text = "date,x\n";
  for (size_t i = 0; i < dates.size(); ++i) text += dates[i] + "," + std::to_string(i * i) + "\n";
  return text;
}

DateAxis axis_of(const std::vector<std::string>& dates) { return *read(dated(dates), {.date = "date"}).dates; }

std::vector<float> numbers(const Tensor& x) { return x.to_vector<float>(); }

}  // namespace

TEST_CASE("dates: seconds and weekdays are those of the calendar, leap years and years before 1970 too") {
  CHECK(seconds_of(parse_date("2016-07-01 01:02:03")) == 1467334923);
  CHECK(seconds_of(parse_date("1969-12-31T23:59")) == -60);
  CHECK(date_of(-60) == parse_date("1969-12-31 23:59"));
  CHECK(date_of(1467334923) == parse_date("2016/07/01 01:02:03"));
  CHECK(weekday_of(parse_date("2026-11-23")) == 0);
  CHECK(weekday_of(parse_date("1900-01-07")) == 6);
  CHECK(parse_date("2000-02-29").day == 29);
  for (const char* bad : {"1900-02-29", "2016-13", "2016-07-01 24:00", "16-07-01", "2016-07-01x", "", "2016-07-01 12"})
    CHECK(message_of<UsageError>([&] { (void)parse_date(bad); }).find("[date] need YYYY") == 0);
}

TEST_CASE("dates: the step of months, month ends, days and minutes goes on behind the last row, as it was written") {
  CHECK(axis_of({"1949-11", "1949-12", "1950-01"}).text_at(3) == "1950-02");
  CHECK(axis_of({"2015-12-31", "2016-01-31", "2016-02-29"}).text_at(3) == "2016-03-31");
  CHECK(axis_of({"2016-02-29", "2016-03-31"}).text_at(2) == "2016-04-30");
  CHECK(axis_of({"2016-02-27", "2016-02-28"}).text_at(2) == "2016-02-29");
  CHECK(axis_of({"1998", "1999"}).text_at(2) == "2000");
  CHECK(axis_of({"2016/12/31T23:30", "2016/12/31T23:45"}).text_at(2) == "2017/01/01T00:00");
  CHECK(axis_of({"1949-01", "1949-04"}).step_text() == "3 months");
  CHECK(axis_of({"1949-01", "1949-04"}).usual_season() == 4);
  CHECK(axis_of({"2016-07-01 00:00:00", "2016-07-01 01:00:00"}).usual_season() == 24);
  CHECK(axis_of({"2016-07-01", "2016-07-02"}).usual_season() == 7);
  CHECK(axis_of({"2016-07-01", "2016-07-08"}).usual_season() == 52);
}

TEST_CASE("dates: calendar inputs are angles in the hour's, the week's and the year's circle") {
  const DateAxis hours = axis_of({"2016-07-04 00:00", "2016-07-04 06:00"});
  CHECK(hours.inputs() == std::vector<std::string>{"hour", "weekday", "month"});
  const std::vector<float> inputs = hours.calendar(1, 1);
  const std::vector<float> expected = {1, 0, 0, 1, 0, -1};  // 6 of 24, Monday, July
  REQUIRE(inputs.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) CHECK(inputs[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  CHECK(axis_of({"1949-01", "1949-02"}).inputs() == std::vector<std::string>{"month"});
  CHECK(axis_of({"1949", "1950"}).inputs().empty());
}

TEST_CASE("series: rows that break the order of dates, or leave one out, are named by line and column") {
  CHECK(refused_series(dated({"2016-07-01", "2016-07-02", "2016-07-02"})) ==
        "a.csv:4:1: need dates in order, got '2016-07-02' after '2016-07-02'");
  CHECK(refused_series(dated({"2016-07-01", "2016-07-02", "2016-07-01"})).find("a.csv:4:1: need dates in order") == 0);
  CHECK(refused_series(dated({"2016-07-01", "2016-07-02", "2016-07-04"})) ==
        "a.csv:4:1: need a row every 1 day, got '2016-07-04' after '2016-07-02' (rows of empty cells may stand for "
        "missing ones)");
  CHECK(refused_series(dated({"2016-07-01", "today"})).find("a.csv:3:1: need a date YYYY") == 0);
  CHECK(refused_series(dated({"2016-07-01", ""})).find("a.csv:3:1: need a date YYYY") == 0);
  CHECK(refused_series(dated({"2016-07-01"})) == "a.csv: need at least 2 rows of dates, got 1");
}

TEST_CASE("series: broken rows, cells that are no numbers, and columns that are not there are told") {
  CHECK(refused_series("a,b\n1,2\n3\n").find("a.csv:3") == 0);
  CHECK(refused_series("a,b\n1,2\n3,x\n") == "a.csv:3:2: need a number in 'b', got 'x'");
  CHECK(refused_series("a,b\n1,2\n3,inf\n") == "a.csv:3:2: need a finite number in 'b', got inf");
  CHECK(refused_series("a\nx\n").find("a.csv") == 0);
  CHECK(refused_series("a,b\n").find("a.csv: need rows of numbers") == 0);
  CHECK(refused_series<UsageError>("a,b\n1,2\n", {.columns = {"c"}}) ==
        "[table] need a column of a.csv: a, b, got 'c'");
  CHECK(refused_series<UsageError>("a,b\n1,2\n", {.date = "when"}) ==
        "[series] need a column of a.csv: a, b, got 'when' for dates");
  CHECK(message_of<UsageError>([] { (void)read("a,b\n1,2\n").column("z"); }).find("a, b, got 'z'") !=
        std::string::npos);
}

TEST_CASE("series: the first column is dates where it is text; columns can be chosen; cells may be missing") {
  const Series all = read("when,a,b\n2016-07-01,1,2\n2016-07-02,NA,4\n2016-07-03,5,-9\n", {.missing = {"-9"}});
  CHECK(all.columns == std::vector<std::string>{"a", "b"});
  CHECK(all.rows() == 3);
  CHECK(all.missing() == 2);
  CHECK(all.at(2, 0) == 5);
  CHECK(std::isnan(all.at(1, 0)));
  const Series one = read("1,2\n3,4\n", {.columns = {"2"}, .header = false});
  CHECK(one.rows() == 2);
  CHECK(one.at(1, 0) == 4);
  CHECK(!one.dates);
}

TEST_CASE("split by time: shares leave no row out, rows are taken as they are, others are refused") {
  const TimeSplit shares = split_by_time("f", 101, {0.6, 0.2, 0.2});
  CHECK(shares.train == 60);
  CHECK(shares.rows() == 101);
  const TimeSplit rows = split_by_time("f", 17420, {8640, 2880, 2880});
  CHECK(rows.valid == 2880);
  CHECK(rows.rows() == 14400);
  CHECK(message_of<DataError>([] {
          (void)split_by_time("f", 10, {8, 2, 2});
        }) == "f: need the 12 rows of the split 8, 2, 2, got 10");
  for (const std::array<double, 3>& bad : {std::array<double, 3>{0.9, 0.2, 0.2}, {0, 1, 2}, {-1, 1, 1}, {2.5, 1, 1}})
    CHECK(message_of<UsageError>([&] { (void)split_by_time("f", 10, bad); }).find("[split] need") == 0);
}

TEST_CASE("series scaler: mean and deviation come from the first rows alone, and unscaled undoes scaled") {
  const Series series = read("a,b\n1,1\n3,\n1000,4\n2000,8\n");
  const SeriesScaler scaler = SeriesScaler::of(series, 2 + 1);
  CHECK(scaler.mean[1] == 2.5);
  CHECK(scaler.deviation[1] == 1.5);
  CHECK(scaler.scaled(4, 1) == 1);
  const SeriesScaler log = SeriesScaler::of(series, 4, true);
  CHECK(log.mean[1] == doctest::Approx(std::log(32.0) / 3));
  CHECK(log.unscaled(log.scaled(7, 0), 0) == doctest::Approx(7));
  const Tensor x = Tensor::from({0.0f, 1.0f, 1.0f, -1.0f}, {1, 2, 2}, Device("cpu"));
  CHECK(numbers(scaler.unscaled(x))[1] == 4);
  CHECK(numbers(scaler.unscaled(x))[3] == 1);
  CHECK(message_of<ShapeError>([&] { (void)scaler.unscaled(Tensor::zeros({3})); }).find("[SeriesScaler]") == 0);
}

TEST_CASE("series scaler: a constant column, one without numbers, and a log of what is not above 0 are told") {
  const auto message = [](std::string_view text, bool log) {
    const std::string all = message_of<DataError>([&] { (void)SeriesScaler::of(read(text), 2, log); });
    return all.substr(std::min(all.find(": "), all.size()));
  };
  CHECK(message("a,b\n1,5\n2,5\n3,6\n", false) ==
        ": need a column that changes, got 'b', which is 5 in all 2 rows of training");
  CHECK(message("a,b\n1,\n2,\n3,6\n", false) == ": need a number of 'b' in the 2 rows of training, got none");
  CHECK(message("a\n1\n2\n0\n", true) == ": need numbers above 0 in 'a' for a log, got 0 in row 3");
}

TEST_CASE("windows: futures lie in their part, pasts reach back, and what is missing repeats the value before it") {
  const Series series = read("d,a\n2016-01,1\n2016-02,\n2016-03,3\n2016-04,4\n2016-05,5\n2016-06,6\n2016-07,7\n");
  SeriesScaler plain{.log = false, .mean = {0}, .deviation = {1}};
  const ModelSeries scaled = model_series(series, plain, 2);
  CHECK(numbers(scaled.values) == std::vector<float>{1, 1, 3, 4, 5, 6, 7});
  CHECK(numbers(scaled.known) == std::vector<float>{1, 0, 1, 1, 1, 1, 1});
  CHECK(scaled.calendar.shape() == Shape({9, 2}));
  const auto train = windows(scaled, 0, 5, {.past = 2, .ahead = 2});
  REQUIRE(train.size() == 2);
  CHECK(numbers(train[0].past) == std::vector<float>{1, 1});
  CHECK(numbers(train[0].past_known) == std::vector<float>{1, 0});
  CHECK(numbers(train[1].future) == std::vector<float>{4, 5});
  const auto test = windows(scaled, 5, 7, {.past = 2, .ahead = 1});
  REQUIRE(test.size() == 2);
  CHECK(numbers(test[0].past) == std::vector<float>{4, 5});
  CHECK(numbers(test[1].future) == std::vector<float>{7});
  CHECK(windows(scaled, 2, 7, {.past = 2, .ahead = 1, .every = 2}).size() == 3);
  auto made = batches(train, {.size = 2, .shuffle = false});
  made.start(0);
  const auto batch = made.next();
  REQUIRE(batch);
  CHECK(batch->past.shape() == Shape({2, 2, 1}));
  CHECK(batch->calendar.shape() == Shape({2, 4, 2}));
  CHECK(numbers(batch->future_known) == std::vector<float>{1, 1, 1, 1});
  CHECK(message_of<DataError>([&] { (void)windows(scaled, 0, 3, {.past = 2, .ahead = 2}); }) ==
        "[windows] need 2 rows of the past and 2 ahead, got rows [0, 3) of the future behind 0 of the past");
  CHECK(message_of<UsageError>([&] { (void)windows(scaled, 0, 3, {.past = -1}); }).find("[windows] need") == 0);
  const auto alone = windows(scaled, 0, 5, {.past = 0, .ahead = 3});
  CHECK(alone.size() == 3);
  CHECK(alone[2].future.to_vector<float>() == scaled.values.rows(2, 5).to_vector<float>());
}

TEST_CASE("series: a column that is taken out is none of the series any more") {
  Series series = read("a,fault,b\n1,0,2\n3,1,4\n");
  CHECK(take_column(series, "fault") == std::vector<double>{0, 1});
  CHECK(series.columns == std::vector<std::string>{"a", "b"});
  CHECK(series.values == std::vector<double>{1, 2, 3, 4});
  CHECK(message_of<UsageError>([&] { (void)take_column(series, "c"); }).find("got 'c'") != std::string::npos);
  (void)take_column(series, "a");
  CHECK(message_of<UsageError>([&] { (void)take_column(series, "b"); }).find("got it alone") != std::string::npos);
}

TEST_CASE("windows: a column that begins with a missing value begins with the training mean") {
  const Series series = read("a\nNA\n2\n4\n");
  const ModelSeries scaled = model_series(series, {.log = false, .mean = {3}, .deviation = {1}});
  CHECK(numbers(scaled.values) == std::vector<float>{0, -1, 1});
}

TEST_CASE("series layout: takes step, season and gaps from the table that it is made of") {
  const Series series = read("d,a,b\n2026-01,1,2\n2026-02,3,NA\n2026-03,5,9\n");
  const SeriesLayout layout = SeriesLayout::of(series, {.train = 3}, 0, false, true);
  CHECK(layout.step == "1 month");
  CHECK(layout.season == 12);
  CHECK(layout.inputs == 2);
  CHECK(layout.known);
}

TEST_CASE("series layout: a file brings back what was written, and a damaged one is refused") {
  const Folder folder;
  const Series series = read("d,a,b\n2026-01,1,2\n2026-02,3,4\n2026-03,5,9\n");
  const SeriesLayout layout = SeriesLayout::of(series, {.train = 3}, 3, true, true);
  layout.write(folder.path("l.json"));
  const SeriesLayout again = SeriesLayout::read(folder.path("l.json"));
  CHECK(again.columns == layout.columns);
  CHECK(again.season == 3);
  CHECK(again.scaler.log);
  CHECK(again.scaler.deviation == layout.scaler.deviation);
  const ModelSeries a = layout.apply(series, 2), b = again.apply(series, 2);
  CHECK(numbers(a.values) == numbers(b.values));
  CHECK(b.calendar.shape() == Shape({5, 2}));
  const auto refused = [&](std::string_view text) {
    const std::string path = folder.file("bad.json", text);
    return message_of<DataError>([&] { (void)SeriesLayout::read(path); });
  };
  CHECK(refused("{").find("bad.json") != std::string::npos);
  CHECK(refused("{}").find("need 'columns'") != std::string::npos);
  CHECK(
      refused(
          R"({"columns":["a"],"step":"","season":1,"inputs":0,"known":false,"log":false,"mean":[1,2],"deviation":[1]})")
          .find("need 1 numbers in 'mean', one a column, got 2") != std::string::npos);
  CHECK(refused(
            R"({"columns":["a"],"step":"","season":1,"inputs":0,"known":false,"log":false,"mean":[1],"deviation":[0]})")
            .find("need deviations above 0, got 0") != std::string::npos);
}

TEST_CASE(
    "series layout: a model that knows no gaps is told of none, and one that does is told where all is measured") {
  const Series whole = read("a\n1\n2\n3\n"), gaps = read("a\n1\nNA\n3\n");
  const SeriesLayout of_whole = SeriesLayout::of(whole, {.train = 3}, 0, false, true);
  const SeriesLayout of_gaps = SeriesLayout::of(gaps, {.train = 3}, 0, false, true);
  CHECK(!of_whole.apply(gaps, 1).known.defined());
  CHECK(numbers(of_gaps.apply(whole, 1).known) == std::vector<float>{1, 1, 1});
  CHECK(of_whole.season == 1);
}

TEST_CASE("series layout: other columns, other steps and values that nobody knows are told") {
  const Folder folder;
  const SeriesLayout layout = SeriesLayout::of(read("d,a\n2026-01,1\n2026-02,3\n"), {.train = 2}, 0, false, true);
  const auto message = [&](std::string_view text) {
    return message_of<DataError>([&] { (void)layout.apply(read(text), 1); });
  };
  CHECK(message("d,b\n2026-01,1\n2026-02,3\n").find(": need the columns a, got b") != std::string::npos);
  CHECK(message("d,a\n2026-01-01,1\n2026-01-02,3\n")
            .find(": need a date every 1 month as in training, got one every 1 day") != std::string::npos);
  CHECK(message("a\n1\n3\n").find("got none") != std::string::npos);
  const std::string path = folder.file("b.csv", "d,b\n2026-01,1\n2026-02,3\n");
  CHECK(message_of<DataError>([&] { (void)read_series(path, {}, layout); }).find("was trained on, a, got b") !=
        std::string::npos);
  const Series late = read("a\n1\n2\nNA\nNA\n");
  require_known(late, 0, 3, 2);
  CHECK(message_of<DataError>([&] {
          require_known(late, 2, 4, 1);
        }).find("need a known value of 'a' 1 rows ahead in rows 3 to 4, got none") != std::string::npos);
}
