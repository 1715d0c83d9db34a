#include "tests/fuzz/target.h"

#include <assert.h>
#include <string.h>

void fuzz_expect_problems(struct diagnostics *diags)
{
    static FILE *nowhere;
    struct error err;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    assert(nowhere != NULL);
    assert(diagnostics_count(diags) > 0);
    for (size_t i = 0; i < diags->n_problems; i++) {
        const struct problem *problem = &diags->problems[i];
        assert(problem->message[0] != '\0' && problem->hint[0] != '\0' && problem->file != NULL);
        assert(problem->line > 0 || problem->column == 0);
    }
    diagnostics_print(diags, nowhere);
    assert(diagnostics_to_error(diags, &err) == ERR_CONFIG);
    error_print(&err, nowhere);
}
