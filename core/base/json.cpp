#include "core/base/json.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::json {
namespace {

// nlohmann's own builder keeps the last of two equal members at any depth, and with a callback its time grows with the
// square of an object's size.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(const std::string& name, size_t deepest) : name_(name), deepest_(deepest) {}
  Json root;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    const auto [member, is_new] = open_.back()->get_ref<Json::object_t&>().emplace(key, nullptr);
    require<DataError>(is_new, "{}: need each name once, got '{}' twice", name_, grus::Shown{key});
    member_ = &member->second;
    return true;
  }
  bool parse_error(size_t byte, const std::string&, const Json::exception&) override {
    fail<DataError>("{}: need JSON, got an error at byte {}", name_, byte);
  }

 private:
  bool add(Json value) {
    put(std::move(value));
    return true;
  }
  bool open(Json value) {
    require<DataError>(open_.size() < deepest_, "{}: need JSON nested at most {} deep, got more", name_, deepest_);
    open_.push_back(put(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  Json* put(Json value) {
    if (open_.empty()) return &(root = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    return &(*member_ = std::move(value));
  }

  const std::string& name_;
  size_t deepest_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;
};

}  // namespace

Json parse(std::string_view text, const std::string& name, size_t deepest) {
  Builder builder(name, deepest);
  Json::sax_parse(text, &builder);
  return std::move(builder.root);
}

std::string to_string(const Shown& shown) {
  const Json& value = shown.value;
  constexpr int no_indent = -1;
  if (value.is_structured() && value.size() > 20) return fmt::format("an {} of {}", value.type_name(), value.size());
  return printable(value.dump(no_indent, ' ', false, Json::error_handler_t::replace));
}

Members::Members(const Json& object, std::string name) : object_(object), name_(std::move(name)) {
  require<DataError>(object.is_object(), "{}: need a JSON object, got {}", name_, Shown{object});
}

const Json& Members::at(std::string_view key) const {
  const auto found = object_.find(key);
  require<DataError>(found != object_.end(), "{}: need '{}', got none", name_, key);
  return *found;
}

const Json& Members::of_type(std::string_view key, bool (*fits)(const Json&), const char* type) const {
  const Json& value = at(key);
  require<DataError>(fits(value), "{}: need '{}' to be {}, got {}", name_, key, type, Shown{value});
  return value;
}

int64_t Members::whole(std::string_view key, int64_t low, int64_t high) const {
  const Json& value = of_type(
      key, [](const Json& v) { return v.is_number_integer(); }, "a whole number");
  const bool large = value.is_number_unsigned() && value.get<uint64_t>() > std::numeric_limits<int64_t>::max();
  require<DataError>(!large && value.get<int64_t>() >= low && value.get<int64_t>() <= high,
                     "{}: need '{}' from {} to {}, got {}", name_, key, low, high, Shown{value});
  return value.get<int64_t>();
}

double Members::number(std::string_view key) const {
  return of_type(
             key, [](const Json& v) { return v.is_number(); }, "a number")
      .get<double>();
}

double Members::number_or_null(std::string_view key) const {
  return at(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : number(key);
}

bool Members::flag(std::string_view key) const {
  return of_type(
             key, [](const Json& v) { return v.is_boolean(); }, "true or false")
      .get<bool>();
}

std::string Members::text(std::string_view key) const {
  return of_type(
             key, [](const Json& v) { return v.is_string(); }, "text")
      .get<std::string>();
}

const Json& Members::array(std::string_view key) const {
  return of_type(
      key, [](const Json& v) { return v.is_array(); }, "an array");
}

void Members::require_only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : object_.items())
    require<DataError>(std::find(known.begin(), known.end(), key) != known.end(), "{}: need no member '{}', got {}",
                       name_, grus::Shown{key}, Shown{value});
}

}  // namespace grus::json
