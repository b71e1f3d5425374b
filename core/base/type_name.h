#pragma once
// Sources: type_name.cpp, type_name_short.cpp.
#include <string>
#include <typeinfo>

namespace grus {

/// The name of a type as C++ writes it, for messages: "grus::nn::Linear".
std::string type_name(const std::type_info& type);

}  // namespace grus
