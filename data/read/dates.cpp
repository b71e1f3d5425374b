#include "data/read/dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::data {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int64_t minute_seconds = 60, hour_seconds = 3600, day_seconds = 86400;

year_month_day calendar_day(const Date& d) {
  return {year(static_cast<int>(d.year)), month(static_cast<unsigned>(d.month)), day(static_cast<unsigned>(d.day))};
}

int64_t days_of(const Date& d) { return sys_days(calendar_day(d)).time_since_epoch().count(); }

/// Reads `digits` digits from the front of the text, behind one of the separators. Returns -1 where they do not stand.
int64_t take(std::string_view& text, std::string_view separators, size_t digits) {
  const size_t skip = separators.empty() ? 0 : 1;
  if (text.size() < skip + digits || (skip == 1 && separators.find(text[0]) == std::string_view::npos)) return -1;
  int64_t value = 0;
  for (const char c : text.substr(skip, digits)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(skip + digits);
  return value;
}

bool reads(std::string_view text, Date& d) {
  d.year = take(text, "", 4);
  if (!text.empty()) d.month = take(text, "-/", 2);
  if (d.year < 0 || d.month < 0) return false;
  if (!text.empty()) d.day = take(text, "-/", 2);
  if (!text.empty()) d.hour = take(text, " T", 2), d.minute = take(text, ":", 2);
  if (!text.empty()) d.second = take(text, ":", 2);
  return text.empty() && d.day > 0 && d.hour >= 0 && d.hour < 24 && d.minute >= 0 && d.minute < 60 && d.second >= 0 &&
         d.second < 60 && calendar_day(d).ok();
}

std::string format_of(std::string_view text) {
  constexpr std::string_view whole = "%Y-%m-%d %H:%M:%S";
  std::string format(whole.substr(0, text.size() >= 19   ? 17
                                     : text.size() >= 16 ? 14
                                     : text.size() >= 10 ? 8
                                     : text.size() >= 7  ? 5
                                                         : 2));
  for (char& c : format) {
    if (c == '-') c = text[4];
    if (c == ' ') c = text[10];
  }
  return format;
}

int64_t last_day(const Date& d) {
  const std::chrono::year_month_day_last last(year(static_cast<int>(d.year)),
                                              std::chrono::month_day_last(month(static_cast<unsigned>(d.month))));
  return static_cast<unsigned>(last.day());
}
bool ends_month(const Date& d) { return d.day == last_day(d); }

/// Returns the months between two dates on the same day and time of their months, or both on the last day, else 0.
int64_t months_between(const Date& a, const Date& b) {
  Date moved = a;
  moved.year = b.year, moved.month = b.month;
  if (ends_month(a) && ends_month(b)) moved.day = b.day;
  return moved == b ? (b.year - a.year) * 12 + b.month - a.month : 0;
}

std::string counted(int64_t count, std::string_view unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

}  // namespace

Date parse_date(std::string_view text) {
  Date date;
  require<UsageError>(reads(text, date), "[date] need YYYY[-MM[-DD[ HH:MM[:SS]]]], got '{}'", Shown{text});
  return date;
}

int64_t seconds_of(const Date& d) {
  return days_of(d) * day_seconds + d.hour * hour_seconds + d.minute * minute_seconds + d.second;
}

Date date_of(int64_t seconds) {
  const int64_t days = (seconds - (seconds % day_seconds + day_seconds) % day_seconds) / day_seconds;
  const year_month_day d{sys_days(std::chrono::days(days))};
  const int64_t rest = seconds - days * day_seconds;
  return {.year = static_cast<int>(d.year()),
          .month = static_cast<unsigned>(d.month()),
          .day = static_cast<unsigned>(d.day()),
          .hour = rest / hour_seconds,
          .minute = rest % hour_seconds / minute_seconds,
          .second = rest % minute_seconds};
}

int64_t weekday_of(const Date& d) { return std::chrono::weekday(sys_days(calendar_day(d))).iso_encoding() - 1; }

Date DateAxis::at(int64_t row) const {
  if (months == 0) return date_of(seconds_of(first) + row * seconds);
  Date d = first;
  const int64_t month = first.year * 12 + first.month - 1 + row * months;
  d.year = month / 12, d.month = month % 12 + 1;
  d.day = month_ends ? last_day(d) : std::min(d.day, last_day(d));
  return d;
}

std::string DateAxis::text_at(int64_t row) const {
  const Date d = at(row);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'Y':
        out += fmt::format("{:04}", d.year);
        break;
      case 'm':
        out += fmt::format("{:02}", d.month);
        break;
      case 'd':
        out += fmt::format("{:02}", d.day);
        break;
      case 'H':
        out += fmt::format("{:02}", d.hour);
        break;
      case 'M':
        out += fmt::format("{:02}", d.minute);
        break;
      default:
        out += fmt::format("{:02}", d.second);
    }
  }
  return out;
}

