// What `pronounce` does without a command: it learns from words that the program carries, and says others.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/folder.h"
#include "examples/pronounce/commands.h"
#include "examples/pronounce/demo_data.h"

namespace grus::tasks::pronounce {

int demo() {
  const std::string folder = "pronounce-demo";
  make_folder(folder);
  TrainOptions o;
  o.dictionary = folder + "/cmudict.txt.gz";
  o.sizes = {.embedding = 48, .hidden = 128};
  o.training.epochs = 14;
  o.training.batch = 64;
  o.training.lr = 5e-3;
  o.training.average = 0.99;
  o.training.warmup = 50;
  o.training.out = folder + "/model";
  o.training.overwrite = true;
  write_file_atomically(o.dictionary, cmudict_txt_gz);
  fmt::print("6,000 short English words (CMUdict, Carnegie Mellon University): letters in, phones out.\n");
  if (const int code = train(o, "pronounce"); code != 0) return code;
  fmt::print("\nWords that it has never seen:\n");
  RunOptions run_options;
  run_options.use.model = o.training.out;
  run_options.page = folder + "/letters-and-phones.html";
  run_options.words = {"grus", "tensor", "shoogle", "blorf", "phonic", "knighty", "jabber", "wonk"};
  run(run_options, "pronounce");
  fmt::print(
      "\nNow you:\n"
      "  ./dev run pronounce run --model pronounce-demo/model --n-best 3 yourword\n"
      "  ./dev data cmudict && ./dev run pronounce train --dictionary downloads/cmudict/cmudict.dict --out english\n"
      "pronounce-demo/letters-and-phones.html draws which letters each phone came from; "
      "pronounce-demo/model/report.html "
      "has errors.\n");
  return 0;
}

}  // namespace grus::tasks::pronounce
