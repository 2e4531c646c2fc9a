/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of an image: sparse rows laid into each other's gaps (row displacement), so that a
 * lookup takes one addition. Pure; private to the compiler.
 */
#ifndef PORTSIEVE_SPARSE_TABLE_H
#define PORTSIEVE_SPARSE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

struct sparse_cell {
	uint32_t class; /* below PORTSIEVE_CLASSES_MAX; unique in a row */
	uint16_t entry;
};

struct sparse_row {
	uint16_t condition; /* number */
	struct sparse_cell *cells;
	size_t count; /* at least 1 */
};

/*
 * Places the rows in image->cell and sets their conditions' `base`. Sorts `rows`. -E2BIG if they do
 * not fit, with *image undefined; -ENOMEM.
 */
int sparse_table_lay(struct sparse_row *rows, size_t count, struct portsieve_image *image);

#endif
