#pragma once

namespace grus {

/// MatmulOptions say whether a product reads an operand with its last two axes exchanged, which copies nothing.
struct MatmulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};

}  // namespace grus
