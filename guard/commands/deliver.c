#include "guard/commands/commands.h"

#include <inttypes.h>

#include "guard/deliver.h"

const struct option_spec deliver_options[] = {
    {"for", "DURATION", "how long to wait for retries that fall due (default: 30s)", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_deliver_options = ARRAY_SIZE(deliver_options);

enum error_code command_deliver(struct app *app, const struct arguments *arguments,
                                int *ret_exit_status, struct error *err)
{
    *ret_exit_status = 0;
    struct deliver_options options = {.for_us = 30 * INT64_C(1000000),
                                      .verbose = !arguments_flag(arguments, "json")};
    TRY(arguments_duration(arguments, "for", &options.for_us, err));
    if (app->config.routes.n == 0)
        (void)fputs("there are no routes in the configuration, so nobody is told\n", stderr);
    struct deliver_result result;
    TRY(deliver_due(&app->config, app->store, &options, &result, err));
    if (result.broken > 0)
        *ret_exit_status = error_exit_status(ERR_NETWORK);
    if (arguments_flag(arguments, "json"))
        return app_print_json(
            json_pack("{s:I, s:I, s:I, s:I, s:I}", "delivered", (json_int_t)result.delivered,
                      "failed_attempts", (json_int_t)result.failed_attempts, "dead",
                      (json_int_t)result.dead, "routes_waiting", (json_int_t)result.waiting,
                      "routes_broken", (json_int_t)result.broken),
            err);
    (void)printf("%" PRIu64 " delivered, %" PRIu64 " attempts failed\n", result.delivered,
                 result.failed_attempts);
    return OK;
}
