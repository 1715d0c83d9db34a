/* File descriptors that close themselves. */
#ifndef LG_BASE_FD_H
#define LG_BASE_FD_H

#include <unistd.h>

/* For CLEANUP: closes the descriptor unless it is negative, and makes it -1. */
static inline void fd_cleanup(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Hands a descriptor over: yields it and leaves -1 behind. */
static inline int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#endif
