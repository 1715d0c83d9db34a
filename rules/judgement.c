#include "rules/judgement.h"

const char *action_name(enum action action)
{
    static const char *const names[] = {
        [ACTION_WARN] = "warn", [ACTION_HOLD] = "hold", [ACTION_BLOCK] = "block"};
    return names[action];
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {[VERDICT_PASS] = "pass",
                                        [VERDICT_WARN] = "warn",
                                        [VERDICT_HOLD] = "hold",
                                        [VERDICT_BLOCK] = "block"};
    return names[verdict];
}

const char *outcome_kind_name(enum outcome_kind kind)
{
    static const char *const names[] = {[OUTCOME_PASS] = "pass",
                                        [OUTCOME_FINDING] = "finding",
                                        [OUTCOME_NOT_APPLICABLE] = "not applicable",
                                        [OUTCOME_ERROR] = "error"};
    return names[kind];
}
