#pragma once
// Python's pickles (protocols 2 to 5 without buffers), as far as torch.save writes them for tensors. Nothing is ever
// called: a name of code that is not on the reader's list is an error that says the name.
// Sources: pickle.cpp.
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grus::formats {

/// A value of a pickle. Values are owned by their Pickle, and may refer to one another in circles.
struct PickleValue {
  enum class Kind { none, boolean, integer, real, text, tuple, list, dict, name, call, persistent };
  Kind kind = Kind::none;
  int64_t integer = 0;  // also of boolean
  double real = 0;
  std::string text = {};                       // also "module.name" of name
  std::vector<const PickleValue*> items = {};  // of tuple and list; call: function, arguments; persistent: id
  std::vector<std::pair<const PickleValue*, const PickleValue*>> entries = {};  // of dict, in their order
};

class Pickle {
 public:
  /// Parses all of `bytes`. A name must be one of `known` ("module.name"); "collections.OrderedDict" called without
  /// arguments is an empty dict. Throws DataError "FILE: need ..., got ... at byte N" for any other name or opcode, and
  /// for what is cut short.
  Pickle(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& known);
  const PickleValue& root() const { return *root_; }

 private:
  class Parser;
  std::deque<PickleValue> values_;
  const PickleValue* root_ = nullptr;
};

/// Returns what a value is, for errors: "a dict", "the number 3".
std::string describe(const PickleValue& value);

}  // namespace grus::formats
