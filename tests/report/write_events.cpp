// Writes event files for read_events.py, which reads them with TensorBoard: write_events FOLDER
#include <cstdint>
#include <vector>

#include "report/event_file.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  {
    grus::report::EventFile events(argv[1]);
    for (int64_t step = 1; step <= 10; ++step) events.scalar("loss/train", step, 1.0 / static_cast<double>(step));
    events.text("options", 0, "| name | value |\n|---|---|\n| größe | 0.1 |");
    events.histogram("weights", 3, std::vector<double>{-1, 0, 0.5, 1, 1});
    std::vector<uint8_t> pixels;
    for (int i = 0; i < 4 * 5; ++i) pixels.insert(pixels.end(), {static_cast<uint8_t>(12 * i), 0, 255});
    events.image("picture", 4, {.height = 4, .width = 5, .channels = 3, .values = pixels});
  }
  // A run killed behind step 10, whose state was saved at step 6, goes on.
  grus::report::EventFile events(argv[1], 7);
  for (int64_t step = 7; step <= 8; ++step) events.scalar("loss/train", step, 2.0);
}
