// The main function of every doctest executable. After doctest's own report it prints what ./dev test adds up:
// "skipped: REASON (TEST)" and "failed: TEST (FILE:LINE)", one a line, then "N passed, N failed, N skipped" test cases.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "tests/support/skip.h"

namespace {

struct Outcome {
  int passed = 0;
  std::vector<std::string> failed, skipped;
  std::string reason;  // why the running test case is skipped; empty while it is not
};

Outcome& outcome() {
  static Outcome o;
  return o;
}

class Counter : public doctest::IReporter {
 public:
  explicit Counter(const doctest::ContextOptions&) {}
  void test_case_start(const doctest::TestCaseData& test) override {
    test_ = &test;
    outcome().reason.clear();
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    Outcome& o = outcome();
    if (!stats.testCaseSuccess)
      o.failed.push_back(fmt::format("{} ({}:{})", test_->m_name, test_->m_file.c_str(), test_->m_line));
    else if (!o.reason.empty()) o.skipped.push_back(fmt::format("{} ({})", o.reason, test_->m_name));
    else ++o.passed;
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  const doctest::TestCaseData* test_ = nullptr;
};
REGISTER_LISTENER("counter", 1, Counter);

}  // namespace

void grus::test::skip(std::string_view reason) { outcome().reason = reason; }

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int status = context.run();
  if (context.shouldExit()) return status;
  const Outcome& o = outcome();
  for (const std::string& s : o.skipped) fmt::print("skipped: {}\n", s);
  for (const std::string& s : o.failed) fmt::print("failed: {}\n", s);
  fmt::print("{} passed, {} failed, {} skipped\n", o.passed, o.failed.size(), o.skipped.size());
  return status;
}
