/* Times a forest that tl2cgen compiled to C: one thread, no call from outside.
 * usage: compiled-forest FILE ROWS, the file holding the rows as doubles. Prints microseconds a row. */
#include "header.h"
#include <time.h>

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int rows = atoi(argv[2]), width = get_num_feature();
  union Entry *data = malloc(sizeof *data * rows * width);
  FILE *file = fopen(argv[1], "rb");
  if (!file || fread(data, sizeof *data * width, rows, file) != (size_t)rows) return 1;
  double best = 1e9, sum = 0, result[MAX_N_CLASS];
  for (int run = 0; run < 5; run++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int row = 0; row < rows; row++) {
      memset(result, 0, sizeof result);
      predict(data + (size_t)row * width, 0, result);
      sum += result[0];
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    double time = (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) * 1e-9;
    if (time < best) best = time;
  }
  fprintf(stderr, "%g\n", sum);
  printf("%g\n", best / rows * 1e6);
  return 0;
}
