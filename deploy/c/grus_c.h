/* Models of Grus in use from C: a packed model (translate pack, classify pack, ...) is opened, asked, and closed.
 *
 *   grus_model* model = NULL;
 *   grus_answers* answers = NULL;
 *   const char* lines[] = {"ein hund ."};
 *   if (grus_open("de-en.grus", &model) || grus_run(model, lines, 1, &answers)) puts(grus_error());
 *   else puts(grus_answer(answers, 0));
 *   grus_answers_free(answers);
 *   grus_close(model);
 *
 * Texts are UTF-8 and end with a zero. A function that can fail returns a status, and where that is not GRUS_OK it has
 * changed nothing: what it would have made is not made, and grus_error() is one sentence that says why.
 *
 * Threads: a model is used by one thread at a time, whichever it is; different models by different threads at once.
 * Answers belong to nobody's thread. A model computes on all CPUs (grus_set: threads), which models share.
 */
#ifndef GRUS_C_H
#define GRUS_C_H

#include <stddef.h>

#if defined(__GNUC__)
#define GRUS_API __attribute__((visibility("default")))
#else
#define GRUS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct grus_model grus_model;     /* a model and its flags */
typedef struct grus_answers grus_answers; /* what a model said to some lines */

typedef enum {
  GRUS_OK = 0,
  GRUS_USAGE = 1, /* a flag or argument that has no meaning */
  GRUS_DATA = 2,  /* a file, a model or a text that cannot be read */
  GRUS_FAILED = 3 /* too little memory, or anything else */
} grus_status;

/* Returns the sentence of this thread's last failure, "" before one. It stays until the thread's next failure. */
GRUS_API const char* grus_error(void);
/* Returns the version, as "0.1.0". */
GRUS_API const char* grus_version(void);

/* Opens a packed model, or a model's folder. */
GRUS_API grus_status grus_open(const char* path, grus_model** model);
/* Opens a packed model in memory, which is not needed afterwards. `name` stands for its file in errors. */
GRUS_API grus_status grus_open_memory(const void* bytes, size_t size, const char* name, grus_model** model);
/* Closes a model; NULL does nothing. */
GRUS_API void grus_close(grus_model* model);

/* Returns the program whose model it is: "translate", "classify", "forecast" or "write". */
GRUS_API const char* grus_task(const grus_model* model);
/* Sets a flag of the program's command `run`, without dashes: "beam" to "1". */
GRUS_API grus_status grus_set(grus_model* model, const char* flag, const char* value);
/* Returns the value of a flag, NULL for one that the model does not read. It stays until the model's next call. */
GRUS_API const char* grus_get(grus_model* model, const char* flag);

/* Answers lines, without line ends, as the program's command `run` does: an answer for each. The lines of a forecast
 * are a table (CSV), with one answer to all. */
GRUS_API grus_status grus_run(grus_model* model, const char* const* lines, size_t count, grus_answers** answers);
GRUS_API size_t grus_answer_count(const grus_answers* answers);
/* Returns the text of an answer, NULL for one that is not there. */
GRUS_API const char* grus_answer(const grus_answers* answers, size_t index);
GRUS_API void grus_answers_free(grus_answers* answers);

/* translate: as grus_run, and answers know what each word of the translation looked at. */
GRUS_API grus_status grus_translate(grus_model* model, const char* const* lines, size_t count, grus_answers** answers);
/* Returns log p of a translation, 0 for other answers. */
GRUS_API double grus_log_probability(const grus_answers* answers, size_t index);
/* Returns the weights of attention, (targets, sources) row by row, of the pieces of one translation, whose last target
 * is the sentence's end; NULL, and sizes of 0, where there is none. They stay as long as the answers. */
GRUS_API const float* grus_attention(const grus_answers* answers, size_t index, size_t* targets, size_t* sources);
/* Return a piece of the source or of the translation, NULL for one that is not there. */
GRUS_API const char* grus_source_piece(const grus_answers* answers, size_t index, size_t piece);
GRUS_API const char* grus_target_piece(const grus_answers* answers, size_t index, size_t piece);

/* classify: how many classes there are, their names, and for each line the probability of each, (count, classes). */
GRUS_API size_t grus_class_count(const grus_model* model);
GRUS_API const char* grus_class_name(const grus_model* model, size_t index);
GRUS_API grus_status grus_classify(grus_model* model, const char* const* lines, size_t count, float* probabilities);

/* forecast: the rows that it reads at least and that it gives, and the columns of both. */
GRUS_API grus_status grus_forecast_sizes(const grus_model* model, size_t* window, size_t* horizon, size_t* columns);
GRUS_API const char* grus_column_name(const grus_model* model, size_t index);
/* Forecasts the rows behind values (rows, columns), NaN where one is missing. `dates` holds one for each row, as
 * "2024-05-31 13:00"; NULL for a model that is not told the calendar. Writes three times (horizon, columns) numbers:
 * what is forecast, and the lower and the upper end of its interval. */
GRUS_API grus_status grus_forecast(grus_model* model, const double* values, size_t rows, const char* const* dates,
                                   float* numbers);

/* write: the `count` likeliest next words of a text that is being typed, or completions of its last word. Answers may
 * be fewer. */
GRUS_API grus_status grus_suggest(grus_model* model, const char* text, size_t count, grus_answers** answers);
/* Returns the probability of a suggestion, 0 for other answers. */
GRUS_API double grus_probability(const grus_answers* answers, size_t index);

#ifdef __cplusplus
}
#endif

#endif
