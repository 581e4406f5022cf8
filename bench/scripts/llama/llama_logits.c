/*
 * Tells what llama.cpp makes of a GGUF file, by its library alone: the logits after each of some
 * tokens, and the tokens that it finds most probable one after the other. compare_llama.py puts them
 * beside gpt2j's. build.sh makes the program.
 *
 *   llama-logits -m FILE.gguf [-t THREADS] [-n STEPS] [-o LOGITS] ID…
 *
 * Evaluates the tokens one by one, as generation does, and then STEPS more, each the most probable
 * one after those before; prints those as numbers in a line. LOGITS gets, for each token given, as
 * many float32 numbers as the vocabulary has tokens, of this machine's byte order.
 *
 * Keys and values are kept in float32, as gpt2j keeps them, and not in llama.cpp's own float16; and
 * attention is computed without its flash attention, which makes float16 of them all the same. As in
 * llama_bench.c llama.h isn't needed; where these settings lie in the parameters of a context is
 * looked for, and what the library says of them tells whether that was right.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOKENS = 4096, ERROR = 4, GGML_F32 = 0, GGML_F16 = 1 };

struct llama_model;
struct llama_context;
struct llama_vocab;

struct model_params {
  char rest[1024];
};

struct context_params {
  uint32_t n_ctx;
  uint32_t n_batch;
  uint32_t n_ubatch;
  uint32_t rest[256];
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
float *llama_get_logits_ith(struct llama_context *context, int32_t row);

static bool cache_is_f32, flash_is_off;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "llama-logits: %s%s\n", what, which);
  exit(1);
}

static void listen(int level, const char *text, void *data) {
  (void)data;
  if (level == ERROR) {
    fputs(text, stderr);
  }
  if (strstr(text, "K (f32)") != NULL && strstr(text, "V (f32)") != NULL) {
    cache_is_f32 = true;
  }
  const char *flash = strstr(text, "flash_attn ");
  if (flash != NULL && strstr(flash, "= disabled") != NULL) {
    flash_is_off = true;
  }
}

static int number(const char *option, const char *text) {
  char *end;
  long value = text == NULL ? -1 : strtol(text, &end, 10);
  if (value < 0 || value > 1 << 24 || end == text || *end != 0) {
    fail("needs a number: ", option);
  }
  return (int)value;
}

/* Of four enumerations in a row, all -1, the last is flash_attn_type: automatic. */
static void attend_without_flash(struct context_params *params) {
  for (int i = 3; i < 40; i++) {
    uint32_t *at = params->rest + i;
    if ((at[-3] & at[-2] & at[-1] & at[0]) == UINT32_MAX) {
      at[0] = 0;
      return;
    }
  }
  fail("the parameters of a context lie elsewhere in these libraries", "");
}

/*
 * type_k and type_v lie side by side, both F16, and behind two null pointers, those of a callback
 * that there isn't.
 */
static void keep_cache_in_f32(struct context_params *params) {
  for (int i = 4; i < 40; i++) {
    uint32_t *at = params->rest + i;
    if ((at[-4] | at[-3] | at[-2] | at[-1]) == 0 && at[0] == GGML_F16 && at[1] == GGML_F16) {
      at[0] = GGML_F32;
      at[1] = GGML_F32;
      return;
    }
  }
  fail("the parameters of a context lie elsewhere in these libraries", "");
}

static int32_t largest(const float *logits, int32_t count) {
  int32_t best = 0;
  for (int32_t i = 1; i < count; i++) {
    if (logits[i] > logits[best]) {
      best = i;
    }
  }
  return best;
}

int main(int count, char **arguments) {
  const char *file = NULL, *out = NULL;
  int threads = 1, steps = 0, given = 0;
  static int32_t tokens[MOST_TOKENS];
  for (int i = 1; i < count; i++) {
    const char *option = arguments[i];
    if (option[0] != '-') {
      if (given == MOST_TOKENS) {
        fail("has too many tokens: ", "4096 are the most");
      }
      tokens[given++] = number("ID", option);
      continue;
    }
    const char *value = arguments[++i]; /* NULL behind the last */
    if (value == NULL) {
      fail("has no value: ", option);
    } else if (strcmp(option, "-m") == 0) {
      file = value;
    } else if (strcmp(option, "-t") == 0) {
      threads = number(option, value);
    } else if (strcmp(option, "-n") == 0) {
      steps = number(option, value);
    } else if (strcmp(option, "-o") == 0) {
      out = value;
    } else {
      fail("unknown option: ", option);
    }
  }
  if (file == NULL || given == 0) {
    fprintf(stderr, "usage: llama-logits -m FILE.gguf [-t THREADS] [-n STEPS] [-o LOGITS] ID…\n");
    return 2;
  }
  llama_log_set(listen, NULL);
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
  params.n_ctx = (uint32_t)(given + steps);
  keep_cache_in_f32(&params);
  attend_without_flash(&params);
  struct llama_context *context = llama_init_from_model(model, params);
  if (context == NULL) {
    fail("no context for ", file);
  }
  if (!cache_is_f32 || !flash_is_off) {
    fail("attention isn't in float32 with these libraries", "");
  }
  llama_set_n_threads(context, threads, threads);
  int32_t vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  FILE *logits_file = out == NULL ? NULL : fopen(out, "wb");
  if (out != NULL && logits_file == NULL) {
    fail("can't be written: ", out);
  }
  int32_t token = 0;
  for (int i = 0; i < given + steps; i++) {
    token = i < given ? tokens[i] : token;
    if (token >= vocabulary) {
      fail("has no such token: ", file);
    }
    if (i >= given) {
      printf("%s%d", i == given ? "" : " ", token);
    }
    if (i == given + steps - 1 && i >= given) {
      break; /* nobody asks what follows the last */
    }
    if (llama_decode(context, llama_batch_get_one(&token, 1)) != 0) {
      fail("can't be evaluated: ", file);
    }
    const float *logits = llama_get_logits_ith(context, -1);
    if (logits == NULL) {
      fail("gives no logits: ", file);
    }
    if (i < given && logits_file != NULL
        && fwrite(logits, sizeof(float), (size_t)vocabulary, logits_file) != (size_t)vocabulary) {
      fail("can't be written: ", out);
    }
    token = largest(logits, vocabulary);
  }
  puts("");
  if (logits_file != NULL && fclose(logits_file) != 0) {
    fail("can't be written: ", out);
  }
  fflush(stdout);
  _Exit(0); /* the libraries' own clearing up is nobody's concern any more */
}
