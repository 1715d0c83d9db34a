#include "guard/command.h"

#include <string.h>

const struct option_spec common_options[] = {
    {"config", "FILE",
     "configuration to use (default: loadguard.yaml here, then /etc/loadguard/loadguard.yaml)",
     false},
    {"help", NULL, "show this help", false},
};
const size_t n_common_options = ARRAY_SIZE(common_options);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

size_t command_options(const struct command *command,
                       struct option_spec specs[ARGUMENTS_MAX_OPTIONS])
{
    size_t n = 0;
    for (size_t i = 0; i < *command->n_options; i++)
        specs[n++] = command->options[i];
    for (size_t i = 0; i < n_common_options; i++)
        specs[n++] = common_options[i];
    return n;
}

void command_print_overview(FILE *out)
{
    (void)fputs(
        "usage: loadguard COMMAND [OPTIONS] [ARGUMENTS]\n\n"
        "Gates data loads into PostgreSQL: runs the job, judges what it produced against the\n"
        "last good load, publishes it atomically or keeps the last good load live.\n\n"
        "commands:\n",
        out);
    for (size_t i = 0; i < n_commands; i++)
        (void)fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    (void)fputs(
        "\n'loadguard COMMAND --help' explains a command, 'man loadguard' all of them.\n"
        "exit status: 0 published or passed, 1 wrong usage or configuration, 2 failed (the last\n"
        "good load is still live), 3 blocked, 4 held, 5 not ready, late or incomplete\n",
        out);
}

#define HELP_WIDTH 88

/* Prints words of a text with line breaks at HELP_WIDTH; every line but the first is indented. */
static void print_wrapped(const char *text, size_t indent, size_t at_column, FILE *out)
{
    size_t column = at_column;
    while (*text != '\0') {
        if (text[0] == '\n' && text[1] == '\n') {
            (void)fprintf(out, "\n\n%*s", (int)indent, "");
            column = indent;
            text += 2;
            continue;
        }
        size_t word = strcspn(text, " \n");
        if (column > indent && column + 1 + word > HELP_WIDTH) {
            (void)fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            (void)fputc(' ', out);
            column++;
        }
        (void)fwrite(text, 1, word, out);
        column += word;
        text += word;
        if (*text == ' ' || (*text == '\n' && text[1] != '\n'))
            text++;
    }
    (void)fputc('\n', out);
}

#define OPTION_INDENT 28

static void print_options(const struct option_spec *specs, size_t n_specs, FILE *out)
{
    for (size_t i = 0; i < n_specs; i++) {
        int n = fprintf(out, "  --%s%s%s", specs[i].name, specs[i].metavar == NULL ? "" : " ",
                        specs[i].metavar == NULL ? "" : specs[i].metavar);
        if (n >= OPTION_INDENT)
            (void)fprintf(out, "\n%*s", OPTION_INDENT, "");
        else
            (void)fprintf(out, "%*s", OPTION_INDENT - n, "");
        print_wrapped(specs[i].help, OPTION_INDENT, OPTION_INDENT, out);
    }
}

void command_print_help(const struct command *command, FILE *out)
{
    struct option_spec specs[ARGUMENTS_MAX_OPTIONS];
    size_t n_specs = command_options(command, specs);
    (void)fprintf(out, "usage: loadguard %s [OPTIONS]%s%s\n\n", command->name,
                  command->operands[0] == '\0' ? "" : " ", command->operands);
    print_wrapped(command->description, 0, 0, out);
    (void)fputs("\noptions:\n", out);
    print_options(specs, n_specs, out);
}

/* mdoc text: a sentence a line, a leading dot or quote is no macro, a backslash is itself. */
static void print_mdoc(const char *text, FILE *out)
{
    bool line_start = true;
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '\n' && p[1] == '\n') {
            (void)fputs("\n.Pp\n", out);
            p++;
            line_start = true;
            continue;
        }
        if (p[0] == ' ' && p > text && p[-1] == '.') {
            (void)fputc('\n', out);
            line_start = true;
            continue;
        }
        if (line_start && (*p == '.' || *p == '\''))
            (void)fputs("\\&", out);
        if (*p == '\\')
            (void)fputs("\\e", out);
        else if (*p == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(*p, out);
        line_start = *p == '\n';
    }
    (void)fputc('\n', out);
}

