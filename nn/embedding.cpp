#include "nn/embedding.h"

#include "core/tensor/raw.h"
#include "nn/init.h"
#include "ops/math/index.h"

namespace grus::nn {

Embedding::Embedding(EmbeddingOptions given, Rng& rng) : options(given) {
  require<UsageError>(options.count > 0 && options.width > 0,
                      "[Embedding] need a count and width of at least 1, got {} and {}", options.count, options.width);
  require<UsageError>(!options.padding_index || (*options.padding_index >= 0 && *options.padding_index < options.count),
                      "[Embedding] need a padding_index in [0, {}), got {}", options.count,
                      options.padding_index.value_or(0));
  weight = param("weight", init::normal({options.count, options.width}, 0, 1, rng));
  zero_padding();
}

void Embedding::zero_padding() {
  if (!options.padding_index) return;
  Tensor row = Raw::rows(weight.leaf().mutable_value(), *options.padding_index, *options.padding_index + 1);
  row.device().check(row.device().kernels().fill(row.device().context(), Raw::write_view(row), 0), "zero_padding");
}

Tensor Embedding::forward(const Tensor& ids) const { return embedding(weight, ids, options.padding_index); }

}  // namespace grus::nn
