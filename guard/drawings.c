#include "guard/drawings.h"

#include <string.h>

#include "report/examples.h"

/* A column of all rows or of one segment, drawn once for all findings that are about it. */
struct subject {
    size_t column;
    const char *segment; /* NULL: all rows */
    bool is_given;       /* to a finding; later ones refer to that */
    struct report_drawing drawing;
};

struct drawings {
    struct packed *old_snapshot;
    struct packed *new_snapshot;
    const struct measure_plan *plan;
    struct judged *judged;
    struct subject subjects[DRAWINGS_MAX_SUBJECTS];
    size_t n_subjects;
};

/* The measure that a finding has examples of, or else the first one that it looks at. */
static size_t measure_of(const struct outcome *outcome)
{
    if (outcome->example_measure != OUTCOME_NO_EXAMPLES)
        return outcome->example_measure;
    return outcome->n_measures == 0 ? OUTCOME_NO_EXAMPLES : outcome->measures[0].plan_index;
}

/* The rows of the finding's segment, or NULL for all rows. */
static const struct segment_choice *choose_segment(const struct drawings *d,
                                                   const struct outcome *outcome,
                                                   struct segment_choice *choice)
{
    if (outcome->segment == NULL)
        return NULL;
    const struct measure *measure = &d->plan->measures[measure_of(outcome)];
    const struct measure_result *result = &d->judged->diff.measures[measure_of(outcome)];
    *choice = (struct segment_choice){.by = measure->by,
                                      .n_by = measure->n_by,
                                      .text = outcome->segment,
                                      .segments = result->segments,
                                      .n_segments = result->n_segments};
    return choice;
}

static bool is_about(const struct subject *subject, size_t column, const char *segment)
{
    if (subject->column != column || (subject->segment == NULL) != (segment == NULL))
        return false;
    return segment == NULL || strcmp(subject->segment, segment) == 0;
}

static enum error_code draw(struct drawings *d, const struct outcome *outcome,
                            struct subject *subject, struct error *err)
{
    struct arena *arena = &d->judged->arena;
    struct segment_choice choice;
    const struct segment_choice *segment = choose_segment(d, outcome, &choice);
    struct distribution *distribution = arena_alloc(arena, sizeof(*distribution));
    struct transitions *transitions = arena_alloc(arena, sizeof(*transitions));
    enum column_type type = d->plan->schema->columns[subject->column].type;
    bool categories = type == TYPE_TEXT || type == TYPE_UUID;
    TRY(diff_distribution(d->old_snapshot, d->new_snapshot, subject->column, segment,
                          categories ? DRAWINGS_CATEGORIES : DRAWINGS_BINS, arena, distribution,
                          err));
    subject->drawing.column = d->plan->schema->columns[subject->column].name;
    subject->drawing.distribution = distribution;
    if (d->old_snapshot == NULL)
        return OK;
    TRY(diff_transitions(d->old_snapshot, d->new_snapshot, subject->column, segment,
                         DRAWINGS_GROUPS, arena, transitions, err));
    subject->drawing.transitions = transitions;
    return OK;
}

/* The subject of a finding, drawn; NULL if it is about no column or there are too many. */
static enum error_code find_subject(struct drawings *d, const struct outcome *outcome,
                                    size_t column, struct subject **ret_subject, struct error *err)
{
    *ret_subject = NULL;
    for (size_t i = 0; i < d->n_subjects; i++) {
        if (is_about(&d->subjects[i], column, outcome->segment))
            *ret_subject = &d->subjects[i];
    }
    if (*ret_subject != NULL || d->n_subjects == DRAWINGS_MAX_SUBJECTS)
        return OK;
    struct subject *subject = &d->subjects[d->n_subjects];
    *subject = (struct subject){.column = column, .segment = outcome->segment};
    TRY(draw(d, outcome, subject, err));
    d->n_subjects++;
    *ret_subject = subject;
    return OK;
}

static const struct expr *column_of(struct arena *arena, enum side side, size_t column,
                                    enum value_type type)
{
    struct expr *expr = arena_alloc(arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_COLUMN, .type = type, .side = side, .column = column};
    return expr;
}

static const struct expr *call_of(struct arena *arena, enum expr_op op, enum value_type type,
                                  const struct expr *first, const struct expr *second)
{
    struct expr *expr = arena_alloc(arena, sizeof(*expr));
    const struct expr **args = arena_calloc(arena, 2, sizeof(struct expr *));
    args[0] = first;
    args[1] = second;
    *expr = (struct expr){
        .kind = EXPR_CALL, .type = type, .op = op, .args = args, .n_args = second == NULL ? 1 : 2};
    return expr;
}

/* What a change of a value of the type is measured in; false if it cannot be measured. */
static bool change_type(enum value_type type, enum value_type *ret_type)
{
    switch (type) {
    case VALUE_INTEGER:
    case VALUE_DOUBLE:
    case VALUE_NUMERIC:
        *ret_type = VALUE_DOUBLE;
        return true;
    case VALUE_DATE:
    case VALUE_TIME:
        *ret_type = VALUE_DURATION;
        return true;
    default:
        return false;
    }
}

