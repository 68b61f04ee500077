// What Linux has beyond POSIX, which Swift's Glibc module does not show.

// The processor that runs this thread (sched_getcpu(3)).
int sched_getcpu(void);

// Locks that belong to an open file and not to a process (fcntl(2)).
static const int LINUX_F_OFD_GETLK = 36;
static const int LINUX_F_OFD_SETLK = 37;
