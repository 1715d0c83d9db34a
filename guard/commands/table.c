#include "guard/commands/commands.h"

#define ANY_NUMBER 100000

const struct command commands[] = {
    {"init", "[FILE]", 0, 1, "write a commented configuration to start from",
     "Writes loadguard.yaml, or FILE, with one feed that runs as it is. An existing file is left "
     "alone.",
     init_options, &n_init_options, NEEDS_NOTHING, command_init},
    {"check", "[FILE]", 0, 1, "say what is wrong with the configuration and its rules",
     "Reads the configuration, the rules of every feed and the files and secrets that they name, "
     "and "
     "prints every mistake with its place. Nothing is run and no database is asked.",
     check_options, &n_check_options, NEEDS_NOTHING, command_check},
    {"run", "FEED", 1, 1, "run a load: scorer, staging, judging, publication",
     "Runs the feed's scorer, stages its rows while they arrive, takes them only if they are known "
     "to be complete, compares them with the last good load, and publishes them or keeps the last "
     "good load live. Whoever has to know is told.\n\n"
     "The exit status says how it ended: 0 published, 3 blocked, 4 held, 5 not ready or "
     "incomplete, "
     "2 failed. Unless it is 0, readers see what they saw before.",
     run_options, &n_run_options, NEEDS_STORE, command_run},
    {"diff", "OLD NEW", 2, 2, "compare two files by the default rules, without a database",
     "Reads two CSV files with the same header, plain or gzip, finds out types and key, and judges "
     "NEW as if it were the load after OLD. Needs neither configuration nor database.\n\n"
     "Exit status 0 if NEW would be published, 3 if it would be blocked, 4 if it would be held.",
     diff_options, &n_diff_options, NEEDS_NOTHING, command_diff},
    {"replay", "FEED FILE...", 2, ANY_NUMBER, "run files through the gate in order, a line each",
     "Treats each FILE as the output of one night and runs them in order through the whole gate: "
     "staged, judged, published or kept out. A night that is not published stays out, and the next "
     "one is compared with the last that was. It all happens in a scratch database of the private "
     "cluster, so neither the ledger nor any reader is touched. A date in a file's name is its "
     "as_of. Nights held or blocked are the answer, not an error; exits 2 if a night failed.",
     replay_options, &n_replay_options, NEEDS_CONFIG, command_replay},
    {"backtest", "FEED", 1, 1, "say what rules would have done with the loads of the past",
     "Judges the loads of a feed once more, in order, each with the history that there was then: "
     "by "
     "the feed's rules or by those of --rules. What was measured then is taken from the ledger; "
     "where a rule needs more and both loads are still kept, they are compared again. Prints what "
     "would have become of each load beside what did, and for each rule how many loads it would "
     "have stopped, and which it could not judge and why.\n\n"
     "Nothing is changed. What is found is the answer, not an error: exits 0.",
     backtest_options, &n_backtest_options, NEEDS_STORE, command_backtest},
    {"drill", "[FEED]", 0, 1, "damage copies of the live load and say which rule catches what",
     "Damages copies of the feed's live load in the ways in which loads have gone wrong elsewhere, "
     "from all rows down to one, and judges each by the feed's rules and history as if it had been "
     "delivered in place of the live load. Prints the smallest share of each damage that is still "
     "stopped, which rule "
     "still catches how little, and what nothing catches. With --file the copies are of a file, "
     "and neither configuration nor database is needed.\n\n"
     "Copies are compared with the load before the live one if it is still kept, so that damage "
     "comes on top of what a night does anyway, else with the live load itself.\n\n"
     "Nothing is published or recorded. What a drill finds is no error: exits 0.",
     drill_options, &n_drill_options, NEEDS_NOTHING, command_drill},
    {"suggest", "FEED", 1, 1, "suggest limits for measures from their history",
     "For every measure of the default rules and of the feed's, prints a rule that holds what lies "
     "further out than published loads have been, so far that all these rules together raise about "
     "--false-alarms-per-year. What supports it stands above each: range, number of loads, and how "
     "many loads of the past it would have stopped. With fewer than 8 loads nothing is "
     "suggested.\n\n"
     "The output is YAML, a list of rules: put it into a file, try it with 'loadguard backtest "
     "FEED "
     "--rules FILE', and include it.",
     suggest_options, &n_suggest_options, NEEDS_STORE, command_suggest},
    {"status", "[FEED]", 0, 1, "show what readers see now, and what waits for a person",
     "One line a feed: the live load, its as_of and age, rows, and the latest load if that is "
     "another one. Also says how to connect to the private cluster.",
     status_options, &n_status_options, NEEDS_STORE, command_status},
    {"loads", "FEED", 1, 1, "list the loads of a feed, newest first",
     "Lists loads with their state, as_of, rows, verdict and time.", loads_options,
     &n_loads_options, NEEDS_STORE, command_loads},
    {"show", "LOAD", 1, 1, "show the report of a load",
     "Prints what is known about a load: state, verdict, findings with examples, who decided, and "
     "what was sent to whom.",
     show_options, &n_show_options, NEEDS_STORE, command_show},
    {"states", "", 0, 0, "print the states of a load and the changes between them",
     "Prints the one table that decides which change of state is allowed.", states_options,
     &n_states_options, NEEDS_NOTHING, command_states},
    {"approve", "LOAD", 1, 1, "publish a held load; with --override a blocked one",
     "Publishes a load that waits for a person. The approval is bound to what was judged: if "
     "another load went live meanwhile, the load is judged again and the approval lapses. "
     "Duplicate "
     "keys cannot be released. What the load had findings on does not count as history, unless "
     "--new-normal says that later loads will look like this one.",
     approve_options, &n_approve_options, NEEDS_STORE, command_approve},
    {"reject", "LOAD", 1, 1, "end a held or blocked load for good",
     "Ends a load that waits for a person. Its rows are dropped; the record stays.", reject_options,
     &n_reject_options, NEEDS_STORE, command_reject},
    {"rollback", "FEED", 1, 1, "make the load before the live one live again",
     "Points readers back to the load that was live before, or to the one named with --to, in "
     "milliseconds and without waiting for readers. The load that was live is marked bad and kept "
     "for study.",
     rollback_options, &n_rollback_options, NEEDS_STORE, command_rollback},
    {"mark", "LOAD bad|good", 2, 2, "say after the fact that a load was bad, or was not",
     "A load that is marked bad is no longer compared with, and does not count as history. Marking "
     "does not change what readers see; 'loadguard rollback' does.",
     mark_options, &n_mark_options, NEEDS_STORE, command_mark},
    {"deliver", "", 0, 0, "send the messages that are due",
     "Sends what is due in the outbox and waits for retries that fall due within --for. For cron "
     "or "
     "a systemd timer; 'loadguard run' itself sends for at most 30 s.",
     deliver_options, &n_deliver_options, NEEDS_STORE, command_deliver},
    {"schema", "", 0, 0, "print the JSON Schema of the configuration, for editors",
     "Prints a JSON Schema (draft 2020-12) of loadguard.yaml, or with --rules of a file of rules, "
     "made from the tables that read them, so that an editor completes keys, explains them and "
     "marks mistakes. Editors with yaml-language-server take it from a first line "
     "'# yaml-language-server: $schema=FILE'. Conditions and names of columns are checked by "
     "'loadguard check' only.",
     schema_options, &n_schema_options, NEEDS_NOTHING, command_schema},
    {"version", "", 0, 0, "print the version", "Prints the version.", version_options,
     &n_version_options, NEEDS_NOTHING, command_version},
    {"help", "[COMMAND]", 0, 1, "explain a command",
     "Prints the list of commands, or the help of one. Also prints the manual page, the shell "
     "completions and the reference of the configuration, which are made from the same tables.",
     help_options, &n_help_options, NEEDS_NOTHING, command_help},
};
const size_t n_commands = ARRAY_SIZE(commands);
