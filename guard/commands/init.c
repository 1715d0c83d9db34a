#include "guard/commands/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "embedded/starter.h"

const struct option_spec init_options[] = {
    {"print", NULL, "print the file instead of writing it", false},
};
const size_t n_init_options = ARRAY_SIZE(init_options);

static enum error_code write_starter(const char *path, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST) {
        (void)error_set(err, ERR_REFUSED, "%s exists already", path);
        error_hint(err, "Remove it first, or name another file: loadguard init FILE.");
        return ERR_REFUSED;
    }
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", path);
    const char *text = starter_yaml;
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = write(fd, text, left);
        if (n < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot write %s", path);
        text += n;
        left -= (size_t)n;
    }
    return OK;
}

enum error_code command_init(struct app *app, const struct arguments *arguments,
                             int *ret_exit_status, struct error *err)
{
    (void)app;
    *ret_exit_status = 0;
    if (arguments_flag(arguments, "print")) {
        (void)fputs(starter_yaml, stdout);
        return OK;
    }
    const char *path = arguments->n_operands > 0 ? arguments->operands[0] : "loadguard.yaml";
    TRY(write_starter(path, err));
    (void)printf("wrote %s: a feed with three rows that runs as it is\n"
                 "next:  loadguard check            says whether the file is right\n"
                 "       loadguard run scores       runs, judges and publishes a load\n",
                 path);
    return OK;
}