static void print_manual_options(const struct option_spec *specs, size_t n_specs, FILE *out)
{
    if (n_specs == 0)
        return;
    (void)fputs(".Bl -tag -width indent\n", out);
    for (size_t i = 0; i < n_specs; i++) {
        (void)fprintf(out, ".It Fl Fl %s%s%s\n", specs[i].name,
                      specs[i].metavar == NULL ? "" : " Ar ",
                      specs[i].metavar == NULL ? "" : specs[i].metavar);
        print_mdoc(specs[i].help, out);
    }
    (void)fputs(".El\n", out);
}

static void print_manual_command(const struct command *command, FILE *out)
{
    (void)fprintf(out, ".Ss loadguard %s Oo options Oc %s\n", command->name, command->operands);
    print_mdoc(command->description, out);
    print_manual_options(command->options, *command->n_options, out);
}

static const char manual_tail[] =
    ".Sh FILES\n"
    ".Bl -tag -width indent -compact\n"
    ".It Pa loadguard.yaml\nconfiguration in the current directory\n"
    ".It Pa /etc/loadguard/loadguard.yaml\nconfiguration of the machine\n"
    ".El\n"
    ".Sh EXIT STATUS\n"
    ".Bl -tag -width 4n -compact\n"
    ".It 0\npublished or passed, warnings included\n"
    ".It 1\nwrong usage or configuration\n"
    ".It 2\nfailed with an error; the last good load is still live\n"
    ".It 3\nblocked\n"
    ".It 4\nheld for a person\n"
    ".It 5\nnot ready, late or incomplete\n"
    ".El\n";

void command_print_manual(FILE *out)
{
    (void)fputs(".Dd $Mdocdate$\n.Dt LOADGUARD 1\n.Os\n.Sh NAME\n.Nm loadguard\n"
                ".Nd gate data loads into PostgreSQL\n.Sh SYNOPSIS\n.Nm\n.Ar command\n"
                ".Op Ar options\n.Op Ar arguments\n.Sh DESCRIPTION\n",
                out);
    print_mdoc(
        "loadguard runs the job that produces a table, takes only output that is known to be "
        "complete, compares it with the last good load by rules, and publishes it atomically "
        "or keeps the last good load live.",
        out);
    (void)fputs("These options go with every command:\n", out);
    print_manual_options(common_options, n_common_options, out);
    (void)fputs(".Sh COMMANDS\n", out);
    for (size_t i = 0; i < n_commands; i++)
        print_manual_command(&commands[i], out);
    (void)fputs(manual_tail, out);
}

static void print_bash_completion(FILE *out)
{
    (void)fputs("_loadguard() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n"
                "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"",
                out);
    for (size_t i = 0; i < n_commands; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i].name);
    (void)fputs("\"\n  else\n    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; i < n_commands; i++) {
        struct option_spec specs[ARGUMENTS_MAX_OPTIONS];
        size_t n_specs = command_options(&commands[i], specs);
        (void)fprintf(out, "    %s) words=\"", commands[i].name);
        for (size_t j = 0; j < n_specs; j++)
            (void)fprintf(out, "%s--%s", j == 0 ? "" : " ", specs[j].name);
        (void)fputs("\" ;;\n", out);
    }
    (void)fputs("    esac\n    [[ $cur == -* ]] || words=\n  fi\n"
                "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
                "complete -o default -F _loadguard loadguard\n",
                out);
}

static void print_zsh_completion(FILE *out)
{
    (void)fputs("#compdef loadguard\n_loadguard() {\n  if (( CURRENT == 2 )); then\n"
                "    local -a names=(\n",
                out);
    for (size_t i = 0; i < n_commands; i++)
        (void)fprintf(out, "      '%s:%s'\n", commands[i].name, commands[i].summary);
    (void)fputs("    )\n    _describe command names\n    return\n  fi\n  case ${words[2]} in\n",
                out);
    for (size_t i = 0; i < n_commands; i++) {
        struct option_spec specs[ARGUMENTS_MAX_OPTIONS];
        size_t n_specs = command_options(&commands[i], specs);
        (void)fprintf(out, "  %s) _arguments", commands[i].name);
        for (size_t j = 0; j < n_specs; j++)
            (void)fprintf(out, " '--%s%s'", specs[j].name,
                          specs[j].metavar == NULL ? "" : "=:value:_files");
        (void)fputs(" '*:file:_files' ;;\n", out);
    }
    (void)fputs("  esac\n}\ncompdef _loadguard loadguard\n", out);
}

enum error_code command_print_completion(const char *shell, FILE *out, struct error *err)
{
    if (strcmp(shell, "bash") == 0)
        print_bash_completion(out);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh_completion(out);
    else
        return error_set(err, ERR_USAGE, "no completion for '%s': bash and zsh are known", shell);
    return OK;
}
