#include "guard/feed_scorer.h"

#include <string.h>

static const char *const *null_terminated(struct arena *arena, const struct key_texts *texts)
{
    const char **copy = arena_calloc(arena, texts->n + 1, sizeof(*copy));
    for (size_t i = 0; i < texts->n; i++)
        copy[i] = texts->texts[i];
    return copy;
}

static struct complete_when complete_when(const struct config *config, struct arena *arena,
                                          const struct complete_when_config *when)
{
    if (when->marker_file != NULL)
        return (struct complete_when){COMPLETE_WHEN_MARKER_FILE,
                                      config_path(config, arena, when->marker_file)};
    if (when->row_count_file != NULL)
        return (struct complete_when){COMPLETE_WHEN_ROW_COUNT_FILE,
                                      config_path(config, arena, when->row_count_file)};
    if (when->query != NULL)
        return (struct complete_when){COMPLETE_WHEN_QUERY, when->query};
    return (struct complete_when){COMPLETE_WHEN_NONE, NULL};
}

static void set_sources(struct scorer_spec *spec, struct arena *arena, const struct key_list *list)
{
    const struct source_config *configured = list->items;
    struct source_spec *sources = arena_calloc(arena, list->n + 1, sizeof(*sources));
    for (size_t i = 0; i < list->n; i++)
        sources[i] = (struct source_spec){.name = configured[i].name,
                                          .max_age_us = configured[i].max_age_us};
    spec->sources = sources;
    spec->n_sources = list->n;
}

static void set_command(struct scorer_spec *spec, const struct config *config, struct arena *arena,
                        const struct scorer_config *scorer)
{
    spec->kind = SCORER_COMMAND;
    spec->argv = null_terminated(arena, &scorer->command);
    spec->dir = scorer->directory == NULL ? config->directory
                                          : config_path(config, arena, scorer->directory);
    spec->env_names = null_terminated(arena, &scorer->environment);
}

enum error_code feed_scorer_spec(const struct config *config, const struct feed_config *feed,
                                 const struct run_source *source, struct arena *arena,
                                 struct scorer_spec *ret_spec, struct error *err)
{
    const struct scorer_config *scorer = &feed->scorer;
    struct scorer_spec spec;
    scorer_spec_init(&spec);
    if (source->from != NULL) {
        spec.kind = SCORER_FILE;
        spec.path = source->from;
        *ret_spec = spec;
        return OK;
    }
    if (scorer->command.n > 0) {
        set_command(&spec, config, arena, scorer);
    } else if (scorer->file != NULL) {
        spec.kind = SCORER_FILE;
        spec.path = config_path(config, arena, scorer->file);
    } else if (scorer->query != NULL) {
        spec.kind = SCORER_QUERY;
        spec.sql = scorer->query;
    } else {
        (void)error_set(err, ERR_CONFIG, "feed '%s' has no scorer", feed->name);
        error_hint(err, "Add one to the configuration, or name a file with --from.");
        return ERR_CONFIG;
    }
    spec.timeout_us = scorer->timeout_us;
    spec.drain_us = scorer->drain_us;
    spec.grace_us = scorer->grace_us;
    spec.ready = scorer->ready.texts;
    spec.n_ready = scorer->ready.n;
    spec.complete_when = complete_when(config, arena, &scorer->complete_when);
    set_sources(&spec, arena, &scorer->sources);
    *ret_spec = spec;
    return OK;
}

const char *feed_scorer_describe(const struct scorer_spec *spec, struct arena *arena)
{
    switch (spec->kind) {
    case SCORER_COMMAND:
        return arena_printf(arena, "command %s", spec->argv[0]);
    case SCORER_FILE:
        return arena_printf(arena, "file %s", spec->path);
    case SCORER_QUERY:
        break;
    }
    return "query";
}
