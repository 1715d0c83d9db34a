#include "yaml/diagnostics.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES 2048

void diagnostics_init(struct diagnostics *diags)
{
    *diags = (struct diagnostics){0};
}

void diagnostics_release(struct diagnostics *diags)
{
    arena_release(&diags->arena);
    diagnostics_init(diags);
}

/* Copies a text without its control characters, since it may quote what a stranger wrote. */
static const char *clean_copy(struct diagnostics *diags, const char *text)
{
    char *copy = arena_strdup(&diags->arena, text == NULL ? "" : text);
    for (char *p = copy; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = '?';
    }
    return copy;
}

/* Cuts a text that filled its buffer back to whole UTF-8 sequences. */
static void trim_partial_utf8(char *text, size_t capacity)
{
    size_t len = strlen(text);
    if (len + 1 < capacity)
        return;
    while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        text[len - 1] = '\0';
}

void diagnostics_addv(struct diagnostics *diags, const char *file, unsigned line, unsigned column,
                      const char *key, const char *format, va_list args)
{
    if (diags->n_problems == DIAGNOSTICS_MAX_PROBLEMS) {
        diags->n_dropped++;
        return;
    }
    char message[MAX_TEXT_BYTES];
    (void)vsnprintf(message, sizeof(message), format, args);
    trim_partial_utf8(message, sizeof(message));
    diags->problems = arena_grow(&diags->arena, diags->problems, sizeof(*diags->problems),
                                 &diags->capacity, diags->n_problems + 1);
    diags->problems[diags->n_problems] = (struct problem){
        .file = clean_copy(diags, file),
        .line = line,
        .column = column,
        .key = clean_copy(diags, key),
        .message = clean_copy(diags, message),
        .hint = "",
        .order = diags->n_problems,
    };
    diags->n_problems++;
}

void diagnostics_add(struct diagnostics *diags, const char *file, unsigned line, unsigned column,
                     const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diagnostics_addv(diags, file, line, column, key, format, args);
    va_end(args);
}

/* The problem that was added last, wherever sorting has put it. */
static struct problem *newest_problem(struct diagnostics *diags)
{
    struct problem *newest = diags->problems;
    for (size_t i = 1; i < diags->n_problems; i++) {
        if (diags->problems[i].order > newest->order)
            newest = &diags->problems[i];
    }
    return newest;
}

void diagnostics_hint(struct diagnostics *diags, const char *format, ...)
{
    if (diags->n_problems == 0 || diags->n_dropped > 0)
        return;
    char hint[MAX_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(hint, sizeof(hint), format, args);
    va_end(args);
    trim_partial_utf8(hint, sizeof(hint));
    newest_problem(diags)->hint = clean_copy(diags, hint);
}

size_t diagnostics_count(const struct diagnostics *diags)
{
    return diags->n_problems + diags->n_dropped;
}

/* Order in which the file of a problem was first named. */
static size_t file_rank(const struct diagnostics *diags, const char *file)
{
    size_t rank = SIZE_MAX;
    for (size_t i = 0; i < diags->n_problems; i++) {
        const struct problem *other = &diags->problems[i];
        if (other->order < rank && strcmp(other->file, file) == 0)
            rank = other->order;
    }
    return rank;
}

struct ranked {
    struct problem problem;
    size_t file_rank;
};

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const void *pa, const void *pb)
{
    const struct ranked *a = pa;
    const struct ranked *b = pb;
    int order = compare_sizes(a->file_rank, b->file_rank);
    if (order == 0)
        order = compare_sizes(a->problem.line, b->problem.line);
    if (order == 0)
        order = compare_sizes(a->problem.column, b->problem.column);
    return order != 0 ? order : compare_sizes(a->problem.order, b->problem.order);
}

void diagnostics_sort(struct diagnostics *diags)
{
    struct ranked ranked[DIAGNOSTICS_MAX_PROBLEMS];
    for (size_t i = 0; i < diags->n_problems; i++) {
        ranked[i].problem = diags->problems[i];
        ranked[i].file_rank = file_rank(diags, diags->problems[i].file);
    }
    qsort(ranked, diags->n_problems, sizeof(ranked[0]), compare_places);
    for (size_t i = 0; i < diags->n_problems; i++)
        diags->problems[i] = ranked[i].problem;
}

static void print_problem(const struct problem *problem, FILE *out)
{
    if (problem->file[0] != '\0') {
        (void)fputs(problem->file, out);
        if (problem->line > 0)
            (void)fprintf(out, ":%u", problem->line);
        if (problem->line > 0 && problem->column > 0)
            (void)fprintf(out, ":%u", problem->column);
        (void)fputs(": ", out);
    }
    if (problem->key[0] != '\0')
        (void)fprintf(out, "%s: ", problem->key);
    (void)fprintf(out, "%s\n", problem->message);
    if (problem->hint[0] != '\0')
        (void)fprintf(out, "  hint: %s\n", problem->hint);
}

void diagnostics_print(struct diagnostics *diags, FILE *out)
{
    diagnostics_sort(diags);
    for (size_t i = 0; i < diags->n_problems; i++)
        print_problem(&diags->problems[i], out);
    if (diags->n_dropped > 0)
        (void)fprintf(out, "and %zu more problems\n", diags->n_dropped);
}

enum error_code diagnostics_to_error(struct diagnostics *diags, struct error *err)
{
    if (diags->n_problems == 0)
        return OK;
    diagnostics_sort(diags);
    const struct problem *first = &diags->problems[0];
    bool has_key = first->key[0] != '\0';
    (void)error_set(err, ERR_CONFIG, "%s%s%s", first->key, has_key ? ": " : "", first->message);
    error_at(err, first->file, first->line, first->column);
    if (first->hint[0] != '\0')
        error_hint(err, "%s", first->hint);
    size_t more = diagnostics_count(diags) - 1;
    if (more > 0)
        error_detail(err, "There %s %zu more problem%s.", more == 1 ? "is" : "are", more,
                     more == 1 ? "" : "s");
    return ERR_CONFIG;
}
