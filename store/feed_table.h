/*
 * The tables of a feed: one partitioned parent that holds a partition for every attached load, the
 * row that points to the live load, and the view that readers use.
 *
 *   loadguard_data.klout          partitioned by list (load_id), never written to directly
 *   loadguard_data.klout__12      the rows of load 12
 *   loadguard.live                feed 'klout' points to load 12
 *   public.klout_scores           select … from klout where load_id = (what live points to)
 */
#ifndef LG_STORE_FEED_TABLE_H
#define LG_STORE_FEED_TABLE_H

#include <stdint.h>

#include "snapshot/schema.h"
#include "store/conn.h"

#define LOAD_TABLE_NAME_BYTES 64

/*
 * What a feed looks like to the store. The strings and the schema belong to the caller and outlive
 * every call that gets the struct.
 */
struct feed_table {
    const char *feed; /* at most 63 bytes */
    const char *view; /* "schema.name", or "name" in schema public */
    const struct schema *schema;
    /*
     * Indexes beside the one on the key, built on every load; each is what follows `create index on
     * <table>` in SQL, "(network, score desc)" or "using gin (tags)", with "unique " before it for
     * a unique one.
     */
    const char *const *indexes;
    size_t n_indexes;
};

/*
 * Creates parent, pointer row and view if the feed is new; otherwise checks that they are what the
 * schema says, without a lock that readers or writers would notice. Also tries the `indexes` on an
 * empty table, so that a mistake in them is found before the scorer runs. Repeatable. Readers need
 * nothing but `grant select on <view>`.
 *
 * ERR_CONFIG: a bad feed or view name, an index that cannot be built, a column named load_id or
 * part. ERR_REFUSED: the table has other columns or types, another view stands there, or the name
 * of the view belongs to something else; detail lists the differences.
 */
enum error_code feed_table_ensure(struct store *store, const struct feed_table *feed,
                                  struct error *err) MUST_CHECK;

/*
 * Name, in schema loadguard_data, of the table of a load: "<feed>__<load id>", with the feed cut
 * and a hash of it put in its place where PostgreSQL's 63 bytes would not hold it. Returns out.
 */
char *load_table_name(const char *feed, int64_t load_id, char out[LOAD_TABLE_NAME_BYTES]);

/* Name of the parent in schema loadguard_data. Returns out. */
char *parent_table_name(const char *feed, char out[LOAD_TABLE_NAME_BYTES]);

#endif
