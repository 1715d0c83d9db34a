#include "rules/functions.h"

#include <string.h>

#include "yaml/suggest.h"

#define MAX_ARGS 1000

static const struct scalar_function scalar_functions[] = {
    {"abs", OP_ABS, TAKES_AMOUNT, 1, 1, false},
    {"least", OP_LEAST, TAKES_ALIKE, 2, MAX_ARGS, false},
    {"greatest", OP_GREATEST, TAKES_ALIKE, 2, MAX_ARGS, false},
    {"coalesce", OP_COALESCE, TAKES_ALIKE, 2, MAX_ARGS, false},
    {"round", OP_ROUND, TAKES_NUMBER, 1, 1, false},
    {"floor", OP_FLOOR, TAKES_NUMBER, 1, 1, false},
    {"ceil", OP_CEIL, TAKES_NUMBER, 1, 1, false},
    {"ln", OP_LN, TAKES_NUMBER, 1, 1, false},
    {"log2", OP_LOG2, TAKES_NUMBER, 1, 1, false},
    {"exp", OP_EXP, TAKES_NUMBER, 1, 1, false},
    {"sqrt", OP_SQRT, TAKES_NUMBER, 1, 1, false},
    {"jumped", OP_JUMPED, TAKES_NEW_COLUMN, 1, 1, true},
    {"shift", OP_SHIFT, TAKES_NEW_COLUMN, 1, 1, true},
};

static const struct aggregate_function aggregate_functions[] = {
    {"count", AGG_COUNT, TAKES_ANY, PARAMETER_NONE},
    {"share", AGG_SHARE, TAKES_CONDITION, PARAMETER_NONE},
    {"sum", AGG_SUM, TAKES_AMOUNT, PARAMETER_NONE},
    {"mean", AGG_MEAN, TAKES_AMOUNT, PARAMETER_NONE},
    {"stddev", AGG_STDDEV, TAKES_NUMBER, PARAMETER_NONE},
    {"min", AGG_MIN, TAKES_ORDERED, PARAMETER_NONE},
    {"max", AGG_MAX, TAKES_ORDERED, PARAMETER_NONE},
    {"quantile", AGG_QUANTILE, TAKES_NUMBER, PARAMETER_FRACTION},
    {"distinct", AGG_DISTINCT, TAKES_ANY, PARAMETER_NONE},
    {"nulls", AGG_NULLS, TAKES_ANY, PARAMETER_NONE},
    {"arrivals", AGG_ARRIVALS, TAKES_NEW_COLUMN, PARAMETER_NONE},
    {"top_share", AGG_TOP_SHARE, TAKES_COLUMN, PARAMETER_NONE},
    {"invalid", AGG_INVALID, TAKES_NUMBER, PARAMETER_NONE},
    {"ks", AGG_KS, TAKES_ORDERED_COLUMN, PARAMETER_NONE},
    {"psi", AGG_PSI, TAKES_NEW_COLUMN, PARAMETER_NONE},
    {"js", AGG_JS, TAKES_NEW_COLUMN, PARAMETER_NONE},
    {"emd", AGG_EMD, TAKES_NUMBER_COLUMN, PARAMETER_NONE},
    {"overlap", AGG_OVERLAP, TAKES_ORDERED_COLUMN, PARAMETER_ROWS},
    {"spearman", AGG_SPEARMAN, TAKES_ORDERED_COLUMN, PARAMETER_NONE},
};

static const struct bare_measure bare_measures[] = {
    {"rows", AGG_ROWS},     {"old_rows", AGG_OLD_ROWS}, {"kept", AGG_KEPT},
    {"added", AGG_ADDED},   {"removed", AGG_REMOVED},   {"duplicates", AGG_DUPLICATES},
    {"changed", AGG_COUNT},
};

static const struct history_function_info history_functions[] = {
    {"beyond", HISTORY_BEYOND, 3, 3, "beyond(measure, limit without history or none, room)"},
    {"previous", HISTORY_PREVIOUS, 1, 1, "previous(measure)"},
    {"usual", HISTORY_USUAL, 1, 1, "usual(measure)"},
    {"spread", HISTORY_SPREAD, 1, 1, "spread(measure)"},
    {"lowest", HISTORY_LOWEST, 1, 1, "lowest(measure)"},
    {"highest", HISTORY_HIGHEST, 1, 1, "highest(measure)"},
    {"recent", HISTORY_RECENT, 2, 2, "recent(measure, loads)"},
};

struct named_remedy {
    const char *name;
    struct remedy remedy;
};

