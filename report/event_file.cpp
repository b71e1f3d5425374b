#include "report/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <system_error>
#include <vector>

#include "core/base/error.h"
#include "core/base/folder.h"
#include "report/event_message.h"
#include "report/markup.h"

namespace grus::report {
namespace {

namespace fs = std::filesystem;

// Numbers of fields, from TensorFlow's event.proto, summary.proto, histogram.proto, tensor.proto.
namespace event {
enum { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 };
}
namespace session {
enum { status = 1, start = 1 };
}
namespace value {
enum { tag = 1, simple_value = 2, image = 4, histogram = 5, tensor = 8, metadata = 9 };
}

constexpr size_t enough_to_write = 1 << 16;

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "host";
  return name;
}

fs::path new_path(const fs::path& folder) {
  static std::atomic<int> count{0};
  return folder / fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<int64_t>(seconds_since_1970()),
                              host_name(), ::getpid(), count++);
}

Message event_at(int64_t step) {
  Message event;
  event.real(event::wall_time, seconds_since_1970()).whole(event::step, step);
  return event;
}

// Every value of a summary has a tag.
std::string summary_event(std::string_view tag, int64_t step, Message value) {
  value.bytes(value::tag, valid_utf8(tag));
  return event_at(step).message(event::summary, Message().message(1, value)).bytes();
}

struct Bins {
  double low, high, sum = 0, sum_of_squares = 0;
  std::vector<double> limits = {}, counts = {};
};

Bins bins_of(const std::vector<double>& finite) {
  constexpr int bins = 30;
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  Bins all{*low, *high};
  const double width = all.high / bins - all.low / bins;  // the difference itself may be too large a number
  all.counts.assign(width > 0 ? bins : 1, 0);
  for (const double x : finite) {
    const double place = width > 0 ? (x / bins - all.low / bins) / width * bins : 0;
    ++all.counts[static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(all.counts.size() - 1)))];
    all.sum += x;
    all.sum_of_squares += x * x;
  }
  for (size_t i = 1; i < all.counts.size(); ++i) {
    const double share = static_cast<double>(i) / bins;
    all.limits.push_back(all.low * (1 - share) + all.high * share);
  }
  all.limits.push_back(all.high);
  return all;
}

}  // namespace

EventFile::EventFile(const fs::path& folder, int64_t purge_from) : path_(new_path(folder)) {
  make_folder(folder);
  descriptor_.number = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  require<Error>(descriptor_.number != -1, "{}: {}", path_.string(), std::generic_category().message(errno));
  add(Message().real(event::wall_time, seconds_since_1970()).bytes(event::file_version, "brain.Event:2").bytes());
  if (purge_from >= 0)
    add(event_at(purge_from).message(event::session_log, Message().whole(session::status, session::start)).bytes());
  flush();
}

EventFile::~EventFile() {
  try {
    flush();
  } catch (const Error&) {
  }
}

EventFile::Descriptor::~Descriptor() {
  if (number != -1) ::close(number);
}

void EventFile::scalar(std::string_view tag, int64_t step, double number) {
  add(summary_event(tag, step, Message().real_32(value::simple_value, number)));
}

// A text is a tensor of one string, and its metadata name the plug-in that shows it.
void EventFile::text(std::string_view tag, int64_t step, std::string_view markdown) {
  constexpr int string_type = 7;
  const Message shape = Message().message(2, Message().whole(1, 1));
  const Message tensor = Message().whole(1, string_type).message(2, shape).bytes(8, valid_utf8(markdown));
  const Message metadata = Message().message(1, Message().bytes(1, "text"));
  add(summary_event(tag, step, Message().message(value::tensor, tensor).message(value::metadata, metadata)));
}

void EventFile::histogram(std::string_view tag, int64_t step, std::span<const double> values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](double x) { return std::isfinite(x); });
  if (finite.empty()) return;
  const Bins bins = bins_of(finite);
  const Message message = Message()
                              .real(1, bins.low)
                              .real(2, bins.high)
                              .real(3, static_cast<double>(finite.size()))
                              .real(4, bins.sum)
                              .real(5, bins.sum_of_squares)
                              .reals(6, bins.limits)
                              .reals(7, bins.counts);
  add(summary_event(tag, step, Message().message(value::histogram, message)));
}

void EventFile::image(std::string_view tag, int64_t step, const Pixels& pixels) {
  const Message message =
      Message().whole(1, pixels.height).whole(2, pixels.width).whole(3, pixels.channels).bytes(4, png(pixels));
  add(summary_event(tag, step, Message().message(value::image, message)));
}

void EventFile::add(const std::string& event) {
  waiting_ += record_frame(event);
  if (waiting_.size() >= enough_to_write) flush();
}

void EventFile::flush() {
  for (std::string_view rest = waiting_; !rest.empty();) {
    const ssize_t written = ::write(descriptor_.number, rest.data(), rest.size());
    if (written == -1 && errno == EINTR) continue;
    const int error = errno;
    waiting_ = written == -1 ? std::string(rest) : waiting_;
    require<Error>(written != -1, "{}: {}", path_.string(), std::generic_category().message(error));
    rest.remove_prefix(static_cast<size_t>(written));
  }
  waiting_.clear();
}

}  // namespace grus::report
