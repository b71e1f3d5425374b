#pragma once
// Dates of the rows of a table: read, checked to come at one step, continued, and as inputs of a model.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/read/table.h"

namespace grus::data {

/// A date of the proleptic Gregorian calendar, without a time zone.
struct Date {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  bool operator==(const Date&) const = default;
};

/// Reads YYYY, YYYY-MM, YYYY-MM-DD, and behind it after a space or T HH:MM or HH:MM:SS; "/" may stand for "-".
/// Throws UsageError for other text, and for a date that no calendar has.
Date parse_date(std::string_view text);
/// Returns seconds since 1970-01-01 00:00:00, and back.
int64_t seconds_of(const Date& date);
Date date_of(int64_t seconds);
/// Returns 0 for Monday ... 6 for Sunday.
int64_t weekday_of(const Date& date);

/// Dates at one step: of whole months, on one day of the month or on its last one, or of seconds.
struct DateAxis {
  Date first = {};
  int64_t months = 0, seconds = 0;  // one of both is above 0
  bool month_ends = false;
  int64_t rows = 0;
  std::string format = "%Y-%m-%d %H:%M:%S";  // as the file has them: shorter where it has less

  /// Returns the date of a row, which may be behind the last one.
  Date at(int64_t row) const;
  std::string text_at(int64_t row) const;
  /// Returns a season that is usual for the step: a day of hours or minutes, a week of days, a year of weeks or months.
  int64_t usual_season() const;
  /// Says the step in words: "1 hour", "3 months".
  std::string step_text() const;
  /// Names the inputs of `calendar`: those that the step tells apart, among minute, hour, weekday, day and month.
  std::vector<std::string> inputs() const;
  /// Returns for `count` rows from `row` on each input as sin and cos of its angle in its circle, (count, 2 inputs).
  std::vector<float> calendar(int64_t row, int64_t count) const;
};

/// Reads a column of dates. The first two rows decide the step. Throws DataError "FILE:LINE:COLUMN: need ..., got ..."
/// for a cell that is no date, a missing one, one that is not later than the row before, and one whose step is another,
/// as where rows are missing; DataError for fewer than two rows.
DateAxis read_dates(const Table& table, const std::string& column);

}  // namespace grus::data