int64_t DateAxis::usual_season() const {
  if (months > 0) return months < 12 && 12 % months == 0 ? 12 / months : 1;
  if (seconds < day_seconds) return day_seconds % seconds == 0 ? day_seconds / seconds : 1;
  if (seconds < 7 * day_seconds) return 7 * day_seconds % seconds == 0 ? 7 * day_seconds / seconds : 1;
  return seconds == 7 * day_seconds ? 52 : 1;
}

std::string DateAxis::step_text() const {
  if (months > 0) return months % 12 == 0 ? counted(months / 12, "year") : counted(months, "month");
  if (seconds % day_seconds == 0) return counted(seconds / day_seconds, "day");
  if (seconds % hour_seconds == 0) return counted(seconds / hour_seconds, "hour");
  return seconds % minute_seconds == 0 ? counted(seconds / minute_seconds, "minute") : counted(seconds, "second");
}

std::vector<std::string> DateAxis::inputs() const {
  std::vector<std::string> names;
  if (months == 0 && seconds < hour_seconds) names.emplace_back("minute");
  if (months == 0 && seconds < day_seconds) names.emplace_back("hour");
  if (months == 0 && seconds < 7 * day_seconds) names.emplace_back("weekday");
  if (months == 0 && seconds >= day_seconds) names.emplace_back("day");
  if (months == 0 || months % 12 != 0) names.emplace_back("month");
  return names;
}

std::vector<float> DateAxis::calendar(int64_t row, int64_t count) const {
  const std::vector<std::string> names = inputs();
  std::vector<float> values;
  values.reserve(static_cast<size_t>(count) * names.size() * 2);
  for (int64_t i = row; i < row + count; ++i) {
    const Date d = at(i);
    for (const std::string& name : names) {
      const double share = name == "minute"    ? static_cast<double>(d.minute) / 60
                           : name == "hour"    ? (static_cast<double>(d.hour) + static_cast<double>(d.minute) / 60) / 24
                           : name == "weekday" ? static_cast<double>(weekday_of(d)) / 7
                           : name == "day"     ? static_cast<double>(d.day - 1) / 31
                                               : static_cast<double>(d.month - 1) / 12;
      values.push_back(static_cast<float>(std::sin(2 * std::numbers::pi * share)));
      values.push_back(static_cast<float>(std::cos(2 * std::numbers::pi * share)));
    }
  }
  return values;
}

DateAxis read_dates(const Table& table, const std::string& column) {
  const std::vector<std::string>& texts = table.texts(column);
  require<DataError>(texts.size() >= 2, "{}: need at least 2 rows of dates, got {}", table.file(), texts.size());
  DateAxis axis{.rows = static_cast<int64_t>(texts.size()), .format = format_of("")};
  Date before;
  for (size_t row = 0; row < texts.size(); ++row) {
    const std::string& last = texts[row > 0 ? row - 1 : 0];
    Date date;
    require<DataError>(reads(texts[row], date), "{}: need a date YYYY[-MM[-DD[ HH:MM[:SS]]]] in '{}', got '{}'",
                       table.where(row, column), Shown{column}, Shown{texts[row]});
    if (row == 0) axis.first = date, axis.format = format_of(texts[row]);
    const int64_t gap = row == 0 ? 1 : seconds_of(date) - seconds_of(before);
    require<DataError>(gap > 0, "{}: need dates in order, got '{}' after '{}'", table.where(row, column),
                       Shown{texts[row]}, Shown{last});
    if (row == 1) {
      axis.months = months_between(before, date);
      axis.month_ends = axis.months > 0 && ends_month(before) && ends_month(date);
      axis.seconds = axis.months > 0 ? 0 : gap;
    }
    require<DataError>(row < 2 || date == axis.at(static_cast<int64_t>(row)),
                       "{}: need a row every {}, got '{}' after '{}' (rows of empty cells may stand for missing ones)",
                       table.where(row, column), axis.step_text(), Shown{texts[row]}, Shown{last});
    before = date;
  }
  return axis;
}

}  // namespace grus::data
