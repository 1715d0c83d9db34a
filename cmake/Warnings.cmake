add_library(loadguard_warnings INTERFACE)
target_compile_options(loadguard_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
  -Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wvla -Wdouble-promotion -Wimplicit-fallthrough
  -Wconversion -Wno-sign-conversion -fno-common -Wno-format-truncation)
