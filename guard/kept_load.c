#include "guard/kept_load.h"

#include <inttypes.h>

#include "guard/cache.h"
#include "store/export.h"

static bool is_load(const struct packed *packed, const struct load_record *load)
{
    struct fingerprint fingerprint = packed_fingerprint(packed);
    return packed_rows(packed) == load->rows && fingerprint.low == load->fingerprint.low &&
           fingerprint.high == load->fingerprint.high;
}

static enum error_code export_rows(struct gate *gate, const struct load_record *load,
                                   struct packed **ret_rows, struct error *err)
{
    const struct packer_options options = {
        .directory = gate->config->state_dir,
        .memory_bytes = (size_t)gate->config->memory_bytes,
    };
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    TRY(packer_new(gate->table.schema, &options, &packer, err));
    TRY(load_export(gate->store, &gate->table, load->id, packer, err));
    return packer_finish(packer, ret_rows, err);
}

enum error_code kept_load_open(struct gate *gate, const struct load_record *load,
                               struct packed **ret_rows, struct error *err)
{
    const char *path = NULL;
    CLEANUP(packed_cleanup) struct packed *rows = NULL;
    TRY(cache_path(gate->config, gate->feed->name, load->id, &gate->arena, &path, err));
    if (packed_open(path, gate->table.schema, &rows, NULL) != OK || !is_load(rows, load)) {
        packed_free(TAKE(rows));
        enum error_code code = export_rows(gate, load, &rows, err);
        if (code == ERR_NOT_FOUND) {
            *ret_rows = NULL;
            return OK;
        }
        TRY(code);
    }
    if (!is_load(rows, load))
        return error_set(err, ERR_CORRUPT,
                         "the store's rows of load %" PRId64 " are not those that were recorded",
                         load->id);
    *ret_rows = TAKE(rows);
    return OK;
}
