/*
 * Measures llama.cpp by its library alone, for where its own llama-bench isn't at hand, such as with
 * the libraries that npm's @node-llama-cpp/linux-x64 carries. Takes those of llama-bench's options
 * that `bin/cli bench baselines` gives, and writes what that reads:
 *
 *   llama-bench -m FILE.gguf [-t THREADS] [-p PROMPT | -n STEPS [-d DEPTH]] [-r TIMES] [-o json]
 *
 * A prompt of random tokens is evaluated at once, from an empty cache, logits of the last alone; or
 * so many tokens one after the other, each with logits, after DEPTH others that don't count. Before
 * the TIMES there is one that doesn't count. build.sh makes the program.
 *
 * llama.h isn't needed: of the two structures that are passed by value only the first numbers are
 * touched, and what is behind them travels as it came. They are made larger than they can be.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { UNUSED_LAYERS = 0, MOST_TOKENS = 1 << 20 };

struct llama_model;
struct llama_context;
struct llama_vocab;
typedef struct llama_memory *llama_memory_t;

struct model_params {
  char rest[1024];
};

struct context_params {
  uint32_t n_ctx;
  uint32_t n_batch;
  uint32_t n_ubatch;
  char rest[1024];
};

struct batch {
  int32_t n_tokens;
  char rest[124];
};

void ggml_backend_load_all_from_path(const char *folder);
void llama_backend_init(void);
void llama_log_set(void (*log)(int, const char *, void *), void *data);
struct model_params llama_model_default_params(void);
struct context_params llama_context_default_params(void);
struct llama_model *llama_model_load_from_file(const char *path, struct model_params params);
struct llama_context *llama_init_from_model(struct llama_model *model, struct context_params params);
void llama_set_n_threads(struct llama_context *context, int32_t one, int32_t many);
const struct llama_vocab *llama_model_get_vocab(const struct llama_model *model);
int32_t llama_vocab_n_tokens(const struct llama_vocab *vocab);
struct batch llama_batch_get_one(int32_t *tokens, int32_t count);
int32_t llama_decode(struct llama_context *context, struct batch batch);
void llama_synchronize(struct llama_context *context);
llama_memory_t llama_get_memory(const struct llama_context *context);
void llama_memory_clear(llama_memory_t memory, bool data);

static int32_t vocabulary;
static struct llama_context *context;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "llama-bench: %s%s\n", what, which);
  exit(1);
}

static void silent(int level, const char *text, void *data) {
  (void)data;
  if (level == 4) { /* errors */
    fputs(text, stderr);
  }
}

static void evaluate(int32_t *tokens, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    tokens[i] = rand() % vocabulary;
  }
  if (llama_decode(context, llama_batch_get_one(tokens, count)) != 0) {
    fail("the model can't be evaluated", "");
  }
}

static int64_t nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int64_t measured(int32_t *tokens, int prompt, int steps, int depth) {
  llama_memory_clear(llama_get_memory(context), false);
  if (depth > 0) {
    evaluate(tokens, depth);
    llama_synchronize(context);
  }
  int64_t begin = nanos();
  if (prompt > 0) {
    evaluate(tokens, prompt);
  }
  for (int step = 0; step < steps; step++) {
    evaluate(tokens, 1);
    llama_synchronize(context);
  }
  llama_synchronize(context);
  return nanos() - begin;
}

static int number(const char *option, const char *text) {
  char *end;
  long value = text == NULL ? -1 : strtol(text, &end, 10);
  if (value < 0 || value > MOST_TOKENS || *end != 0) {
    fail("needs a number: ", option);
  }
  return (int)value;
}

int main(int count, char **arguments) {
  const char *file = NULL;
  int threads = 1, prompt = 0, steps = 0, depth = 0, times = 5;
  for (int i = 1; i < count; i += 2) {
    const char *option = arguments[i];
    const char *value = arguments[i + 1]; /* NULL behind the last */
    if (strcmp(option, "--help") == 0) {
      puts("llama-bench -m FILE [-t N] [-p, --n-prompt N] [-n, --n-gen N] [-d, --n-depth N] [-r N] [-o json]");
      return 0;
    } else if (strcmp(option, "-m") == 0) {
      file = value;
    } else if (strcmp(option, "-t") == 0) {
      threads = number(option, value);
    } else if (strcmp(option, "-p") == 0) {
      prompt = number(option, value);
    } else if (strcmp(option, "-n") == 0) {
      steps = number(option, value);
    } else if (strcmp(option, "-d") == 0) {
      depth = number(option, value);
    } else if (strcmp(option, "-r") == 0) {
      times = number(option, value);
    } else if (strcmp(option, "-ngl") == 0) {
      if (number(option, value) != UNUSED_LAYERS) {
        fail("computes on the processor alone: ", option);
      }
    } else if (strcmp(option, "-o") != 0 || value == NULL || strcmp(value, "json") != 0) {
      fail("unknown option: ", option);
    }
  }
  if (file == NULL || prompt + steps == 0) {
    fail("needs -m, and -p or -n", "");
  }
  llama_log_set(silent, NULL);
  ggml_backend_load_all_from_path(LIBRARIES);
  llama_backend_init();
  struct llama_model *model = llama_model_load_from_file(file, llama_model_default_params());
  if (model == NULL) {
    fail("can't be loaded: ", file);
  }
  struct context_params params = llama_context_default_params();
  if (params.n_batch != 2048 || params.n_ubatch != 512) {
    fail("the parameters of a context lie elsewhere in these libraries", "");
  }
  params.n_ctx = (uint32_t)(prompt + steps + depth);
  context = llama_init_from_model(model, params);
  if (context == NULL) {
    fail("no context for ", file);
  }
  llama_set_n_threads(context, threads, threads);
  vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  int32_t *tokens = malloc(sizeof(int32_t) * (size_t)(prompt + steps + depth));
  if (tokens == NULL) {
    fail("no memory", "");
  }
  measured(tokens, prompt, steps < 4 ? steps : 4, 0);
  printf("[{\"build_number\": \"" VERSION "\", \"build_commit\": \"libllama\", \"backends\": \"CPU\", ");
  printf("\"n_threads\": %d, \"samples_ns\": [", threads);
  for (int i = 0; i < times; i++) {
    printf("%s%lld", i == 0 ? "" : ", ", (long long)measured(tokens, prompt, steps, depth));
  }
  puts("]}]");
  free(tokens);
  fflush(stdout);
  _Exit(0); /* the libraries' own clearing up is nobody's concern any more */
}
