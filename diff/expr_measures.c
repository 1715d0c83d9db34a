#include "diff/program.h"

static void compute_steps(struct program *program, const struct value *measures)
{
    struct program_input input = {.measures = measures, .n = 1};
    for (size_t s = 0; s < program->n_steps; s++)
        if (!program->steps[s].is_use)
            program_compute(program, program->steps[s].index, &input);
}

enum error_code expr_eval_measures(const struct expr *expr, const struct value *measures,
                                   struct value *ret_value, struct error *err)
{
    CLEANUP(program_release) struct program program;
    program_init(&program, NULL, 1);
    uint32_t node = program_add(&program, expr, BIND_ROWS);
    struct program_use use = {
        .needs = {node, PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE},
        .rows = ROWS_BIT(ROWS_KEPT)};
    TRY(program_schedule(&program, &use, 1, err));
    compute_steps(&program, measures);
    *ret_value = vector_value(&program.nodes[node].value, 0);
    return OK;
}
