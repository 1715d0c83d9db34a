#include <stdlib.h>
#include <string.h>

#include "diff/program.h"

/*
 * Pieces of memory that nodes take turns in. Pieces are of one size, that of the widest value, so
 * that any free one fits; the last one freed is still in the processor's cache and is taken first.
 */
struct program_memory {
    char **pieces;
    size_t n_pieces;
    size_t capacity;
    size_t *free; /* indices of free pieces, a stack */
    size_t n_free;
};

#define NO_PIECE SIZE_MAX
#define PIECE_ALIGNMENT 64

static void memory_free(struct program_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->n_pieces; i++)
        free(memory->pieces[i]);
    free(memory->pieces);
    free(memory->free);
    free(memory);
}

void program_release(struct program *program)
{
    memory_free(program->memory);
    arena_release(&program->arena);
    *program = (struct program){0};
}

static size_t piece_bytes(const struct program *program)
{
    size_t bytes = program->max_rows * (VECTOR_MAX_WIDTH + 1);
    return (bytes + PIECE_ALIGNMENT - 1) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
}

static enum error_code add_piece(struct program *program, struct error *err)
{
    struct program_memory *memory = program->memory;
    if (memory->n_pieces == memory->capacity) {
        size_t capacity = memory->capacity == 0 ? 16 : memory->capacity * 2;
        char **pieces = reallocarray(memory->pieces, capacity, sizeof(*pieces));
        if (pieces != NULL)
            memory->pieces = pieces;
        size_t *stack = reallocarray(memory->free, capacity, sizeof(*stack));
        if (stack != NULL)
            memory->free = stack;
        if (pieces == NULL || stack == NULL)
            return error_set(err, ERR_MEMORY, "out of memory for the measures");
        memory->capacity = capacity;
    }
    char *piece = aligned_alloc(PIECE_ALIGNMENT, piece_bytes(program));
    if (piece == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the measures");
    memset(piece, 0, piece_bytes(program));
    memory->free[memory->n_free++] = memory->n_pieces;
    memory->pieces[memory->n_pieces++] = piece;
    return OK;
}

static enum error_code take_piece(struct program *program, struct node *node, struct error *err)
{
    struct program_memory *memory = program->memory;
    if (memory->n_free == 0)
        TRY(add_piece(program, err));
    node->memory = memory->free[--memory->n_free];
    char *piece = memory->pieces[node->memory];
    node->buffer = (struct vector_buffer){
        .data = piece, .nulls = (uint8_t *)piece + program->max_rows * VECTOR_MAX_WIDTH};
    return OK;
}

static void give_back(struct program *program, struct node *node)
{
    if (node->memory == NO_PIECE)
        return;
    program->memory->free[program->memory->n_free++] = node->memory;
    node->memory = NO_PIECE;
}

static void forget_schedule(struct program *program)
{
    for (size_t i = 0; i < program->n_nodes; i++) {
        program->nodes[i].rows = 0;
        program->nodes[i].last_use = SIZE_MAX;
        program->nodes[i].memory = NO_PIECE;
    }
    program->n_steps = 0;
    program->memory->n_free = 0;
    for (size_t i = 0; i < program->memory->n_pieces; i++)
        program->memory->free[program->memory->n_free++] = i;
}

struct ordered_use {
    size_t column;
    size_t use;
};

static int compare_uses(const void *a, const void *b)
{
    const struct ordered_use *x = a;
    const struct ordered_use *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->use > y->use) - (x->use < y->use);
}

static struct ordered_use *order_uses(struct program *program, const struct program_use *uses,
                                      size_t n_uses)
{
    struct ordered_use *order = arena_calloc(&program->arena, n_uses, sizeof(*order));
    for (size_t u = 0; u < n_uses; u++) {
        order[u] = (struct ordered_use){.column = SIZE_MAX, .use = u};
        for (size_t i = 0; i < PROGRAM_MAX_NEEDS; i++) {
            uint32_t need = uses[u].needs[i];
            size_t column = need == PROGRAM_NONE ? SIZE_MAX : program->nodes[need].first_column;
            order[u].column = column < order[u].column ? column : order[u].column;
        }
    }
    qsort(order, n_uses, sizeof(*order), compare_uses);
    return order;
}

