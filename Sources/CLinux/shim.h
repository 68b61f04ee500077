// What Linux has beyond POSIX, which Swift's Glibc module does not show.
#include <malloc.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// The processor that runs this thread (sched_getcpu(3)).
int sched_getcpu(void);

// Gives free memory back to the system (malloc_trim(3)), where the C library keeps it.
static inline void linux_give_memory_back(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

// Keeps little of what was freed (mallopt(3)): pieces of more than 256 KB are given back when they are freed.
static inline void linux_keep_little_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

// Locks that belong to an open file and not to a process (fcntl(2)).
static const int LINUX_F_OFD_GETLK = 36;
static const int LINUX_F_OFD_SETLK = 37;

// glibc (2.34 and later) declares it for GNU programs alone, and a module knows no such choice.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
