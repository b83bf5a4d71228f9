/* Double and single precision: products and inverses of matrices, sums in order, conversions, polynomials. The compiler
   makes vector code of the loops. */
#include "lib/machine.h"

#define SIZE 24

static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
static float f[1024], g[1024];

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits;
}

static uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static void multiply(double (*result)[SIZE], double (*left)[SIZE], double (*right)[SIZE]) {
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      double sum = 0;
      for (int k = 0; k < SIZE; k++) sum += left[i][k] * right[k][j];
      result[i][j] = sum;
    }
}

/* Gauss and Jordan with pivots. */
static int invert(double (*of)[SIZE], double (*result)[SIZE]) {
  static double work[SIZE][SIZE];
  memcpy(work, of, sizeof work);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) result[i][j] = i == j;
  for (int column = 0; column < SIZE; column++) {
    int pivot = column;
    for (int row = column + 1; row < SIZE; row++)
      if (__builtin_fabs(work[row][column]) > __builtin_fabs(work[pivot][column])) pivot = row;
    if (work[pivot][column] == 0) return 0;
    for (int j = 0; j < SIZE; j++) {
      double kept = work[column][j];
      work[column][j] = work[pivot][j];
      work[pivot][j] = kept;
      kept = result[column][j];
      result[column][j] = result[pivot][j];
      result[pivot][j] = kept;
    }
    double scale = 1 / work[column][column];
    for (int j = 0; j < SIZE; j++) work[column][j] *= scale, result[column][j] *= scale;
    for (int row = 0; row < SIZE; row++) {
      if (row == column) continue;
      double factor = work[row][column];
      for (int j = 0; j < SIZE; j++) {
        work[row][j] -= factor * work[column][j];
        result[row][j] -= factor * result[column][j];
      }
    }
  }
  return 1;
}

static double sine(double x) {
  double term = x, sum = x;
  for (int n = 1; n < 12; n++) {
    term *= -x * x / ((2 * n) * (2 * n + 1));
    sum += term;
  }
  return sum;
}

int main(void) {
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) a[i][j] = (double)(int64_t)random64() / 9223372036854775808.0;
  if (!invert(a, b)) return 1;
  multiply(c, a, b);
  double worst = 0, trace = 0;
  for (int i = 0; i < SIZE; i++) {
    trace += b[i][i];
    for (int j = 0; j < SIZE; j++) {
      double error = __builtin_fabs(c[i][j] - (i == j));
      if (error > worst) worst = error;
    }
  }
  print("trace of the inverse %016lx, worst error %016lx, small: %d\n", bits_of(trace), bits_of(worst), worst < 1e-9);
  double total = 0;
  for (int i = 0; i < 200; i++) total += __builtin_sqrt((double)i) * sine(i * 0.01);
  print("sum %016lx, rounded %ld %ld %ld\n", bits_of(total), (int64_t)total, (int64_t)__builtin_floor(-total),
        (int64_t)__builtin_ceil(total));
  float sum = 0, largest = 0;
  for (int i = 0; i < 1024; i++) {
    f[i] = (float)(int32_t)random64() * 0x1p-20f;
    g[i] = (float)(uint16_t)random64() / 3.0f;
  }
  for (int i = 0; i < 1024; i++) f[i] = f[i] * g[i] + 0.5f;
  int whole[1024];
  for (int i = 0; i < 1024; i++) whole[i] = (int)(f[i] * 0.001f);
  int64_t wholes = 0;
  for (int i = 0; i < 1024; i++) {
    sum += f[i];
    largest = f[i] > largest ? f[i] : largest;
    wholes += whole[i];
  }
  print("floats: sum %08x, largest %08x, wholes %ld\n", bits_of_float(sum), bits_of_float(largest), wholes);
  volatile double zero = 0, tiny = 4.9406564584124654e-324;
  double infinity = 1 / zero, nothing = zero / zero;
  print("edges: %016lx %016lx %016lx %d %d %ld\n", bits_of(infinity), bits_of(-infinity), bits_of(tiny / 2 + tiny),
        nothing == nothing, infinity > 1e308, (int64_t)infinity);
  return 0;
}
