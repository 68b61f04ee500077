#include <spawn.h>

// glibc (2.34 and later) declares it for GNU programs alone, and a module knows no such choice.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
