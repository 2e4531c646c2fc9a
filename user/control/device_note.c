/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what was done to a device, in one line. */
#include "control/device_note.h"

#include <stdio.h>

#include "base/log.h"
#include "compile/compile.h"
#include "datapath/device_names.h"
#include "print/format.h"
#include "print/reason.h"

void device_note(const struct datapath_device *device, const char *done, const char *follows)
{
	log_note_format("%s: %s (%s, %s)%s%s", device_name(device).text, done,
			datapath_mode_name(device->mode), datapath_attach_name(device->attach),
			follows[0] ? ": " : "", follows);
}

struct policy_words policy_words(const struct portsieve_image *image)
{
	bool returns = image->flags & PORTSIEVE_IMAGE_RETURNS;
	struct policy_words words = { "counts only, drops nothing" };

	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		return words;
	snprintf(words.text, sizeof(words.text), "policy %s, default %s%s%s%s",
		 policy_source_text(image), default_words(image), returns ? ", return " : "",
		 returns ? return_name(image) : "",
		 image->flags & PORTSIEVE_IMAGE_MONITOR && !image_default_monitors(image)
			 ? "; monitor mode: nothing is dropped"
			 : "");
	return words;
}
