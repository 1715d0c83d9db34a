#include "store/data_directory.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "store/cluster.h"
#include "store/pq.h"

#define BYTES_PER_MIB (1024.0 * 1024.0)

const char *store_data_directory(const struct store *store)
{
    return store->cluster == NULL ? NULL : store->cluster->data_dir;
}

enum error_code data_directory_check_space(const char *directory, uint64_t needed_bytes,
                                           struct error *err)
{
    struct statvfs fs;
    if (statvfs(directory, &fs) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot ask for the free space of %s",
                               directory);
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes >= needed_bytes)
        return OK;
    (void)error_set(err, ERR_SPACE, "the load needs some %.0f MiB and %s has %.0f MiB left",
                    (double)needed_bytes / BYTES_PER_MIB, directory,
                    (double)free_bytes / BYTES_PER_MIB);
    error_hint(err, "Free some space there, or keep fewer old loads.");
    return ERR_SPACE;
}
