/* bindings('cells'), which is in three files. */
#ifndef CB_CELLS_H
#define CB_CELLS_H

#include "batch.h"
#include "quickjs.h"

/* cells_sheet.c */
JSValue cb_cells_sheet(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv);
/* cells_out.c */
JSValue cb_cells_encode(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv);

#endif
