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

// Locks that belong to an open file and not to a process (fcntl(2)).
static const int LINUX_F_OFD_GETLK = 36;
static const int LINUX_F_OFD_SETLK = 37;

// glibc (2.34 and later) declares it for GNU programs alone, and a module knows no such choice.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
