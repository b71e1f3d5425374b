// A program written against an installed Grus and the folder of a trained model: lines come in, translations go out.
#include <cstdio>
#include <iostream>
#include <string>

#include <grus/seq2seq/translator.h>

int main(int, char** folder) {
  const grus::seq2seq::Translator translate(folder[1]);
  for (std::string line; std::getline(std::cin, line);) std::puts(translate(line).c_str());
}
