#include "guard/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"

#define REDRAW_US (USEC_PER_SEC / 5)

void progress_begin(struct progress *progress, const char *what)
{
    int64_t now_us = clock_monotonic_us();
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO) ? stderr : NULL,
        .what = what,
        .started_us = now_us,
        .shown_us = now_us,
    };
}

char *progress_format_count(uint64_t count, char out[COUNT_TEXT_BYTES])
{
    if (count < 10000)
        (void)snprintf(out, COUNT_TEXT_BYTES, "%" PRIu64, count);
    else if (count < 1000000)
        (void)snprintf(out, COUNT_TEXT_BYTES, "%.1f k", (double)count / 1e3);
    else
        (void)snprintf(out, COUNT_TEXT_BYTES, "%.1f M", (double)count / 1e6);
    return out;
}

void progress_update(struct progress *progress, uint64_t rows, double fraction)
{
    if (progress->terminal == NULL)
        return;
    int64_t now_us = clock_monotonic_us();
    if (now_us - progress->shown_us < REDRAW_US)
        return;
    progress->shown_us = now_us;
    progress->visible = true;
    double elapsed_s = (double)(now_us - progress->started_us) / 1e6;
    char count[COUNT_TEXT_BYTES];
    char rate[COUNT_TEXT_BYTES];
    (void)fprintf(progress->terminal, "\r\033[K%s: %s rows, %s/s", progress->what,
                  progress_format_count(rows, count),
                  progress_format_count((uint64_t)((double)rows / elapsed_s), rate));
    if (fraction > 0 && fraction <= 1) {
        char left[CLOCK_TEXT_BYTES];
        double left_s = elapsed_s * (1 - fraction) / fraction;
        (void)fprintf(progress->terminal, ", %.0f %%, %s left", fraction * 100,
                      clock_format_duration((int64_t)(left_s * 1e6), left));
    }
    (void)fflush(progress->terminal);
}

void progress_end(struct progress *progress)
{
    if (progress->terminal == NULL || !progress->visible)
        return;
    (void)fputs("\r\033[K", progress->terminal);
    (void)fflush(progress->terminal);
    progress->visible = false;
}
