#include "report/confusions.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "report/chart.h"
#include "report/markup.h"

namespace grus::report {
namespace {

std::string shares(const Confusions& c, Figures& drawn) {
  HeatMap map{.columns = c.classes, .rows = c.classes, .weights = {}, .description = "confusions"};
  for (const std::vector<double>& row : c.counts) {
    double all = 0;
    for (const double count : row) all += count;
    for (const double count : row) map.weights.push_back(static_cast<float>(all > 0 ? count / all : 0));
  }
  return drawn(heat_map(map),
               "Of what belongs to a class (a row), the share that was taken for each class (a column).");
}

double share(double part, double all) { return all > 0 ? 100 * part / all : std::numeric_limits<double>::quiet_NaN(); }

std::string by_class(const Confusions& c) {
  Table table{
      .head = {
          {"Class"}, {escape(c.things), "number"}, {"Precision", "number"}, {"Recall", "number"}, {"F1", "number"}}};
  for (size_t k = 0; k < c.classes.size(); ++k) {
    double true_k = 0, said_k = 0;
    for (size_t i = 0; i < c.classes.size(); ++i) {
      true_k += c.counts[k][i];
      said_k += c.counts[i][k];
    }
    const double right = c.counts[k][k];
    table.rows.push_back({{escape(c.classes[k])},
                          {grouped(std::llround(true_k)), "number"},
                          number_cell(share(right, said_k), 1),
                          number_cell(share(right, true_k), 1),
                          number_cell(share(2 * right, true_k + said_k), 1)});
  }
  return report::table(table);
}

}  // namespace

std::string confusions(const Confusions& c, Figures& drawn) {
  bool square = c.counts.size() == c.classes.size();
  for (const std::vector<double>& row : c.counts) square = square && row.size() == c.classes.size();
  require<UsageError>(square, "[confusions] need {0} x {0} counts, got other ones", c.classes.size());
  return shares(c, drawn) + by_class(c);
}

}  // namespace grus::report
