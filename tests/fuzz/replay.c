/* Stands in for libFuzzer in ordinary builds: gives each file of the arguments to the target. */
#include <stdio.h>

#include "base/file.h"
#include "tests/fuzz/target.h"

#define MAX_INPUT_BYTES ((size_t)1 << 20)

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct buffer bytes CLEANUP(buffer_release);
        struct error err;
        buffer_init(&bytes, MAX_INPUT_BYTES);
        (void)printf("%s\n", argv[i]);
        (void)fflush(stdout); /* so that the last line names the file that ends in a crash */
        if (file_read(argv[i], &bytes, &err) != OK) {
            error_print(&err, stderr);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes.data, bytes.len);
    }
    return argc > 1 ? 0 : 1;
}
