/* Lists, a hash table and a tree in an arena; memcpy, memmove and memset at all lengths and alignments. */
#include "lib/machine.h"

static uint8_t arena[1 << 20] __attribute__((aligned(16)));
static size_t used;

static void *allocate(size_t size) {
  void *at = arena + used;
  used += (size + 15) & ~(size_t)15;
  if (used > sizeof arena) exit_with(50);
  return at;
}

struct node {
  struct node *next;
  uint64_t value;
};

static struct node *merge(struct node *a, struct node *b) {
  struct node head, *last = &head;
  while (a && b) {
    struct node **smaller = a->value <= b->value ? &a : &b;
    last->next = *smaller;
    last = *smaller;
    *smaller = (*smaller)->next;
  }
  last->next = a ? a : b;
  return head.next;
}

static struct node *sort(struct node *list) {
  if (!list || !list->next) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct node *second = slow->next;
  slow->next = NULL;
  return merge(sort(list), sort(second));
}

struct tree {
  struct tree *child[2];
  uint32_t key, priority;
};

static struct tree *insert(struct tree *tree, uint32_t key) {
  if (!tree) {
    struct tree *made = allocate(sizeof *made);
    *made = (struct tree){.key = key, .priority = (uint32_t)random64()};
    return made;
  }
  if (key == tree->key) return tree;
  int side = key > tree->key;
  tree->child[side] = insert(tree->child[side], key);
  struct tree *child = tree->child[side];
  if (child->priority > tree->priority) {
    tree->child[side] = child->child[!side];
    child->child[!side] = tree;
    return child;
  }
  return tree;
}

static int depth(const struct tree *tree) {
  if (!tree) return 0;
  int left = depth(tree->child[0]), right = depth(tree->child[1]);
  return 1 + (left > right ? left : right);
}

static uint64_t walk(const struct tree *tree, uint64_t hash) {
  if (!tree) return hash;
  hash = walk(tree->child[0], hash);
  return walk(tree->child[1], (hash ^ tree->key) * 0x100000001b3);
}

struct entry {
  struct entry *next;
  uint32_t count;
  char word[];
};

static struct entry *buckets[64];

static struct entry *look_up(const char *word) {
  uint32_t hash = 5381;
  for (const char *at = word; *at; at++) hash = hash * 33 ^ (uint8_t)*at;
  struct entry **bucket = &buckets[hash % 64];
  for (struct entry *entry = *bucket; entry; entry = entry->next)
    if (strcmp(entry->word, word) == 0) return entry;
  struct entry *made = allocate(sizeof *made + strlen(word) + 1);
  made->next = *bucket;
  made->count = 0;
  memcpy(made->word, word, strlen(word) + 1);
  return *bucket = made;
}

static uint8_t from[2200], to[2200], expected[2200];

/* Of the buffers, for short copies. */
#define SMALL 360

static int check_memory(void) {
  for (size_t size = 0; size < 300; size += size < 40 ? 1 : 13)
    for (size_t source = 0; source < 17; source += 3)
      for (size_t target = 0; target < 17; target += 5) {
        for (size_t i = 0; i < SMALL; i++) to[i] = expected[i] = (uint8_t)i;
        for (size_t i = 0; i < size; i++) expected[target + i] = from[source + i];
        memcpy(to + target, from + source, size);
        if (memcmp(to, expected, SMALL)) return 1;
        for (size_t i = 0; i < size; i++) from[i] = to[source + i];
        memmove(to + target, to + source, size);
        if (memcmp(to + target, from, size)) return 2;
      }
  for (size_t size = 0; size < 2100; size += size < 40 ? 1 : 97)
    for (size_t target = 0; target < 17; target += 7)
      for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < sizeof to; i++) to[i] = expected[i] = 0x55;
        for (size_t i = 0; i < size; i++) expected[target + i] = (uint8_t)(value * 0xab);
        memset(to + target, value * 0xab, size);
        if (memcmp(to, expected, sizeof to)) return 3;
      }
  return 0;
}

int main(void) {
  struct node *list = NULL;
  for (int i = 0; i < 2000; i++) {
    struct node *made = allocate(sizeof *made);
    *made = (struct node){list, random64() >> 20};
    list = made;
  }
  list = sort(list);
  uint64_t hash = 0;
  int count = 0;
  for (struct node *at = list; at; at = at->next, count++) {
    if (at->next && at->value > at->next->value) return 1;
    hash = hash * 31 + at->value;
  }
  print("list: %d values, %016lx\n", count, hash);
  struct tree *tree = NULL;
  for (int i = 0; i < 3000; i++) tree = insert(tree, (uint32_t)(random64() % 5000));
  print("tree: depth %d, %016lx\n", depth(tree), walk(tree, 1));
  for (int i = 0; i < 3000; i++) {
    char word[4] = {(char)('a' + random64() % 5), (char)('a' + random64() % 3), 0, 0};
    if (random64() & 1) word[2] = (char)('a' + random64() % 4);
    look_up(word)->count++;
  }
  uint32_t most = 0, words = 0;
  for (int i = 0; i < 64; i++)
    for (struct entry *entry = buckets[i]; entry; entry = entry->next) {
      words++;
      if (entry->count > most) most = entry->count;
    }
  print("words: %u, the most frequent %u times, aa %u times\n", words, most, look_up("aa")->count);
  for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)random64();
  int wrong = check_memory();
  print("memory: %s\n", wrong ? "wrong" : "right");
  return wrong;
}
