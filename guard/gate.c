#include "guard/gate.h"

#include <inttypes.h>

#include "guard/feed_rules.h"
#include "guard/measure_database.h"
#include "guard/recovery.h"
#include "guard/routes.h"
#include "store/ledger.h"
#include "store/locks.h"

/* Index definitions as the store takes them: `unique (a, b)` with quoted names. */
static enum error_code index_texts(struct gate *gate, struct error *err)
{
    const struct index_config *indexes = gate->feed->indexes.items;
    size_t n = gate->feed->indexes.n;
    const char **texts = arena_calloc(&gate->arena, n + 1, sizeof(*texts));
    for (size_t i = 0; i < n; i++) {
        struct buffer text;
        buffer_init(&text, 65536);
        enum error_code code =
            buffer_append_string(&text, indexes[i].unique ? "unique (" : "(", err);
        for (size_t j = 0; code == OK && j < indexes[i].columns.n; j++) {
            code = buffer_append_string(&text, j == 0 ? "" : ", ", err);
            if (code == OK)
                code = store_quote_identifier(gate->store, indexes[i].columns.texts[j], &text, err);
        }
        if (code == OK)
            code = buffer_append_char(&text, ')', err);
        if (code == OK)
            texts[i] = arena_strdup(&gate->arena, buffer_string(&text));
        buffer_release(&text);
        if (code != OK)
            return code;
    }
    gate->table.indexes = texts;
    gate->table.n_indexes = n;
    return OK;
}

enum error_code gate_open(const struct config *config, struct store *store, const char *feed,
                          struct gate *ret_gate, struct error *err)
{
    ret_gate->config = config;
    ret_gate->store = store;
    TRY(config_feed(config, feed, &ret_gate->feed, err));
    TRY(feed_rules_load(NULL, ret_gate->feed, ret_gate->feed->schema, &ret_gate->rules, err));
    ret_gate->table = (struct feed_table){.feed = ret_gate->feed->name,
                                          .view = ret_gate->feed->view,
                                          .schema = ret_gate->feed->schema};
    if (ret_gate->feed->measure_in == MEASURE_IN_DATABASE)
        TRY(measure_database_check(ret_gate->rules, err));
    TRY(index_texts(ret_gate, err));
    ret_gate->n_endpoints = routes_for_feed(config, feed, &ret_gate->arena, &ret_gate->endpoints);
    return OK;
}

void gate_leave(struct gate *gate)
{
    if (gate->locked)
        feed_lock_release(gate->store, gate->feed->name);
    gate->locked = false;
}

void gate_release(struct gate *gate)
{
    gate_leave(gate);
    rule_set_free(gate->rules);
    arena_release(&gate->arena);
    *gate = (struct gate){0};
}

enum error_code gate_enter(struct gate *gate, struct error *err)
{
    TRY(feed_lock_take(gate->store, gate->feed->name, err));
    gate->locked = true;
    TRY(ledger_ensure_feed(gate->store, gate->feed->name, err));
    TRY(feed_table_ensure(gate->store, &gate->table, err));
    return recover_loads(gate, err);
}

enum error_code gate_check_lock(struct gate *gate, struct error *err)
{
    return feed_lock_check(gate->store, gate->feed->name, err);
}
