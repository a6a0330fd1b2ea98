/* QuickJS-ng reads the numbers of a JSON text with the C library's strtod, which goes through 128-bit arithmetic in
 * software here. Its own reader of number literals gives the same value several times faster, so it takes that place
 * (engine_unit.c renames the call). */
#include "guest.h"

#include "dtoa.h"

double cb_strtod(const char *text, char **end)
{
    JSATODTempMem scratch;
    const char *next;
    double number = js_atod(text, &next, 10, 0, &scratch);

    if (end)
        *end = (char *)(uintptr_t)next;
    return number;
}
