// A program that writes a model in ONNX, reads it back, and has SentencePiece beside it, whose protobuf is another one.
#include <grus/data/text/codec.h>
#include <grus/data/text/sentencepiece.h>
#include <grus/formats/onnx.h>
#include <grus/grus.h>

#include <cstdio>

int main(int, char** arguments) {
  using namespace grus;
  nn::Gru gru({.input = 3, .hidden = 4});
  gru.eval();
  formats::save_onnx(arguments[1], gru, {{"x", Tensor::ones({5, 2, 3}), {"time", "batch"}}}, {.outputs = {"y", "h"}});
  std::printf("%zu tensors\n", formats::read_onnx(arguments[1]).tensors.size());
  if (data::sentencepiece_available()) data::Codec::learn({{{"a b c", "ab ab"}}}, {.kind = "bpe", .size = 12});
}
