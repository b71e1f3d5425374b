// Texts that ranks send one another, whose lengths the others do not know.
#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "parallel/communicator.h"
#include "parallel/letter.h"

namespace grus::parallel {
namespace {

// Texts in a row, each behind its length.
std::string packed(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    const uint64_t length = text.size();
    all.append(reinterpret_cast<const char*>(&length), sizeof length);
    all += text;
  }
  return all;
}

void unpack(const std::string& all, std::vector<std::string>& texts) {
  for (size_t at = 0; at < all.size();) {
    uint64_t length = 0;
    std::memcpy(&length, all.data() + at, sizeof length);
    texts.push_back(all.substr(at + sizeof length, length));
    at += sizeof length + length;
  }
}

}  // namespace

// Sends what fits into the first message, and what stands behind it.
void Communicator::post(int to, int tag, Letter& letter) {
  letter.requests.push_back(send(to, tag, &letter.first, sizeof(Letter::First)));
  send_all(to, tag, std::as_bytes(Letter::rest(letter.text)), letter.requests);
}

std::string Communicator::received(int from, int tag) {
  Letter::First first;
  wait({transport_->receive(from, tag, &first, sizeof first)});
  std::string text = first.begun();
  std::vector<int64_t> requests;
  receive_all(from, tag, std::as_writable_bytes(Letter::rest(text)), requests);
  wait(std::move(requests));
  return text;
}

// Returns the texts of the others, all of whom send theirs.
std::vector<std::string> Communicator::exchange(const std::vector<int>& others, int tag, const std::string& text) {
  Letter own(text);
  std::vector<Letter::First> first(others.size());
  std::vector<int64_t> requests;
  for (size_t i = 0; i < others.size(); ++i)
    requests.push_back(transport_->receive(others[i], tag, &first[i], sizeof first[i]));
  for (const int other : others) post(other, tag, own);
  wait(std::exchange(requests, {}));
  std::vector<std::string> texts;
  texts.reserve(first.size());
  for (const Letter::First& one : first) texts.push_back(one.begun());
  for (size_t i = 0; i < others.size(); ++i)
    receive_all(others[i], tag, std::as_writable_bytes(Letter::rest(texts[i])), requests);
  requests.insert(requests.end(), own.requests.begin(), own.requests.end());
  wait(std::move(requests));
  return texts;
}

// The place stands ahead of a text, so that ranks whose programs go different ways say so.
std::string Communicator::opened(const std::string& place, int rank, std::string text) const {
  const size_t end = text.find('\n');
  const std::string there = text.substr(0, end);
  require<Error>(there == place,
                 "[ranks] need all ranks at one place of the program, got rank {} at '{}' and rank {} at '{}'",
                 this->rank(), place, rank, there);
  return text.erase(0, end + 1);
}

// Behind each stage a rank has the texts of a larger block of ranks.
std::vector<std::string> Communicator::gather(const std::string& place, const std::string& text) {
  if (!several()) return {text};
  const int tag = next_tag();
  std::vector<std::string> known = {text};
  for (const Stage& stage : stages_) {
    const int me = stage.digit(rank());
    std::vector<int> others;
    for (int digit = 0; digit < stage.radix; ++digit)
      if (digit != me) others.push_back(stage.member(rank(), digit));
    const std::string own = packed(known);
    std::string sent = place;
    sent += '\n';
    sent += own;
    std::vector<std::string> received = exchange(others, tag, sent);
    for (size_t i = 0; i < others.size(); ++i) received[i] = opened(place, others[i], std::move(received[i]));
    received.insert(received.begin() + me, own);
    known.clear();
    for (const std::string& block : received) unpack(block, known);
  }
  return known;
}

std::vector<std::string> Communicator::to_leader(const std::string& place, const std::string& text) {
  if (!several()) return {text};
  const int tag = next_tag();
  if (!leads()) {
    Letter own(place + '\n' + text);
    post(0, tag, own);
    wait(std::move(own.requests));
    return {};
  }
  std::vector<std::string> texts = {text};
  for (int from = 1; from < size(); ++from) texts.push_back(opened(place, from, received(from, tag)));
  return texts;
}

std::string Communicator::from_leader(const std::string& place, const std::string& text) {
  if (!several()) return text;
  const int tag = next_tag();
  std::erase_if(letters_, [this](const std::unique_ptr<Letter>& letter) {
    std::erase_if(letter->requests, [this](int64_t request) { return transport_->done(request); });
    return letter->requests.empty();
  });
  const std::string all = leads() ? place + '\n' + text : received(parent_of(stages_, rank()), tag);
  Letter& letter = *letters_.emplace_back(std::make_unique<Letter>(all));
  for (const int to : children_of(stages_, rank())) post(to, tag, letter);
  return leads() ? text : opened(place, 0, all);
}

void Communicator::wait_for_letters() {
  for (const std::unique_ptr<Letter>& letter : letters_) wait(std::exchange(letter->requests, {}));
}

}  // namespace grus::parallel
