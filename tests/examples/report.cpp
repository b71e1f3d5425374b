#include "examples/seq2seq/report.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "tests/support/well_formed.h"

using namespace grus::seq2seq;
using grus::test::contains;
using grus::test::count;
using grus::test::not_well_formed;

namespace {

EpochMetrics epoch(int64_t number, double loss, double bleu) {
  return {.epoch = number,
          .step = number * 100,
          .train_loss = loss + 0.3,
          .valid_loss = loss,
          .valid_perplexity = std::exp(loss),
          .valid_bleu = bleu,
          .target_tokens_per_second = 2400,
          .seconds = 200};
}

Report full_report() {
  Report report;
  report.model = "Bahdanau et al. 2014 <small> & quick";
  report.source_name = "German";
  report.target_name = "English";
  report.epochs = {epoch(1, 4.2, 10.3), epoch(2, 3.0, 30.1), epoch(3, 1.9, 29.8)};
  report.test_bleu_beam = 40.53;
  report.test_bleu_greedy = 39.12;
  report.bleu_signature = "nrefs:1|tok:none";
  report.train_pairs = 29000;
  report.length_bins = {{1, 5, 24, 48.2}, {6, 10, 300, 41}, {11, 0, 12, not_measured}};
  report.alignments = {{{"ein", "Hund", "</s>"}, {"a", "dog"}, {0.9F, 0.1F, 0, 0, 0.8F, 0.2F}}, {}};
  report.samples = {
      {"Ein Hund.", "A dog.", "A <unk> dog."}, {"Zwei Hunde.", "", "\xff & \"two\" dogs"}, {"x", "y", ""}};
  report.summary = {{"encoder.weight_ih_l0", "(768, 256)", 196608}, {"output.bias", "(6000)", 6000}};
  report.options = {{"dropout", "0.35"}, {"name", "<script>alert('x')</script>"}, {"empty", ""}};
  report.command = "translate train --out 'a & b'";
  report.cpu = "some CPU";
  report.version = "Grus 0.1.0";
  report.date = "2026-01-02";
  report.seed = 7;
  return report;
}

}  // namespace

TEST_CASE("report: the page is well-formed and escapes what it is given") {
  const std::string page = render_report(full_report());
  CHECK(not_well_formed(page) == "");
  CHECK_FALSE(contains(page, "<script"));
  CHECK_FALSE(contains(page, "\xff"));
  CHECK(contains(page, "&lt;small&gt; &amp; quick"));
  CHECK(contains(page, "&lt;script&gt;alert(&#39;x&#39;)"));
  CHECK(contains(page, "translate train --out &#39;a &amp; b&#39;"));
}

TEST_CASE("report: nothing is fetched from a network") {
  const std::string page = render_report(full_report());
  for (const char* fetching : {"src=", "<link", "@import", "url(", "<iframe", "<img"})
    CHECK_FALSE(contains(page, fetching));
  // Two things have an address: SVG's namespace, and the paper as a link to follow.
  CHECK(count(page, "http") == count(page, "xmlns=\"http://www.w3.org/2000/svg\"") +
                                   count(page, "<a href=\"https://arxiv.org/abs/1409.0473\">"));
}

TEST_CASE("report: headline figures are those of the best epoch and the test set") {
  const std::string page = render_report(full_report());
  CHECK(contains(page, "<title>German → English, BLEU 40.5 · Grus</title>"));
  CHECK(contains(page, "<dd>40.5<small>beam 5</small>"));
  CHECK(contains(page, "<dd>39.1<small>greedy</small>"));
  CHECK(contains(page, "<dd>30.1<small>epoch 2</small>"));
  CHECK(contains(page, "<dd>10 min<small>3 epochs</small>"));
  CHECK(contains(page, "<dd>2,400<small>target tokens/s</small>"));
  CHECK(contains(page, "<dd>202,600<small>202,608</small>"));
  CHECK(contains(page, "30.1 at epoch 2</text>"));
}

TEST_CASE("report: the epoch whose weights were kept may be named, and perplexity decides where BLEU is missing") {
  Report report = full_report();
  report.best_epoch = 3;
  CHECK(contains(render_report(report), "<dd>29.8<small>epoch 3</small>"));
  report.best_epoch = 0;
  for (EpochMetrics& e : report.epochs) e.valid_bleu = not_measured;
  const std::string page = render_report(report);
  CHECK(contains(page, "<dd>6.69<small>validation</small>"));
  CHECK_FALSE(contains(page, "Validation BLEU"));
}

TEST_CASE("report: figures are numbered in the order of the page") {
  const std::string page = render_report(full_report());
  size_t last = 0;
  for (const char* figure : {"Figure 1.", "Figure 2.", "Figure 3.", "Figure 4.", "Figure 5."}) {
    const size_t at = page.find(figure);
    CHECK(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
  CHECK_FALSE(contains(page, "Figure 6."));
}

TEST_CASE("report: what was not measured leaves no hole") {
  Report one;
  one.epochs = {epoch(1, 5.1, not_measured)};
  one.alignments = {{}};
  Report nan = full_report();
  nan.epochs = {EpochMetrics{.epoch = 1}};
  nan.length_bins = {{1, 5, 0, not_measured}};
  for (const Report& report : {Report{}, one, nan}) {
    const std::string page = render_report(report);
    CHECK(not_well_formed(page) == "");
    CHECK_FALSE(contains(page, "nan"));
    CHECK_FALSE(contains(page, "inf "));
  }
  CHECK(contains(render_report(Report{}), "No epoch was finished"));
  CHECK_FALSE(contains(render_report(Report{}), "<svg"));
}

TEST_CASE("report: words that the reference lacks are marked, each of its words pardons one") {
  Report report;
  report.samples = {{"s", "A dog, a dog.", "A dog dog dog & cat."}};
  CHECK(contains(render_report(report), "A dog dog <mark>dog</mark> <mark>&amp;</mark> <mark>cat.</mark>"));
}

TEST_CASE("report: a long command has an option a line, one with quotes stays as it is") {
  Report report;
  report.command = "translate train --train-src a.de --train-tgt a.en --valid-src b.de --valid-tgt b.en --out model";
  CHECK(contains(render_report(report), "train \\\n  --train-src a.de \\\n  --train-tgt a.en"));
  report.command += " --name 'x --y'";
  CHECK(contains(render_report(report), "train --train-src a.de --train-tgt a.en"));
}

TEST_CASE("alignment picture: a file of its own on white, also without words") {
  const std::string svg = render_alignment_svg({{"ein", "Hund"}, {"dog"}, {0.25F, 0.75F}});
  CHECK(svg.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(contains(svg, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"));
  CHECK(not_well_formed(svg) == "");
  CHECK(not_well_formed(render_alignment_svg({})) == "");
  CHECK_THROWS_AS(render_alignment_svg({{"a"}, {"b"}, {}}), grus::UsageError);
}