static const struct named_remedy remedies[] = {
    {"drift", {NULL, "Write ks(x) for an ordered column, js(x) for any."}},
    {"kl", {NULL, "Write js(x), which is known where a value stands on one side only."}},
    {"wasserstein", {NULL, "Write emd(x)."}},
    {"kendall", {NULL, "Write spearman(x)."}},
    {"avg", {NULL, "Write mean(x)."}},
    {"average", {NULL, "Write mean(x)."}},
    {"median", {NULL, "Write quantile(x, 0.5)."}},
    {"percentile", {NULL, "Write quantile(x, 0.95)."}},
    {"percentile_cont", {NULL, "Write quantile(x, 0.95)."}},
    {"std", {NULL, "Write stddev(x)."}},
    {"variance", {NULL, "Write stddev(x) * stddev(x)."}},
    {"var", {NULL, "Write stddev(x) * stddev(x)."}},
    {"fraction", {NULL, "Write share(condition)."}},
    {"percent", {NULL, "Write share(condition) > 5%."}},
    {"unique", {NULL, "Write distinct(x)."}},
    {"count_distinct", {NULL, "Write distinct(x)."}},
    {"ifnull", {NULL, "Write coalesce(x, 0)."}},
    {"nvl", {NULL, "Write coalesce(x, 0)."}},
    {"isnull", {NULL, "Write x is null."}},
    {"isnan", {NULL, "Write invalid(x), the number of rows that are NaN or infinite."}},
    {"if", {NULL, "Write case when x > 0 then 1 else 0 end."}},
    {"iif", {NULL, "Write case when x > 0 then 1 else 0 end."}},
    {"now", {NULL, "Write as_of, the time that the load stands for."}},
    {"log", {NULL, "Write ln(x) or log2(x)."}},
    {"log10", {NULL, "Write ln(x) / ln(10)."}},
    {"pow", {NULL, "Write exp(y * ln(x)), or x * x."}},
    {"power", {NULL, "Write exp(y * ln(x)), or x * x."}},
    {"row_count", {NULL, "Write rows."}},
    {"n_rows", {NULL, "Write rows."}},
    {"countif", {NULL, "Write count(condition)."}},
    {"count_if", {NULL, "Write count(condition)."}},
    {"sumif", {NULL, "Write sum(x, condition)."}},
    {"exists", {NULL, "Write count(condition) > 0."}},
    {"all", {NULL, "Write share(condition) < 100%."}},
    {"every", {NULL, "Write share(condition) < 100%."}},
    {"any", {NULL, "Write count(condition) > 0."}},
    {"not_null", {NULL, "Write nulls(x) > 0: a rule says what is wrong."}},
    {"accepted_values", {NULL, "Write share(x not in ('a', 'b')) > 0: a rule says what is wrong."}},
    {"expect_column_values_to_not_be_null",
     {NULL, "Write nulls(x) > 0: a rule says what is wrong."}},
    {"expect_column_values_to_be_between",
     {NULL, "Write share(x not between 1 and 5) > 0: a rule says what is wrong."}},
    {"expect_column_values_to_be_in_set",
     {NULL, "Write share(x not in ('a', 'b')) > 0: a rule says what is wrong."}},
    {"freshness", {NULL, "Write as_of - max(x) > 26h."}},
    {"zscore", {NULL, "Write beyond(mean(x), none, 1%)."}},
    {"z_score", {NULL, "Write beyond(mean(x), none, 1%)."}},
    {"anomaly", {NULL, "Write beyond(mean(x), none, 1%)."}},
    {"lag", {NULL, "Write previous(mean(x)) for the last good load, old.x for a row of it."}},
    {"current_date", {NULL, "Write as_of, the time that the load stands for."}},
    {"current_timestamp", {NULL, "Write as_of, the time that the load stands for."}},
    {"today", {NULL, "Write as_of, the time that the load stands for."}},
    {"len", {NULL, "Texts can be compared, and matched with like."}},
    {"regexp_like", {NULL, "Match texts with like 'a%'."}},
    {"regexp_matches", {NULL, "Match texts with like 'a%'."}},
    {"cast", {NULL, "Values have the types of their columns; there are no casts."}},
    {"date_trunc", {NULL, "Subtract times: as_of - max(x) > 26h."}},
    {"mod", {NULL, "There is no remainder; x = round(x) tells whole numbers."}},
    {"delta", {NULL, "Write x - old.x."}},
    {"length", {NULL, "Texts can be compared, and matched with like."}},
    {"lower", {NULL, "Texts can be compared, and matched with like."}},
    {"upper", {NULL, "Texts can be compared, and matched with like."}},
    {"file", {NULL, "Write x in file(\"list.txt\")."}},
    {"rows", {NULL, "Write rows without parentheses, or count(condition)."}},
    {"old_rows", {NULL, "Write old_rows without parentheses."}},
    {"kept", {NULL, "Write kept without parentheses."}},
    {"added", {NULL, "Write added without parentheses."}},
    {"removed", {NULL, "Write removed without parentheses."}},
    {"duplicates", {NULL, "Write duplicates without parentheses."}},
    {"changed", {NULL, "Write changed without parentheses, or x is distinct from old.x."}},
};

