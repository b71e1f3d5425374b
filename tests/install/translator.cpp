// A program of somebody who has Grus installed and the folder of a trained model: lines in, their translations out.
#include <cstdio>
#include <iostream>
#include <string>

#include <grus/seq2seq/translator.h>

int main(int, char** folder) {
  const grus::seq2seq::Translator translate(folder[1]);
  for (std::string line; std::getline(std::cin, line);) std::puts(translate(line).c_str());
}
