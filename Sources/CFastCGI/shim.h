#include <fcgiapp.h>
// What the event loop asks of the system and Glibc's module lacks.
#include <sys/epoll.h>
#include <sys/eventfd.h>