const struct scalar_function *find_scalar_function(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(scalar_functions); i++) {
        if (strcmp(scalar_functions[i].name, name) == 0)
            return &scalar_functions[i];
    }
    return NULL;
}

const struct aggregate_function *find_aggregate_function(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(aggregate_functions); i++) {
        if (strcmp(aggregate_functions[i].name, name) == 0)
            return &aggregate_functions[i];
    }
    return NULL;
}

const struct bare_measure *find_bare_measure(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(bare_measures); i++) {
        if (strcmp(bare_measures[i].name, name) == 0)
            return &bare_measures[i];
    }
    return NULL;
}

const struct history_function_info *find_history_function(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(history_functions); i++) {
        if (strcmp(history_functions[i].name, name) == 0)
            return &history_functions[i];
    }
    return NULL;
}

size_t history_functions_all(const struct history_function_info **ret_functions)
{
    *ret_functions = history_functions;
    return ARRAY_SIZE(history_functions);
}

size_t scalar_functions_all(const struct scalar_function **ret_functions)
{
    *ret_functions = scalar_functions;
    return ARRAY_SIZE(scalar_functions);
}

size_t aggregate_functions_all(const struct aggregate_function **ret_functions)
{
    *ret_functions = aggregate_functions;
    return ARRAY_SIZE(aggregate_functions);
}

size_t bare_measures_all(const struct bare_measure **ret_measures)
{
    *ret_measures = bare_measures;
    return ARRAY_SIZE(bare_measures);
}

struct remedy function_remedy(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
        if (strcmp(remedies[i].name, name) == 0)
            return remedies[i].remedy;
    }
    return (struct remedy){0};
}

const char *suggest_function(const char *name)
{
    const char *names[ARRAY_SIZE(scalar_functions) + ARRAY_SIZE(aggregate_functions) +
                      ARRAY_SIZE(history_functions)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(scalar_functions); i++)
        names[n++] = scalar_functions[i].name;
    for (size_t i = 0; i < ARRAY_SIZE(aggregate_functions); i++)
        names[n++] = aggregate_functions[i].name;
    for (size_t i = 0; i < ARRAY_SIZE(history_functions); i++)
        names[n++] = history_functions[i].name;
    return suggest_closest(name, names, n);
}

const char *value_type_words(enum value_type type)
{
    switch (type) {
    case VALUE_BOOLEAN:
        return "true or false";
    case VALUE_TEXT:
        return "text";
    case VALUE_DATE:
        return "a date";
    case VALUE_TIME:
        return "a time";
    case VALUE_DURATION:
        return "a duration";
    case VALUE_UUID:
        return "a UUID";
    default:
        return "a number";
    }
}

bool value_type_is_number(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DOUBLE || type == VALUE_NUMERIC;
}

const char *argument_class_words(enum argument_class takes)
{
    switch (takes) {
    case TAKES_CONDITION:
        return "a condition";
    case TAKES_NUMBER:
        return "a number";
    case TAKES_AMOUNT:
        return "a number or a duration";
    case TAKES_ORDERED:
        return "a number, a date, a time or a duration";
    case TAKES_COLUMN:
    case TAKES_NEW_COLUMN:
        return "the name of a column";
    case TAKES_ORDERED_COLUMN:
        return "a column of numbers, dates or times";
    case TAKES_NUMBER_COLUMN:
        return "a column of numbers";
    default:
        return "a value";
    }
}

bool argument_class_is_new_column(enum argument_class takes)
{
    return takes == TAKES_NEW_COLUMN || takes == TAKES_ORDERED_COLUMN ||
           takes == TAKES_NUMBER_COLUMN;
}

bool argument_class_accepts(enum argument_class takes, enum value_type type)
{
    bool amount = value_type_is_number(type) || type == VALUE_DURATION;
    switch (takes) {
    case TAKES_CONDITION:
        return type == VALUE_BOOLEAN;
    case TAKES_NUMBER:
    case TAKES_NUMBER_COLUMN:
        return value_type_is_number(type);
    case TAKES_AMOUNT:
        return amount;
    case TAKES_ORDERED_COLUMN:
    case TAKES_ORDERED:
        return amount || type == VALUE_DATE || type == VALUE_TIME;
    default:
        return true;
    }
}
