#include "diff/program.h"

#include <assert.h>
#include <string.h>

#include "diff/compare.h"

void program_init(struct program *program, const struct schema *schema, size_t max_rows)
{
    *program = (struct program){.schema = schema, .max_rows = max_rows};
}

static bool same_args(const struct node *a, const struct node *b)
{
    return a->n_args == b->n_args &&
           (a->n_args == 0 || memcmp(a->args, b->args, a->n_args * sizeof(*a->args)) == 0);
}

static bool same_node(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind || a->type != b->type)
        return false;
    if (a->kind == NODE_LITERAL)
        return value_equal(&a->literal, &b->literal);
    return a->side == b->side && a->index == b->index && a->kernel == b->kernel &&
           a->sign == b->sign && a->negate == b->negate && a->set == b->set && same_args(a, b);
}

/* Literals of a type share a hash: there are few. */
static size_t hash_node(const struct node *node)
{
    size_t hash = (size_t)node->kind * 31 + (size_t)node->type;
    hash = hash * 31 + (size_t)node->side * 2 + (size_t)node->negate;
    hash = hash * 31 + node->index;
    for (size_t i = 0; i < node->n_args; i++)
        hash = hash * 1000003 + node->args[i];
    return hash * UINT64_C(0x9E3779B97F4A7C15) >> 20;
}

/* The slot of an equal node, or the free one where it would stand. */
static uint32_t *find_slot(struct program *program, const struct node *node)
{
    size_t mask = program->n_slots - 1;
    size_t slot = hash_node(node) & mask;
    while (program->slots[slot] != 0 && !same_node(&program->nodes[program->slots[slot] - 1], node))
        slot = (slot + 1) & mask;
    return &program->slots[slot];
}

static void make_room(struct program *program)
{
    program->nodes = arena_grow(&program->arena, program->nodes, sizeof(*program->nodes),
                                &program->capacity, program->n_nodes + 1);
    if (program->n_slots > program->n_nodes * 2)
        return;
    program->n_slots = program->n_slots == 0 ? 64 : program->n_slots * 2;
    program->slots = arena_calloc(&program->arena, program->n_slots, sizeof(*program->slots));
    for (size_t i = 0; i < program->n_nodes; i++)
        *find_slot(program, &program->nodes[i]) = (uint32_t)i + 1;
}

static size_t first_column(const struct program *program, const struct node *node)
{
    size_t first = node->kind == NODE_COLUMN ? node->index : SIZE_MAX;
    for (size_t i = 0; i < node->n_args; i++) {
        size_t column = program->nodes[node->args[i]].first_column;
        first = column < first ? column : first;
    }
    return first;
}

uint32_t program_add_leaf(struct program *program, const struct node *leaf)
{
    make_room(program);
    uint32_t *slot = find_slot(program, leaf);
    if (*slot == 0) {
        program->nodes[program->n_nodes] = *leaf;
        program->nodes[program->n_nodes].first_column = first_column(program, leaf);
        program->n_nodes++;
        *slot = (uint32_t)program->n_nodes;
    }
    return *slot - 1;
}

static struct vector_buffer arena_buffer(struct program *program, enum value_type type)
{
    return (struct vector_buffer){
        .data = arena_calloc(&program->arena, program->max_rows, value_type_width(type)),
        .nulls = arena_alloc(&program->arena, program->max_rows)};
}

uint32_t program_add_literal(struct program *program, const struct value *value)
{
    struct node literal = {.kind = NODE_LITERAL, .type = value->type, .literal = *value};
    uint32_t index = program_add_leaf(program, &literal);
    struct node *node = &program->nodes[index];
    if (node->buffer.data == NULL) {
        node->buffer = arena_buffer(program, value->type);
        vector_fill(value, program->max_rows, &node->buffer);
        node->value = vector_of_buffer(value->type, &node->buffer, value->is_null);
    }
    return index;
}

static void call_kernel(struct node *node, size_t n)
{
    struct kernel_call call = {.args = node->inputs,
                               .n_args = node->n_args,
                               .n = n,
                               .negate = node->negate,
                               .sign = node->sign,
                               .set = node->set,
                               .out = node->buffer};
    node->kernel(&call);
    node->value = vector_of_buffer(node->type, &node->buffer, call.has_nulls);
}

static bool all_literals(const struct program *program, const struct node *call)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (program->nodes[call->args[i]].kind != NODE_LITERAL)
            return false;
    return true;
}

static uint32_t fold(struct program *program, const struct node *call)
{
    struct node node = *call;
    const struct vector **inputs = arena_calloc(&program->arena, call->n_args + 1, sizeof(*inputs));
    for (size_t i = 0; i < call->n_args; i++)
        inputs[i] = &program->nodes[call->args[i]].value;
    node.inputs = inputs;
    node.buffer = arena_buffer(program, call->type);
    call_kernel(&node, 1);
    struct value value = vector_value(&node.value, 0);
    return program_add_literal(program, &value);
}

uint32_t program_add_call(struct program *program, const struct node *call)
{
    if (all_literals(program, call))
        return fold(program, call);
    struct node node = *call;
    uint32_t *args = arena_calloc(&program->arena, call->n_args, sizeof(*args));
    memcpy(args, call->args, call->n_args * sizeof(*args));
    node.kind = NODE_CALL;
    node.args = args;
    return program_add_leaf(program, &node);
}

static void compute_changed(struct node *node, const struct program_input *input)
{
    if (input->changed != NULL) {
        node->value = (struct vector){.type = VALUE_BOOLEAN, .u8 = input->changed};
        return;
    }
    struct value null = {.type = VALUE_BOOLEAN, .is_null = true};
    vector_fill(&null, input->n, &node->buffer);
    node->value = vector_of_buffer(VALUE_BOOLEAN, &node->buffer, true);
}

static void compute_measure(struct node *node, const struct program_input *input)
{
    struct value value = input->measures[node->index];
    if (value.is_null)
        value.type = node->type;
    assert(value.type == node->type);
    vector_fill(&value, input->n, &node->buffer);
    node->value = vector_of_buffer(node->type, &node->buffer, value.is_null);
}

void program_compute(struct program *program, size_t index, const struct program_input *input)
{
    struct node *node = &program->nodes[index];
    switch (node->kind) {
    case NODE_COLUMN:
        node->value = rows_load(&input->slice->sides[node->side], node->index, node->type, input->n,
                                &node->buffer);
        break;
    case NODE_CHANGED:
        compute_changed(node, input);
        break;
    case NODE_MEASURE:
        compute_measure(node, input);
        break;
    case NODE_CALL:
        call_kernel(node, input->n);
        break;
    case NODE_LITERAL:
        break;
    }
}
