#include "snapshot/key_order.h"

/* Whether each number is greater than the one before: the usual case, at memory speed. */
static bool ascends_64(const int64_t *keys, size_t n)
{
    bool ascends = true;
    for (size_t i = 1; i < n; i++)
        ascends &= keys[i - 1] < keys[i];
    return ascends;
}

static bool ascends_32(const int32_t *keys, size_t n)
{
    bool ascends = true;
    for (size_t i = 1; i < n; i++)
        ascends &= keys[i - 1] < keys[i];
    return ascends;
}

static bool ascends(const struct batch *batch)
{
    if (batch->schema->n_keys != 1)
        return false;
    const struct column *key = &batch->columns[batch->schema->keys[0]];
    if (key->type == TYPE_BIGINT)
        return ascends_64(key->i64, batch->n_rows);
    return key->type == TYPE_INTEGER && ascends_32(key->i32, batch->n_rows);
}

/* Takes note of how a row compares with the one before; false if it is lower. */
static bool note(struct key_order *order, int comparison)
{
    if (comparison < 0)
        return false;
    if (comparison == 0)
        order->duplicate_rows += order->in_group ? 1 : 2;
    order->in_group = comparison == 0;
    return true;
}

bool key_order_add(struct key_order *order, const struct batch *previous, const struct batch *batch)
{
    struct key_order next = *order;
    if (previous != NULL &&
        !note(&next, batch_compare_keys(batch, 0, previous, previous->n_rows - 1)))
        return false;
    if (ascends(batch)) {
        next.in_group = next.in_group && batch->n_rows == 1;
        *order = next;
        return true;
    }
    for (size_t i = 1; i < batch->n_rows; i++) {
        if (!note(&next, batch_compare_keys(batch, i, batch, i - 1)))
            return false;
    }
    *order = next;
    return true;
}
