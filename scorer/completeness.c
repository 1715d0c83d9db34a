#include "scorer/completeness.h"

void completeness_release(struct completeness *completeness)
{
    arena_release(&completeness->arena);
    *completeness = (struct completeness){0};
}

void completeness_add_note(struct completeness *completeness, const char *note)
{
    completeness->notes =
        arena_grow(&completeness->arena, completeness->notes, sizeof(*completeness->notes),
                   &completeness->notes_capacity, completeness->n_notes + 1);
    completeness->notes[completeness->n_notes++] = arena_strdup(&completeness->arena, note);
}
