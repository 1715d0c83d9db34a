/*
 * The layout of a packed snapshot.
 *
 *   header       struct packed_header, then the schema
 *   blocks       each at a multiple of PACKED_ALIGN bytes; rows in the order of the key
 *   footer       struct packed_footer, then a struct packed_entry for each block
 *   tail         struct packed_tail, the last bytes of the file
 *
 * A block starts with a struct packed_column for each column, whose offsets count from the start of
 * the block and are multiples of PACKED_ALIGN: data (values, or n_rows + 1 offsets of 32 bits),
 * bytes of text, bitmap of NULLs. Checksums are XXH3 with 64 bits. Everything is in the byte order
 * of the machine that wrote it; a machine of another order refuses the file and makes its own.
 */
#ifndef LG_SNAPSHOT_PACKED_FORMAT_H
#define LG_SNAPSHOT_PACKED_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "snapshot/batch.h"
#include "snapshot/packed.h"

#define PACKED_MAGIC "LGSNAP\r\n"
#define PACKED_END_MAGIC "LGSNPEND"
#define PACKED_VERSION 1
#define PACKED_BYTE_ORDER UINT32_C(0x01020304)
#define PACKED_ALIGN ((size_t)64)

struct packed_header {
    char magic[8];
    uint32_t byte_order;
    uint32_t version;
    uint64_t schema_bytes;
    uint64_t checksum; /* of the schema */
};

struct packed_column {
    uint64_t data;
    uint64_t bytes;
    uint64_t n_bytes;
    uint64_t nulls; /* 0: there is no bitmap */
    uint64_t n_nulls;
};

struct packed_entry {
    uint64_t offset;
    uint64_t n_bytes;
    uint64_t n_rows;
    uint64_t checksum;
};

struct packed_footer {
    uint64_t n_blocks;
    uint64_t n_rows;
    uint64_t duplicate_rows;
    struct fingerprint fingerprint;
};

struct packed_tail {
    uint64_t footer_offset;
    uint64_t footer_bytes;
    uint64_t header_checksum; /* of the header with its schema */
    uint64_t footer_checksum;
    char magic[8];
};

static inline uint64_t packed_aligned(uint64_t offset)
{
    return (offset + PACKED_ALIGN - 1) / PACKED_ALIGN * PACKED_ALIGN;
}

uint64_t packed_checksum(const void *bytes, size_t len);

/* The block of a batch, n_rows > 0, in place of what out holds. */
enum error_code packed_block_encode(const struct batch *batch, struct buffer *out,
                                    struct error *err) MUST_CHECK;

/*
 * Columns of a block that point into it. With check, everything that could lead a reader outside
 * the block is looked at first; *ret_problem is then NULL or says what is wrong with it.
 */
void packed_block_decode(const char *block, size_t n_bytes, const struct schema *schema,
                         size_t n_rows, bool check, struct column *columns,
                         const char **ret_problem);

/*
 * The schema as bytes: number of columns, number of keys and the keys' indices with 32 bits each,
 * then for each column a byte of flags, the SQL name of its type and its own name, both ended by a
 * zero byte. Parsing gives ERR_CORRUPT.
 */
enum error_code packed_schema_encode(const struct schema *schema, struct buffer *out,
                                     struct error *err) MUST_CHECK;
enum error_code packed_schema_parse(const char *bytes, size_t len, struct arena *arena,
                                    struct schema **ret_schema, struct error *err) MUST_CHECK;

#endif
