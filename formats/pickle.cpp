#include "formats/pickle.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::formats {

using Kind = PickleValue::Kind;

// A stack machine (Python's pickletools lists its opcodes). A mark is a null on the stack.
class Pickle::Parser {
 public:
  Parser(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& known,
         std::deque<PickleValue>& values)
      : bytes_(bytes), file_(file), known_(known), values_(values) {}

  const PickleValue* run() {
    while (true) {
      const auto code = number<uint8_t>();
      if (code == '.') {
        const PickleValue* root = pop();
        require<DataError>(stack_.empty(), "{}: need one value in a pickle, got more", file_);
        return root;
      }
      if (!constant(code) && !container(code) && !memory(code))
        fail<DataError>("{}: need a pickle of tensors, got opcode 0x{:02x} at byte {}", file_, code, at_ - 1);
    }
  }

 private:
  bool constant(uint8_t code) {
    switch (code) {
      case 0x80:  // PROTO
        number<uint8_t>();
        return true;
      case 0x95:  // FRAME
        number<uint64_t>();
        return true;
      case 'N':
        return push({});
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        return push({.kind = Kind::boolean, .integer = code == 0x88});
      case 'K':
        return push_integer(number<uint8_t>());
      case 'M':
        return push_integer(number<uint16_t>());
      case 'J':
        return push_integer(number<int32_t>());
      case 0x8a:  // LONG1
        return push_integer(long_number());
      case 'G':
        return push({.kind = Kind::real, .real = big_endian_real()});
      case 'X':
        return push({.kind = Kind::text, .text = std::string(take(number<uint32_t>()))});
      case 0x8c:  // SHORT_BINUNICODE
        return push({.kind = Kind::text, .text = std::string(take(number<uint8_t>()))});
      case 'c': {
        const std::string module = line();
        return push_name(module, line());
      }
      case 0x93: {  // STACK_GLOBAL
        const std::string name = pop()->text;
        return push_name(pop()->text, name);
      }
      default:
        return false;
    }
  }

  bool container(uint8_t code) {
    switch (code) {
      case '(':
        stack_.push_back(nullptr);
        return true;
      case ')':
        return push({.kind = Kind::tuple});
      case ']':
        return push({.kind = Kind::list});
      case '}':
        return push({.kind = Kind::dict});
      case 't':
        return push({.kind = Kind::tuple, .items = above_mark()});
      case 0x85:  // TUPLE1
      case 0x86:
      case 0x87:
        return push({.kind = Kind::tuple, .items = pop(code - 0x84)});
      case 'a':
        return append({pop()});
      case 'e':
        return append(above_mark());
      case 's':
        return set(pop(2));
      case 'u':
        return set(above_mark());
      case 'R':
        return call();
      case 'b':  // BUILD: what an object has besides, such as a state dict's versions, is nothing of ours
        pop();
        top();
        return true;
      case 'Q':
        return push({.kind = Kind::persistent, .items = {pop()}});
      default:
        return false;
    }
  }

  bool memory(uint8_t code) {
    switch (code) {
      case 'q':
        return remember(number<uint8_t>());
      case 'r':
        return remember(number<uint32_t>());
      case 0x94:  // MEMOIZE
        return remember(static_cast<uint32_t>(memo_.size()));
      case 'h':
        return recall(number<uint8_t>());
      case 'j':
        return recall(number<uint32_t>());
      default:
        return false;
    }
  }

