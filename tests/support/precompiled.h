// Headers of the tests that are compiled once for each executable of many files (see core/base/precompiled.h).
#include <doctest/doctest.h>

#include "core/base/precompiled.h"
#include "core/tensor/tensor.h"
#include "tests/support/tensors.h"
