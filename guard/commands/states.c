#include "guard/commands/commands.h"

#include "guard/states.h"

const struct option_spec states_options[] = {
    {"json", NULL, "print one JSON object", false},
    {"markdown", NULL, "print the tables as they stand in the documentation", false},
};
const size_t n_states_options = ARRAY_SIZE(states_options);

static enum error_code print_json(struct error *err)
{
    json_t *states = json_array();
    json_t *transitions = json_array();
    for (int i = 0; i < N_LOAD_STATES; i++)
        (void)json_array_append_new(
            states, json_pack("{s:s, s:b, s:s}", "state", load_state_name((enum load_state)i),
                              "ends", load_state_ends((enum load_state)i), "meaning",
                              load_state_meaning((enum load_state)i)));
    for (size_t i = 0; i < n_state_transitions; i++)
        (void)json_array_append_new(transitions,
                                    json_pack("{s:s, s:s, s:s}", "from",
                                              load_state_name(state_transitions[i].from), "to",
                                              load_state_name(state_transitions[i].to), "cause",
                                              state_transitions[i].cause));
    return app_print_json(json_pack("{s:o, s:o}", "states", states, "transitions", transitions),
                          err);
}

static void print_text(void)
{
    (void)puts("states");
    for (int i = 0; i < N_LOAD_STATES; i++)
        (void)printf("  %-12s %s\n", load_state_name((enum load_state)i),
                     load_state_meaning((enum load_state)i));
    (void)puts("\nchanges");
    for (size_t i = 0; i < n_state_transitions; i++)
        (void)printf("  %-12s → %-12s %s\n", load_state_name(state_transitions[i].from),
                     load_state_name(state_transitions[i].to), state_transitions[i].cause);
}

static void print_markdown(void)
{
    (void)puts("| state | meaning |\n|---|---|");
    for (int i = 0; i < N_LOAD_STATES; i++)
        (void)printf("| %s | %s |\n", load_state_name((enum load_state)i),
                     load_state_meaning((enum load_state)i));
    (void)puts("\n| from | to | when |\n|---|---|---|");
    for (size_t i = 0; i < n_state_transitions; i++)
        (void)printf("| %s | %s | %s |\n", load_state_name(state_transitions[i].from),
                     load_state_name(state_transitions[i].to), state_transitions[i].cause);
}

enum error_code command_states(struct app *app, const struct arguments *arguments,
                               int *ret_exit_status, struct error *err)
{
    (void)app;
    *ret_exit_status = 0;
    if (arguments_flag(arguments, "json"))
        return print_json(err);
    if (arguments_flag(arguments, "markdown"))
        print_markdown();
    else
        print_text();
    return OK;
}