  bool push(PickleValue value) {
    stack_.push_back(&values_.emplace_back(std::move(value)));
    return true;
  }
  bool push_integer(int64_t value) { return push({.kind = Kind::integer, .integer = value}); }
  bool push_name(const std::string& module, const std::string& name) {
    const std::string whole = module + "." + name;
    for (const std::string_view one : known_)
      if (one == whole) return push({.kind = Kind::name, .text = whole});
    fail<DataError>("{}: need tensors, got the code '{}', which is not run", file_, Shown{whole});
  }
  bool call() {
    std::vector<const PickleValue*> both = pop(2);
    require_kind(*both[0], Kind::name, "a name to call");
    if (both[0]->text == "collections.OrderedDict" && both[1]->items.empty()) return push({.kind = Kind::dict});
    return push({.kind = Kind::call, .items = std::move(both)});
  }
  bool append(const std::vector<const PickleValue*>& items) {
    PickleValue& list = top();
    require_kind(list, Kind::list, "a list");
    list.items.insert(list.items.end(), items.begin(), items.end());
    return true;
  }
  bool set(const std::vector<const PickleValue*>& items) {
    PickleValue& dict = top();
    require_kind(dict, Kind::dict, "a dict");
    require<DataError>(items.size() % 2 == 0, "{}: need a value for each key of a dict, got a key alone", file_);
    for (size_t i = 0; i < items.size(); i += 2) dict.entries.emplace_back(items[i], items[i + 1]);
    return true;
  }
  bool remember(uint32_t key) {
    memo_[key] = &top();
    return true;
  }
  bool recall(uint32_t key) {
    const auto found = memo_.find(key);
    require<DataError>(found != memo_.end(), "{}: need a value that was kept, got number {}", file_, key);
    stack_.push_back(found->second);
    return true;
  }

  void require_kind(const PickleValue& value, Kind kind, const char* what) const {
    require<DataError>(value.kind == kind, "{}: need {}, got {} before byte {}", file_, what, describe(value), at_);
  }
  PickleValue& top() {
    require<DataError>(!stack_.empty() && stack_.back(), "{}: need a value on the stack, got none at byte {}", file_,
                       at_);
    return *stack_.back();
  }
  const PickleValue* pop() {
    const PickleValue* value = &top();
    stack_.pop_back();
    return value;
  }
  std::vector<const PickleValue*> pop(int count) {
    std::vector<const PickleValue*> values(static_cast<size_t>(count));
    for (size_t i = values.size(); i-- > 0;) values[i] = pop();
    return values;
  }
  std::vector<const PickleValue*> above_mark() {
    size_t first = stack_.size();
    while (first > 0 && stack_[first - 1]) --first;
    require<DataError>(first > 0, "{}: need a mark on the stack, got none at byte {}", file_, at_);
    std::vector<const PickleValue*> values(stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
    stack_.resize(first - 1);
    return values;
  }

  std::string_view take(uint64_t count) {
    require<DataError>(count <= bytes_.size() - at_, "{}: need {} bytes in a pickle, got {}: cut short", file_, count,
                       bytes_.size() - at_);
    const std::string_view part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }
  template <class T>
  T number() {
    T value{};
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  int64_t long_number() {
    const std::string_view digits = take(number<uint8_t>());
    require<DataError>(digits.size() <= 8, "{}: need integers of 64 bits, got one of {} bytes", file_, digits.size());
    int64_t value = !digits.empty() && (digits.back() & 0x80) ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return value;
  }
  double big_endian_real() {
    uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<uint8_t>(byte);
    return std::bit_cast<double>(bits);
  }
  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    require<DataError>(end != std::string_view::npos, "{}: need a name in a pickle, got its end", file_);
    const std::string text(take(end - at_));
    take(1);
    return text;
  }

  const std::string_view bytes_;
  const std::string& file_;
  const std::vector<std::string_view>& known_;
  std::deque<PickleValue>& values_;
  size_t at_ = 0;
  std::vector<PickleValue*> stack_;
  std::unordered_map<uint32_t, PickleValue*> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& known) {
  root_ = Parser(bytes, file, known, values_).run();
}

std::string describe(const PickleValue& value) {
  switch (value.kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return value.integer ? "True" : "False";
    case Kind::integer:
      return fmt::format("the number {}", value.integer);
    case Kind::real:
      return fmt::format("the number {}", value.real);
    case Kind::text:
      return fmt::format("the text '{}'", Shown{value.text});
    case Kind::tuple:
      return "a tuple";
    case Kind::list:
      return "a list";
    case Kind::dict:
      return "a dict";
    case Kind::name:
      return "the name " + value.text;
    case Kind::call:
      return "what " + value.items[0]->text + " returns";
    case Kind::persistent:
      return "a storage";
  }
  return "?";
}

}  // namespace grus::formats
