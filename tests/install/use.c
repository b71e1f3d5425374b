/* A program in C99: translates its arguments behind the first, the model, and shows what each word looked at. */
#include <grus/grus_c.h>
#include <stdio.h>

static int failed(void) {
  fprintf(stderr, "use: %s\n", grus_error());
  return 1;
}

static void show(const grus_answers* answers, size_t index) {
  size_t targets = 0, sources = 0, row, column;
  const float* weights = grus_attention(answers, index, &targets, &sources);
  printf("%s\n", grus_answer(answers, index));
  for (row = 0; row < targets; ++row) {
    size_t best = 0;
    for (column = 1; column < sources; ++column)
      if (weights[row * sources + column] > weights[row * sources + best]) best = column;
    printf("  %s <- %s\n", grus_target_piece(answers, index, row), grus_source_piece(answers, index, best));
  }
}

int main(int argc, char** argv) {
  grus_model* model = NULL;
  grus_answers* answers = NULL;
  size_t i;
  if (argc < 3) return 2;
  if (grus_open(argv[1], &model) != GRUS_OK) return failed();
  if (grus_set(model, "beam", "3") != GRUS_OK) return failed();
  if (grus_translate(model, (const char* const*)argv + 2, (size_t)argc - 2, &answers) != GRUS_OK) return failed();
  for (i = 0; i < grus_answer_count(answers); ++i) show(answers, i);
  grus_answers_free(answers);
  grus_close(model);
  return 0;
}
