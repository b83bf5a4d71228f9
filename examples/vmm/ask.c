#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HVC_0 0xd4000002u
#define SMC_0 0xd4000003u

#define MOST_WORDS 8

/* Cuts the line into words, without its comment; MOST_WORDS + 1: too many. */
static int split(char *line, char *words[MOST_WORDS]) {
  char *rest = NULL;
  char *word;
  int count = 0;
  line[strcspn(line, "#\r\n")] = '\0';
  for (word = strtok_r(line, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
    if (count == MOST_WORDS) return MOST_WORDS + 1;
    words[count++] = word;
  }
  return count;
}

static int parse_number(const char *word, uint64_t most, uint64_t *number) {
  char *end;
  if (strcmp(word, "scratch") == 0) {
    *number = AGENT_SCRATCH;
    return 0;
  }
  if (*word == '-') return -1;
  errno = 0;
  *number = strtoull(word, &end, 16);
  return end == word || *end != '\0' || errno != 0 || *number > most ? -1 : 0;
}

static int parse_numbers(char *const *words, int count, uint64_t *numbers, int most) {
  int index;
  if (count > most) return -1;
  for (index = 0; index < count; index++)
    if (parse_number(words[index], UINT64_MAX, &numbers[index]) < 0) return -1;
  return 0;
}

static int parse_name(const char *word, char name[ASK_NAME_SIZE]) {
  if (strlen(word) >= ASK_NAME_SIZE) return -1;
  strcpy(name, word);
  return 0;
}

static int parse_word(const char *word, uint32_t *instruction) {
  uint64_t number;
  if (parse_number(word, UINT32_MAX, &number) < 0) return -1;
  *instruction = (uint32_t)number;
  return 0;
}

static int parse(char *const *words, int count, struct ask *ask) {
  uint64_t level;
  memset(ask, 0, sizeof *ask);
  ask->level = -1;
  if (strcmp(words[0], "register") == 0 && count == 3) {
    ask->kind = ASK_REGISTER;
    return parse_name(words[1], ask->name) < 0 ? -1 : parse_word(words[2], &ask->instruction);
  }
  if (strcmp(words[0], "call") == 0 && count >= 2) {
    ask->kind = ASK_CALL;
    return parse_numbers(words + 1, count - 1, ask->x, 4);
  }
  if (strcmp(words[0], "instruction") == 0 && count >= 4) {
    ask->kind = ASK_INSTRUCTION;
    if (parse_name(words[1], ask->name) < 0 || parse_number(words[2], 2, &level) < 0) return -1;
    ask->level = (int)level;
    return parse_word(words[3], &ask->instruction) < 0 ? -1 : parse_numbers(words + 4, count - 4, ask->x, 4);
  }
  return -1;
}

static int append(struct ask_list *list, const struct ask *ask) {
  /* Room doubles: it is full whenever the count is zero or a power of two. */
  if ((list->count & (list->count - 1)) == 0) {
    struct ask *larger = realloc(list->asks, (list->count == 0 ? 1 : 2 * list->count) * sizeof *larger);
    if (larger == NULL) return -1;
    list->asks = larger;
  }
  list->asks[list->count] = *ask;
  list->asks[list->count++].first = list->questions;
  list->questions += ask->kind == ASK_CALL ? 2 : 1;
  return 0;
}

static int read_lines(struct ask_list *list, const char *path, FILE *file) {
  char line[512];
  unsigned number;
  for (number = 1; fgets(line, sizeof line, file) != NULL; number++) {
    char *words[MOST_WORDS];
    const int count = split(line, words);
    struct ask ask;
    if (count == 0) continue;
    if (count > MOST_WORDS || parse(words, count, &ask) < 0) {
      fprintf(stderr, "vmm: %s:%u: not a question\n", path, number);
      return -1;
    }
    if (append(list, &ask) < 0) {
      fprintf(stderr, "vmm: %s: %s\n", path, strerror(ENOMEM));
      return -1;
    }
  }
  if (ferror(file)) {
    fprintf(stderr, "vmm: %s: %s\n", path, strerror(errno));
    return -1;
  }
  return 0;
}

int ask_read(struct ask_list *list, const char *path) {
  FILE *file = fopen(path, "r");
  int result;
  memset(list, 0, sizeof *list);
  if (file == NULL) {
    fprintf(stderr, "vmm: %s: %s\n", path, strerror(errno));
    return -1;
  }
  result = read_lines(list, path, file);
  fclose(file);
  if (result < 0) ask_free(list);
  return result;
}

void ask_free(struct ask_list *list) {
  free(list->asks);
  memset(list, 0, sizeof *list);
}

struct agent_outcome *ask_all(const struct ask_list *list, struct agent_host *host, size_t *answered) {
  /* One more than needed: calloc may answer NULL to a size of zero. */
  struct agent_asking *questions = calloc(list->questions + 1, sizeof *questions);
  struct agent_outcome *outcomes = calloc(list->questions + 1, sizeof *outcomes);
  size_t index;
  if (questions == NULL || outcomes == NULL) {
    fprintf(stderr, "vmm: %zu questions: %s\n", list->questions, strerror(ENOMEM));
    free(questions);
    free(outcomes);
    return NULL;
  }
  for (index = 0; index < list->count; index++) {
    const struct ask *ask = &list->asks[index];
    struct agent_asking *question = &questions[ask->first];
    question->instruction = ask->kind == ASK_CALL ? HVC_0 : ask->instruction;
    question->level = ask->level < 0 ? host->level : (uint32_t)ask->level;
    memcpy(question->x, ask->x, sizeof question->x);
    if (ask->kind != ASK_CALL) continue;
    question[1] = question[0];
    question[1].instruction = SMC_0;
  }
  *answered = agent_ask(host, questions, list->questions, outcomes);
  free(questions);
  return outcomes;
}
