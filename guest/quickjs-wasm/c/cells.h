/* bindings('cells'), which is in two files. */
#ifndef CB_CELLS_H
#define CB_CELLS_H

#include "quickjs.h"

/* cells_out.c */
JSValue cb_cells_encode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv);

#endif
