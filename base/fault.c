#include "base/fault.h"

#ifdef LOADGUARD_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_label(const char *label)
{
    const char *path = getenv("LOADGUARD_FAULT_LOG");
    if (path == NULL)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    (void)dprintf(fd, "%s\n", label);
    (void)close(fd);
}

void fault_point(const char *label)
{
    note_label(label);
    const char *wanted = getenv("LOADGUARD_FAULT");
    if (wanted == NULL)
        return;
    if (strncmp(wanted, "kill:", 5) == 0 && strcmp(wanted + 5, label) == 0)
        (void)kill(getpid(), SIGKILL);
    if (strncmp(wanted, "stop:", 5) == 0 && strcmp(wanted + 5, label) == 0) {
        (void)unsetenv("LOADGUARD_FAULT");
        (void)raise(SIGSTOP);
    }
}

#else

typedef int fault_points_are_compiled_out;

#endif
