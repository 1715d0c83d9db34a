#include "diff/vector.h"

#include <string.h>

struct value vector_value(const struct vector *vector, size_t row)
{
    struct value value = {.type = vector->type};
    value.is_null = vector->nulls != NULL && vector->nulls[row] != 0;
    if (value.is_null)
        return value;
    if (vector->type == VALUE_BOOLEAN)
        value.u8 = vector->u8[row];
    else if (vector->type == VALUE_DOUBLE)
        value.f64 = vector->f64[row];
    else if (vector->type == VALUE_UUID)
        value.uuid = vector->uuid[row];
    else if (value_type_is_text(vector->type))
        value.text = vector->text[row];
    else
        value.i64 = vector->i64[row];
    return value;
}

struct vector vector_row(const struct vector *vector, size_t row)
{
    const char *data = vector->data;
    return (struct vector){.type = vector->type,
                           .data = data + row * value_type_width(vector->type),
                           .nulls = vector->nulls != NULL ? vector->nulls + row : NULL};
}

static void fill_data(const struct value *value, size_t n, void *data)
{
    static const struct text_ref empty = {.bytes = ""};
    size_t width = value_type_width(value->type);
    const void *source = &value->i64;
    if (value->is_null) {
        if (!value_type_is_text(value->type)) {
            memset(data, 0, n * width);
            return;
        }
        source = &empty;
    } else if (value->type == VALUE_BOOLEAN) {
        source = &value->u8;
    } else if (value->type == VALUE_DOUBLE) {
        source = &value->f64;
    } else if (value->type == VALUE_UUID) {
        source = &value->uuid;
    } else if (value_type_is_text(value->type)) {
        source = &value->text;
    }
    for (size_t i = 0; i < n; i++)
        memcpy((char *)data + i * width, source, width);
}

void vector_fill(const struct value *value, size_t n, struct vector_buffer *buffer)
{
    fill_data(value, n, buffer->data);
    memset(buffer->nulls, value->is_null, n);
}

struct vector vector_of_buffer(enum value_type type, const struct vector_buffer *buffer,
                               bool has_nulls)
{
    return (struct vector){
        .type = type, .data = buffer->data, .nulls = has_nulls ? buffer->nulls : NULL};
}

/* A byte lane takes at most SLICE_ROWS / 8 = 128 ones, so it cannot overflow into the next. */
_Static_assert(SLICE_ROWS / 8 < 256, "lanes of a byte hold the count of a slice");

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static size_t lane_sum(uint64_t lanes)
{
    const uint64_t even = UINT64_C(0x00FF00FF00FF00FF);
    uint64_t pairs = (lanes & even) + (lanes >> 8 & even);
    return (size_t)(pairs * UINT64_C(0x0001000100010001) >> 48);
}

VECTORISED size_t mask_count(const uint8_t *mask, size_t n)
{
    uint64_t lanes = 0;
    size_t whole = n / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        lanes += word_at(mask + i);
    size_t count = lane_sum(lanes);
    for (size_t i = whole; i < n; i++)
        count += mask[i];
    return count;
}

VECTORISED size_t mask_count_both(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (b == NULL)
        return mask_count(a, n);
    uint64_t lanes = 0;
    size_t whole = n / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        lanes += word_at(a + i) & word_at(b + i);
    size_t count = lane_sum(lanes);
    for (size_t i = whole; i < n; i++)
        count += a[i] & b[i];
    return count;
}
