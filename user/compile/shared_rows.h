/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fewer cells for rows that differ little, as those of neighbouring ports do where wide ranges
 * overlap. Pure; private to the compiler.
 */
#ifndef PORTSIEVE_SHARED_ROWS_H
#define PORTSIEVE_SHARED_ROWS_H

#include "compile/sparse_table.h"

/*
 * Leaves in rows by source only what differs from another row, where that takes at most half the
 * cells, and makes that row's condition their `otherwise`. A packet to such a port costs one more
 * step. The rows are in the order in which their ports were compiled. `classes` is the number of
 * classes of sources. -ENOMEM: the rows are still right.
 */
int rows_share(struct sparse_row *rows, size_t count, size_t classes,
	       struct portsieve_image *image);

#endif