/* The condition that the finding's rows meet, or NULL if they are not told by one. */
static const struct expr *rows_of(struct arena *arena, const struct measure *measure,
                                  const struct outcome *outcome)
{
    if (measure->aggregate == AGG_ARRIVALS && outcome->n_measures > 0 &&
        outcome->measures[0].has_arrived_at) {
        struct expr *literal = arena_alloc(arena, sizeof(*literal));
        *literal = (struct expr){.kind = EXPR_LITERAL,
                                 .type = measure->arg->type,
                                 .literal = outcome->measures[0].arrived_at};
        return call_of(arena, OP_EQ, VALUE_BOOLEAN, measure->arg, literal);
    }
    bool is_condition = measure->aggregate == AGG_SHARE || measure->aggregate == AGG_COUNT;
    return is_condition && measure->arg->type == VALUE_BOOLEAN ? measure->arg : NULL;
}

static const struct expr *both(struct arena *arena, const struct expr *a, const struct expr *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    return call_of(arena, OP_AND, VALUE_BOOLEAN, a, b);
}

/* The largest change of a column among the rows of a finding; false if there is no such measure. */
static bool change_measure(const struct drawings *d, const struct outcome *outcome, size_t column,
                           struct measure *ret_measure)
{
    struct arena *arena = &d->judged->arena;
    size_t index = measure_of(outcome);
    enum value_type type = value_type_of_column(d->plan->schema->columns[column].type);
    enum value_type change = VALUE_DOUBLE;
    if (index == OUTCOME_NO_EXAMPLES || !change_type(type, &change) ||
        d->plan->measures[index].scope == SCOPE_OLD)
        return false;
    const struct measure *measure = &d->plan->measures[index];
    *ret_measure = *measure;
    ret_measure->aggregate = AGG_MAX;
    ret_measure->scope = SCOPE_KEPT;
    ret_measure->type = change;
    ret_measure->filter = both(arena, measure->filter, rows_of(arena, measure, outcome));
    ret_measure->arg =
        call_of(arena, OP_ABS, change,
                call_of(arena, OP_SUB, change, column_of(arena, SIDE_NEW, column, type),
                        column_of(arena, SIDE_OLD, column, type)),
                NULL);
    return true;
}

/* Findings whose largest changes are looked for, all in one pass. */
struct changes {
    size_t outcomes[DRAWINGS_MAX_FINDINGS];
    struct measure measures[DRAWINGS_MAX_FINDINGS];
    size_t n;
};

static enum error_code find_worst(struct drawings *d, const struct changes *changes,
                                  struct error *err)
{
    struct arena *arena = &d->judged->arena;
    const struct measure_plan plan = {
        .schema = d->plan->schema, .measures = changes->measures, .n_measures = changes->n};
    struct diff_result result;
    if (changes->n == 0 || d->old_snapshot == NULL)
        return OK;
    TRY(diff_run(d->old_snapshot, d->new_snapshot, &plan, arena, NULL, NULL, &result, err));
    for (size_t i = 0; i < changes->n; i++) {
        struct report_examples *worst = &d->judged->drawings[changes->outcomes[i]].worst;
        const struct outcome *outcome = &d->judged->judgement.outcomes[changes->outcomes[i]];
        struct example *examples = NULL;
        TRY(diff_examples(d->old_snapshot, d->new_snapshot, &plan, i, &result, outcome->segment,
                          DRAWINGS_WORST, arena, &examples, &worst->n_examples, err));
        worst->examples = examples;
    }
    return OK;
}

static enum error_code find_drawing(struct drawings *d, size_t index, struct changes *changes,
                                    struct error *err)
{
    const struct outcome *outcome = &d->judged->judgement.outcomes[index];
    size_t column = examples_subject(d->plan->schema, outcome);
    struct subject *subject = NULL;
    if (column == EXAMPLES_NO_SUBJECT ||
        (outcome->segment != NULL && measure_of(outcome) == OUTCOME_NO_EXAMPLES))
        return OK;
    TRY(find_subject(d, outcome, column, &subject, err));
    if (subject == NULL)
        return OK;
    struct report_drawing *drawing = &d->judged->drawings[index];
    *drawing = subject->is_given ? (struct report_drawing){.column = subject->drawing.column}
                                 : subject->drawing;
    subject->is_given = true;
    changes->outcomes[changes->n] = index;
    changes->n += change_measure(d, outcome, column, &changes->measures[changes->n]);
    return OK;
}

enum error_code drawings_find(struct packed *old_snapshot, struct packed *new_snapshot,
                              const struct rule_set *rules, struct judged *judged,
                              struct error *err)
{
    const struct judgement *judgement = &judged->judgement;
    struct drawings d = {.old_snapshot = old_snapshot,
                         .new_snapshot = new_snapshot,
                         .plan = rule_set_plan(rules),
                         .judged = judged};
    struct changes changes = {.n = 0};
    size_t findings = 0;
    judged->drawings =
        arena_calloc(&judged->arena, judgement->n_outcomes + 1, sizeof(*judged->drawings));
    for (size_t i = 0; i < judgement->n_outcomes && findings < DRAWINGS_MAX_FINDINGS; i++) {
        if (judgement->outcomes[i].kind != OUTCOME_FINDING)
            continue;
        findings++;
        TRY(find_drawing(&d, i, &changes, err));
    }
    return find_worst(&d, &changes, err);
}
