// A program of somebody who has Grus installed.
#include <cstdio>

#include "core/shape.h"

int main() {
  const grus::Shape y = grus::broadcast({2, 1}, {1, 3}, "add");
  std::puts(grus::to_string(y).c_str());
}
