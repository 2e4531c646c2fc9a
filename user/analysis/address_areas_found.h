/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The areas that a division of the space has made so far. */
#ifndef PORTSIEVE_ADDRESS_AREAS_FOUND_H
#define PORTSIEVE_ADDRESS_AREAS_FOUND_H

#include "analysis/address_areas.h"

void areas_found_free(struct areas *areas);

#endif
