// A program written against an installed Grus and a model of `classify`: lines come in, their classes go out.
#include <cstdio>
#include <iostream>
#include <string>

#include <grus/tasks/classify/classifier.h>

int main(int, char** folder) {
  const grus::tasks::classify::Loaded topics = grus::tasks::classify::load({.model = folder[1]});
  for (std::string line; std::getline(std::cin, line);)
    std::puts(topics.reader.classes[topics.judge({line}).front().said].c_str());
}
