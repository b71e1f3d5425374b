#pragma once
// The blocks of docs/recipes.md find these names in their scope.
#include <doctest/doctest.h>

#include <functional>
#include <thread>

#include "core/base/atomic_file.h"
#include "data/batch/batches.h"
#include "data/batch/series.h"
#include "data/batch/token_stream.h"
#include "data/fetch/find_model.h"
#include "data/read/npy.h"
#include "data/read/table.h"
#include "data/read/text.h"
#include "data/read/wav.h"
#include "data/text/keras_tokenizer.h"
#include "data/text/word_vectors.h"
#include "formats/gguf.h"
#include "formats/keras_file.h"
#include "formats/keras_modules.h"
#include "formats/torch_file.h"
#include "grus.h"
#include "language/suggest.h"
#include "report/chart.h"
#include "report/event_file.h"
#include "report/page.h"
#include "seq2seq/translator.h"
#include "tasks/classify/classifier.h"
#include "tests/support/folder.h"
#include "training/carried.h"

using namespace grus;

class Model : public nn::Module<Model> {
 public:
  explicit Model(Rng& rng)
      : encoder(child("encoder", nn::Gru({.input = 3, .hidden = 4}, rng))),
        output(child("output", nn::Linear(4, 1, rng))) {}
  Tensor forward(const Tensor& x) const { return output(encoder(x).state.h[0]); }
  nn::Gru encoder;
  nn::Linear output;
};

struct Recipe {
  Rng rng{1};
  Model model{rng};
  nn::Embedding embedding{nn::EmbeddingOptions{.count = 7, .width = 4}, rng};
  nn::Linear output{4, 7, rng};
  optim::Adam optimizer{model.named_parameters()};
  const test::Folder scratch;
  const std::filesystem::path& folder = scratch.root();
  const Tensor x = random_normal({5, 2, 3}, 0, 1, rng), target = random_normal({2, 1}, 0, 1, rng);
};
