#include "guard/ingest.h"

#include "guard/progress.h"

static double fraction_done(struct scorer *scorer)
{
    struct scorer_progress said;
    scorer_progress(scorer, &said);
    return said.has_fraction ? said.fraction : -1;
}

static enum error_code pass_rows(struct scorer *scorer, struct reader *reader,
                                 struct packer *packer, struct staging *staging,
                                 struct progress *progress, uint64_t *ret_rows, struct error *err)
{
    uint64_t rows = 0;
    for (;;) {
        const struct batch *batch = NULL;
        TRY(reader_next(reader, &batch, err));
        if (batch == NULL) {
            *ret_rows = rows;
            return OK;
        }
        if (staging != NULL)
            TRY(staging_append(staging, batch, err));
        TRY(packer_add(packer, batch, err));
        rows += batch->n_rows;
        progress_update(progress, rows, fraction_done(scorer));
    }
}

enum error_code ingest_rows(struct scorer *scorer, enum row_format format,
                            const struct schema *schema, struct packer *packer,
                            struct staging *staging, struct ingested *ret_ingested,
                            struct error *err)
{
    const struct reader_options options = {.format = format, .name = scorer_rows_name(scorer)};
    CLEANUP(reader_cleanup) struct reader *reader = NULL;
    TRY(reader_open(scorer_rows_fd(scorer), schema, &options, &reader, err));
    struct ingested ingested = {0};
    struct progress progress;
    progress_begin(&progress, "staging");
    enum error_code code =
        pass_rows(scorer, reader, packer, staging, &progress, &ingested.rows, err);
    progress_end(&progress);
    if (code != OK)
        return code;
    ingested.bad_rows = reader_errors(reader)->count;
    TRY(reader_check(reader, err));
    TRY(packer_finish(packer, &ingested.packed, err));
    *ret_ingested = ingested;
    return OK;
}
