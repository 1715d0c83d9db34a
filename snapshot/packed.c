#include "snapshot/packed.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/interrupt.h"
#include "snapshot/key_order.h"
#include "snapshot/packed_format.h"
#include "snapshot/packed_internal.h"

struct packed {
    char *name;
    struct arena arena;
    struct schema *schema;
    const char *map;
    size_t size;
    struct packed_footer footer;
    const struct packed_entry *entries; /* footer.n_blocks, in the mapping */
    atomic_uchar *verified;             /* per block: looked at and found whole */
};

static enum error_code corrupt(const struct packed *packed, struct error *err, const char *reason)
{
    return error_set(err, ERR_CORRUPT, "the snapshot file %s is damaged: %s", packed->name, reason);
}

static enum error_code map_file(struct packed *packed, int fd, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot read %s", packed->name);
    if (!S_ISREG(status.st_mode) ||
        (size_t)status.st_size < sizeof(struct packed_header) + sizeof(struct packed_tail))
        return corrupt(packed, err, "it is too short");
    void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return error_set_errno(err, ERR_IO, errno, "cannot map %s", packed->name);
    packed->map = map;
    packed->size = (size_t)status.st_size;
    (void)madvise(map, packed->size, MADV_SEQUENTIAL);
    return OK;
}

/* Checks the header; *ret_end is where it ends with its schema. */
static enum error_code read_header(struct packed *packed, size_t *ret_end, struct error *err)
{
    struct packed_header header;
    memcpy(&header, packed->map, sizeof(header));
    if (memcmp(header.magic, PACKED_MAGIC, sizeof(header.magic)) != 0)
        return corrupt(packed, err, "it is no snapshot file");
    if (header.byte_order != PACKED_BYTE_ORDER)
        return corrupt(packed, err, "it was written on a machine with another byte order");
    if (header.version != PACKED_VERSION)
        return corrupt(packed, err, "it has another version");
    if (header.schema_bytes > packed->size - sizeof(header))
        return corrupt(packed, err, "its header is too long");
    const char *schema = packed->map + sizeof(header);
    if (packed_checksum(schema, header.schema_bytes) != header.checksum)
        return corrupt(packed, err, "the checksum of its header is wrong");
    if (packed_schema_parse(schema, header.schema_bytes, &packed->arena, &packed->schema, err) !=
        OK)
        return corrupt(packed, err, "its schema cannot be read");
    *ret_end = sizeof(header) + header.schema_bytes;
    return OK;
}

static enum error_code read_footer(struct packed *packed, size_t header_end,
                                   struct packed_tail *tail, struct error *err)
{
    size_t limit = packed->size - sizeof(*tail);
    memcpy(tail, packed->map + limit, sizeof(*tail));
    if (memcmp(tail->magic, PACKED_END_MAGIC, sizeof(tail->magic)) != 0)
        return corrupt(packed, err, "its end is missing");
    if (tail->header_checksum != packed_checksum(packed->map, header_end))
        return corrupt(packed, err, "its header is not the one it was written with");
    if (tail->footer_offset % PACKED_ALIGN != 0 || tail->footer_offset < header_end ||
        tail->footer_offset > limit || tail->footer_bytes != limit - tail->footer_offset ||
        tail->footer_bytes < sizeof(packed->footer))
        return corrupt(packed, err, "its footer is in the wrong place");
    const char *footer = packed->map + tail->footer_offset;
    if (packed_checksum(footer, tail->footer_bytes) != tail->footer_checksum)
        return corrupt(packed, err, "the checksum of its footer is wrong");
    memcpy(&packed->footer, footer, sizeof(packed->footer));
    size_t room = tail->footer_bytes - sizeof(packed->footer);
    if (room % sizeof(struct packed_entry) != 0 ||
        packed->footer.n_blocks != room / sizeof(struct packed_entry))
        return corrupt(packed, err, "its number of blocks is wrong");
    packed->entries = (const struct packed_entry *)(const void *)(footer + sizeof(packed->footer));
    return OK;
}

static enum error_code check_entries(const struct packed *packed, size_t header_end,
                                     size_t footer_offset, struct error *err)
{
    uint64_t end = header_end;
    uint64_t rows = 0;
    for (size_t i = 0; i < packed->footer.n_blocks; i++) {
        const struct packed_entry *entry = &packed->entries[i];
        if (entry->offset % PACKED_ALIGN != 0 || entry->offset < end ||
            entry->offset > footer_offset || entry->n_bytes > footer_offset - entry->offset ||
            entry->n_rows == 0 || entry->n_rows > BATCH_ROWS)
            return corrupt(packed, err, "a block is in the wrong place");
        end = entry->offset + entry->n_bytes;
        rows += entry->n_rows;
    }
    if (rows != packed->footer.n_rows)
        return corrupt(packed, err, "its blocks do not have as many rows as it says");
    return OK;
}