static void mark_rows(struct program *program, uint32_t index, unsigned rows)
{
    if (index == PROGRAM_NONE || (program->nodes[index].rows | rows) == program->nodes[index].rows)
        return;
    struct node *node = &program->nodes[index];
    node->rows |= rows;
    for (size_t i = 0; i < node->n_args; i++)
        mark_rows(program, node->args[i], rows);
}

static void link_inputs(struct program *program, struct node *node)
{
    if (node->inputs == NULL)
        node->inputs = arena_calloc(&program->arena, node->n_args + 1, sizeof(*node->inputs));
    for (size_t i = 0; i < node->n_args; i++)
        node->inputs[i] = &program->nodes[node->args[i]].value;
}

/* Emits a node after its arguments, once; last_use is SIZE_MAX until it has been emitted. */
static void emit_node(struct program *program, uint32_t index)
{
    struct node *node = &program->nodes[index];
    if (node->kind == NODE_LITERAL || node->last_use != SIZE_MAX)
        return;
    for (size_t i = 0; i < node->n_args; i++)
        emit_node(program, node->args[i]);
    link_inputs(program, node);
    for (size_t i = 0; i < node->n_args; i++)
        program->nodes[node->args[i]].last_use = program->n_steps;
    node->last_use = program->n_steps;
    program->steps[program->n_steps++] = (struct program_step){.index = index, .rows = node->rows};
}

static void emit_use(struct program *program, const struct program_use *use, size_t index)
{
    for (size_t i = 0; i < PROGRAM_MAX_NEEDS; i++)
        if (use->needs[i] != PROGRAM_NONE)
            emit_node(program, use->needs[i]);
    for (size_t i = 0; i < PROGRAM_MAX_NEEDS; i++)
        if (use->needs[i] != PROGRAM_NONE)
            program->nodes[use->needs[i]].last_use = program->n_steps;
    program->steps[program->n_steps++] =
        (struct program_step){.is_use = true, .index = index, .rows = use->rows};
}

/* Gives back the memory of what step `at` used for the last time. */
static void end_lives(struct program *program, const uint32_t *nodes, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++)
        if (nodes[i] != PROGRAM_NONE && program->nodes[nodes[i]].last_use == at)
            give_back(program, &program->nodes[nodes[i]]);
}

static enum error_code assign_memory(struct program *program, const struct program_use *uses,
                                     struct error *err)
{
    for (size_t at = 0; at < program->n_steps; at++) {
        const struct program_step *step = &program->steps[at];
        if (step->is_use) {
            end_lives(program, uses[step->index].needs, PROGRAM_MAX_NEEDS, at);
            continue;
        }
        struct node *node = &program->nodes[step->index];
        TRY(take_piece(program, node, err));
        end_lives(program, node->args, node->n_args, at);
    }
    return OK;
}

enum error_code program_schedule(struct program *program, const struct program_use *uses,
                                 size_t n_uses, struct error *err)
{
    if (program->memory == NULL)
        program->memory = calloc(1, sizeof(*program->memory));
    if (program->memory == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the measures");
    forget_schedule(program);
    program->steps =
        arena_calloc(&program->arena, program->n_nodes + n_uses, sizeof(*program->steps));
    for (size_t u = 0; u < n_uses; u++)
        for (size_t i = 0; i < PROGRAM_MAX_NEEDS; i++)
            mark_rows(program, uses[u].needs[i], uses[u].rows);
    const struct ordered_use *order = order_uses(program, uses, n_uses);
    for (size_t u = 0; u < n_uses; u++)
        emit_use(program, &uses[order[u].use], order[u].use);
    return assign_memory(program, uses, err);
}
