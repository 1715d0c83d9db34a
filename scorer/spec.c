#include "scorer/spec.h"

void scorer_spec_init(struct scorer_spec *spec)
{
    *spec = (struct scorer_spec){
        .timeout_us = SCORER_DEFAULT_TIMEOUT_US,
        .drain_us = SCORER_DEFAULT_DRAIN_US,
        .grace_us = SCORER_DEFAULT_GRACE_US,
        .max_log_bytes = SCORER_DEFAULT_LOG_BYTES,
    };
}
