/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line that a changing command prints for each device: what it did, how the device is attached.
 */
#ifndef PORTSIEVE_DEVICE_NOTE_H
#define PORTSIEVE_DEVICE_NOTE_H

#include "datapath/datapath.h"

/* "eth0: applied (native, link): what follows"; `follows` may be empty. */
void device_note(const struct datapath_device *device, const char *done, const char *follows);

/* "policy /etc/portsieve/policy.yaml, default drop, return socket" */
struct policy_words {
	char text[PORTSIEVE_SOURCE_MAX + 128];
};
struct policy_words policy_words(const struct portsieve_image *image);

#endif