static enum error_code check_schema(const struct packed *packed, const struct schema *schema,
                                    struct error *err)
{
    if (schema != NULL && !schema_equal(packed->schema, schema)) {
        (void)error_set(err, ERR_CORRUPT, "the snapshot file %s has other columns or another key",
                        packed->name);
        return ERR_CORRUPT;
    }
    return OK;
}

static enum error_code open_mapped(struct packed *packed, int fd, const struct schema *schema,
                                   struct error *err)
{
    size_t header_end = 0;
    struct packed_tail tail = {0};
    TRY(map_file(packed, fd, err));
    TRY(read_header(packed, &header_end, err));
    TRY(check_schema(packed, schema, err));
    TRY(read_footer(packed, header_end, &tail, err));
    TRY(check_entries(packed, header_end, tail.footer_offset, err));
    packed->verified = calloc(packed->footer.n_blocks + 1, sizeof(*packed->verified));
    if (packed->verified == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot open %s", packed->name);
    return OK;
}

enum error_code packed_open_fd(int fd, const char *name, const struct schema *schema,
                               struct packed **ret_packed, struct error *err)
{
    struct packed *packed = calloc(1, sizeof(*packed));
    if (packed == NULL || (packed->name = strdup(name)) == NULL) {
        free(packed);
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot open %s", name);
    }
    enum error_code code = open_mapped(packed, fd, schema, err);
    if (code != OK) {
        packed_free(packed);
        return code;
    }
    *ret_packed = packed;
    return OK;
}

enum error_code packed_open(const char *path, const struct schema *schema,
                            struct packed **ret_packed, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                               "cannot open %s", path);
    return packed_open_fd(fd, path, schema, ret_packed, err);
}

void packed_free(struct packed *packed)
{
    if (packed == NULL)
        return;
    if (packed->map != NULL)
        (void)munmap((void *)(uintptr_t)packed->map, packed->size);
    arena_release(&packed->arena);
    free(packed->verified);
    free(packed->name);
    free(packed);
}

uint64_t packed_rows(const struct packed *packed)
{
    return packed->footer.n_rows;
}

size_t packed_blocks(const struct packed *packed)
{
    return packed->footer.n_blocks;
}

const struct schema *packed_schema(const struct packed *packed)
{
    return packed->schema;
}

struct fingerprint packed_fingerprint(const struct packed *packed)
{
    return packed->footer.fingerprint;
}

uint64_t packed_duplicate_rows(const struct packed *packed)
{
    return packed->footer.duplicate_rows;
}

enum error_code packed_block(struct packed *packed, size_t index, struct column *columns,
                             struct batch *ret_batch, struct error *err)
{
    assert(index < packed->footer.n_blocks);
    const struct packed_entry *entry = &packed->entries[index];
    const char *block = packed->map + entry->offset;
    const char *problem = NULL;
    bool verified = atomic_load_explicit(&packed->verified[index], memory_order_acquire) != 0;
    if (!verified && packed_checksum(block, entry->n_bytes) != entry->checksum)
        problem = "its checksum is wrong";
    if (problem == NULL)
        packed_block_decode(block, entry->n_bytes, packed->schema, entry->n_rows, !verified,
                            columns, &problem);
    if (problem != NULL)
        return error_set(err, ERR_CORRUPT, "the snapshot file %s is damaged in block %zu: %s",
                         packed->name, index + 1, problem);
    atomic_store_explicit(&packed->verified[index], 1, memory_order_release);
    *ret_batch =
        (struct batch){.schema = packed->schema, .columns = columns, .n_rows = entry->n_rows};
    return OK;
}

/* Two blocks at a time: the last row of one is compared with the first of the next. */
static enum error_code verify_blocks(struct packed *packed, struct column *columns,
                                     struct error *err)
{
    struct fingerprint fingerprint = {0};
    struct key_order order = {0};
    struct batch batches[2] = {0};
    size_t n_columns = packed->schema->n_columns;
    for (size_t i = 0; i < packed->footer.n_blocks; i++) {
        struct batch *batch = &batches[i % 2];
        const struct batch *previous = i == 0 ? NULL : &batches[(i + 1) % 2];
        TRY(interrupt_check(err));
        TRY(packed_block(packed, i, columns + (i % 2) * n_columns, batch, err));
        if (!key_order_add(&order, previous, batch))
            return corrupt(packed, err, "its rows are not in the order of the key");
        fingerprint_add(&fingerprint, batch);
    }
    if (order.duplicate_rows != packed->footer.duplicate_rows)
        return corrupt(packed, err, "its number of duplicates is wrong");
    if (fingerprint.low != packed->footer.fingerprint.low ||
        fingerprint.high != packed->footer.fingerprint.high)
        return corrupt(packed, err, "its fingerprint is wrong");
    return OK;
}

enum error_code packed_verify(struct packed *packed, struct error *err)
{
    struct column *columns = calloc(packed->schema->n_columns * 2, sizeof(*columns));
    if (columns == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot verify %s", packed->name);
    enum error_code code = verify_blocks(packed, columns, err);
    free(columns);
    return code;
}
