/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing the counters of loaded devices by larger or smaller ones. */
#include "datapath/resize.h"

#include <errno.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/baseline.h"
#include "datapath/counters.h"
#include "datapath/pins.h"
#include "datapath/reply_cache.h"
#include "datapath/stale.h"
#include "datapath/view.h"

/* Makes a cache if the old program, being of an older version, has none to share. */
static int provide_cache(const struct attachment *attachment, const struct program *program,
			 struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = image_read(attachment_policy(attachment)->image_fd, &image, error);

	if (!r && reply_cache_is_wanted(image))
		r = reply_cache_provide(program->replies_fd, error);
	return r;
}

static int resize(const struct datapath *datapath, const struct attachment *attachment,
		  uint32_t rows, struct error *error)
{
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .counters_rows = rows };
	char name[IF_NAMESIZE] = "";
	int r;

	attachment_share(attachment, &options);
	r = successor_load(datapath, attachment, &options, SUCCESSOR_RESIZES, &program, error);
	if (!r)
		r = provide_cache(attachment, &program, error);
	if (!r && !if_indextoname(attachment->ifindex, name))
		snprintf(name, sizeof(name), "%u", attachment->ifindex);
	if (!r)
		r = successor_put_on(datapath, name, attachment, &program, error);
	return r ? r : resize_finish(datapath, attachment->ifindex, error);
}

int resize_finish(const struct datapath *datapath, uint32_t ifindex, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(datapath, ifindex, &attachment, error);

	if (r)
		return r;
	if (attachment.attach_asked && attachment.tables_fd >= 0)
		pin_replace(datapath, ifindex, "asked", 0, attachment.tables_fd);
	return baseline_settle(datapath, &attachment, error);
}

int resize_sharing(const struct datapath *datapath, uint32_t active_id,
		   const struct portsieve_image *image, struct error *error)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	bool resized = false;
	size_t count;
	int r = pins_list(datapath, &ifindexes, &count, error);

	for (size_t i = 0; !r && i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
		uint32_t rows;

		r = attachment_open(datapath, ifindexes[i], &attachment, error);
		if (r == -ENOENT || r == -ENOLINK || r == -EUCLEAN) {
			r = 0; /* stale or broken: it does not use this slot */
			continue;
		}
		if (r || attachment.active_id != active_id)
			continue;
		r = rows_count(attachment.counters_fd, &rows, error);
		if (r || rows >= image->counters)
			continue;
		resized = true;
		r = resize(datapath, &attachment, counter_rows_for(image), error);
	}
	if (resized) {
		stale_remove_all(datapath);
		view_settle(datapath);
	}
	return r;
}

int resize_choose(const struct attachment *attachment, struct program_options *options,
		  enum successor_counters *ret_counters, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	uint32_t rows;
	int r = attachment_image(attachment, &image, error);

	if (!r)
		r = rows_count(attachment->counters_fd, &rows, error);
	if (r)
		return r;
	options->counters_rows = counter_rows_for(image);
	*ret_counters = rows / 2 > options->counters_rows ? SUCCESSOR_RESIZES : SUCCESSOR_CONTINUES;
	return 0;
}
