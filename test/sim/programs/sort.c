/* Quicksort by function pointer, heap sort, merge sort of a list, and a search; strings and numbers. */
#include "lib/machine.h"

#define COUNT 3000

struct record {
  uint32_t key;
  int16_t weight;
  char name[10];
};

static struct record records[COUNT];
static uint64_t numbers[COUNT];

typedef int (*order)(const void *, const void *);

static void exchange(uint8_t *a, uint8_t *b, size_t size) {
  while (size--) {
    uint8_t kept = *a;
    *a++ = *b;
    *b++ = kept;
  }
}

static void quicksort(void *base, size_t count, size_t size, order compare) {
  uint8_t *bytes = base;
  while (count > 1) {
    exchange(bytes, bytes + count / 2 * size, size);
    size_t last = 0;
    for (size_t i = 1; i < count; i++)
      if (compare(bytes + i * size, bytes) < 0) exchange(bytes + ++last * size, bytes + i * size, size);
    exchange(bytes, bytes + last * size, size);
    quicksort(bytes, last, size, compare);
    bytes += (last + 1) * size;
    count -= last + 1;
  }
}

static void sift(uint64_t *heap, size_t at, size_t count) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (heap[at] >= heap[child]) return;
    uint64_t kept = heap[at];
    heap[at] = heap[child];
    heap[child] = kept;
    at = child;
  }
}

static void heapsort(uint64_t *values, size_t count) {
  for (size_t i = count / 2; i-- > 0;) sift(values, i, count);
  for (size_t end = count; end-- > 1;) {
    uint64_t kept = values[0];
    values[0] = values[end];
    values[end] = kept;
    sift(values, 0, end);
  }
}

static int by_key(const void *a, const void *b) {
  const struct record *one = a, *other = b;
  if (one->key != other->key) return one->key < other->key ? -1 : 1;
  return one->weight - other->weight;
}

static int by_name(const void *a, const void *b) {
  const struct record *one = a, *other = b;
  int order = strcmp(one->name, other->name);
  return order ? order : by_key(a, b);
}

static uint64_t digest(void) {
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < COUNT; i++) hash = (hash ^ records[i].key ^ (uint16_t)records[i].weight) * 1099511628211u;
  return hash;
}

static const struct record *find(uint32_t key) {
  size_t low = 0, high = COUNT;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (records[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low < COUNT && records[low].key == key ? &records[low] : NULL;
}

int main(void) {
  for (int i = 0; i < COUNT; i++) {
    records[i].key = (uint32_t)(random64() % 100000);
    records[i].weight = (int16_t)random64();
    size_t length = random64() % 9;
    for (size_t k = 0; k < length; k++) records[i].name[k] = (char)('a' + random64() % 26);
    numbers[i] = random64();
  }
  uint32_t wanted = records[17].key;
  quicksort(records, COUNT, sizeof *records, by_name);
  for (int i = 1; i < COUNT; i++)
    if (by_name(&records[i - 1], &records[i]) > 0) return 1;
  print("by name: %s %s %s, %016lx\n", records[COUNT / 3].name, records[COUNT / 2].name, records[COUNT - 1].name, digest());
  quicksort(records, COUNT, sizeof *records, by_key);
  for (int i = 1; i < COUNT; i++)
    if (by_key(&records[i - 1], &records[i]) > 0) return 2;
  print("by key: %u %u %u, %016lx\n", records[0].key, records[COUNT / 2].key, records[COUNT - 1].key, digest());
  const struct record *found = find(wanted);
  print("found %s with weight %d\n", found ? found->name : "nothing", found ? found->weight : 0);
  heapsort(numbers, COUNT);
  for (int i = 1; i < COUNT; i++)
    if (numbers[i - 1] > numbers[i]) return 3;
  print("numbers: %lu %lu %lu\n", numbers[0], numbers[COUNT / 2], numbers[COUNT - 1]);
  return 0;
}
