#include "core/base/error.h"

#include <doctest/doctest.h>

#include <string>

using namespace grus;

TEST_CASE("error: require throws the asked type with the formatted message") {
  CHECK_NOTHROW(require(true, "[op] need {}, got {}", 1, 2));
  CHECK_THROWS_AS(require(false, "[op] need {}, got {}", 1, 2), ShapeError);
  CHECK_THROWS_WITH_AS(require<DataError>(false, "{}:{}: need UTF-8, got byte {:#x}", "a.txt", 3, 0xff),
                       "a.txt:3: need UTF-8, got byte 0xff", DataError);
}

TEST_CASE("error: fail is a usage error unless told otherwise") {
  CHECK_THROWS_AS(fail("[tape] backward twice"), UsageError);
  CHECK_THROWS_AS(fail<DeviceError>("[device] no '{}'", "abacus"), DeviceError);
}

TEST_CASE("error: every kind is an Error") {
  CHECK_THROWS_AS(throw ShapeError("s"), Error);
  CHECK_THROWS_AS(throw DtypeError("d"), Error);
  CHECK_THROWS_AS(throw DeviceError("d"), Error);
  CHECK_THROWS_AS(throw UsageError("u"), Error);
  CHECK_THROWS_AS(throw DataError("d"), Error);
}
