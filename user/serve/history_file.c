/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file has a header, a section for each group, and a section for each strip. Rows of rings
 * contain their times, so a write that was cut short leaves outdated rows, not wrong ones.
 */
#include "serve/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { HISTORY_VERSION = 1 }; /* increment it when a structure changes its meaning */

static const char magic[16] = "portsieve hist\n";

struct file_header {
	char magic[16];
	uint32_t version;
	uint32_t group_bytes, strip_bytes; /* another size also means another version */
	uint32_t strips[SAMPLER_STRIPS];   /* as in struct history_file */
};

struct file_group {
	uint32_t names_count;
	char names[SAMPLER_NAMES][IF_NAMESIZE];
	struct record record;
};

struct file_strip_row {
	int64_t second;
	uint8_t used;
	uint8_t columns[STRIP_ALL_PLANES][STRIP_COLUMNS];
};

struct file_strip {
	struct file_strip_row rows[STRIP_SECONDS];
};

enum {
	HEADER_BYTES = 4096,
	FILE_BYTES = HEADER_BYTES + SAMPLER_GROUPS * sizeof(struct file_group) +
		     SAMPLER_STRIPS * sizeof(struct file_strip),
};

static off_t group_offset(size_t group)
{
	return (off_t)(HEADER_BYTES + group * sizeof(struct file_group));
}

static off_t strip_offset(size_t strip)
{
	return group_offset(SAMPLER_GROUPS) + (off_t)(strip * sizeof(struct file_strip));
}

static struct file_header header_of(const struct history_file *file)
{
	struct file_header header = {
		.version = HISTORY_VERSION,
		.group_bytes = sizeof(struct file_group),
		.strip_bytes = sizeof(struct file_strip),
	};

	memcpy(header.magic, magic, sizeof(magic));
	for (size_t i = 0; i < SAMPLER_STRIPS; i++)
		header.strips[i] = (uint32_t)file->strips[i];
	return header;
}

static int read_all(int fd, void *bytes, size_t size, off_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t count = pread(fd, (char *)bytes + done, size - done, offset + (off_t)done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count ? -errno : -ENODATA;
		done += (size_t)count;
	}
	return 0;
}

static int write_all(int fd, const void *bytes, size_t size, off_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t count =
			pwrite(fd, (const char *)bytes + done, size - done, offset + (off_t)done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		done += (size_t)count;
	}
	return 0;
}

void history_file_close(struct history_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	*file = HISTORY_FILE_NONE;
}

/*
 * Checks that the file is a history of this version; an empty one, or one of another version, is
 * initialized.
 */
static int take_file(struct history_file *file, const char *path, struct error *error)
{
	struct file_header header = { 0 }, own;
	struct stat status;

	if (fstat(file->fd, &status))
		return error_set(error, errno, EXIT_FAILED, "cannot use %s: %s", path,
				 strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(error, EINVAL, EXIT_FAILED,
				 "cannot use %s: it is not a regular file", path);
	if (flock(file->fd, LOCK_EX | LOCK_NB))
		return error_set(error, errno, EXIT_FAILED,
				 "cannot use %s: another server already does", path);
	if (status.st_size && (read_all(file->fd, &header, sizeof(header), 0) ||
			       memcmp(header.magic, magic, sizeof(magic))))
		return error_set(error, EINVAL, EXIT_FAILED,
				 "cannot use %s: it is not a history of portsieve; name another "
				 "file, or remove it",
				 path);
	memcpy(file->strips, (size_t[SAMPLER_STRIPS]){ 0 }, sizeof(file->strips));
	for (size_t i = 0; i < SAMPLER_STRIPS; i++)
		if (header.strips[i] <= SAMPLER_GROUPS)
			file->strips[i] = header.strips[i];
	own = header_of(file);
	file->is_new = memcmp(&own, &header, sizeof(own)) || status.st_size != FILE_BYTES;
	file->replaced = file->is_new && status.st_size;
	if (!file->is_new)
		return 0;
	memset(file->strips, 0, sizeof(file->strips));
	own = header_of(file);
	if (ftruncate(file->fd, 0) || write_all(file->fd, &own, sizeof(own), 0) ||
	    ftruncate(file->fd, FILE_BYTES))
		return error_set(error, errno, EXIT_FAILED, "cannot write %s: %s", path,
				 strerror(errno));
	return 0;
}

int history_file_open(const char *path, struct history_file *ret_file, struct error *error)
{
	struct history_file file = {
		.fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640),
		.whole = true,
	};
	int r;

	if (file.fd < 0)
		return error_set(error, errno, EXIT_FAILED, "cannot open %s: %s", path,
				 strerror(errno));
	r = take_file(&file, path, error);
	if (r) {
		history_file_close(&file);
		return r;
	}
	*ret_file = file;
	return 0;
}

/* ---- reading ---- */

static void check_sum(struct record_sum *sum)
{
	bool good = isfinite(sum->seconds) && sum->seconds >= 0;

	for (size_t i = 0; i < RECORD_SERIES; i++)
		good = good && isfinite(sum->series[i]);
	if (!good)
		*sum = (struct record_sum){ 0 };
}

/* The file's content is not trusted. */
static void check_record(struct record *record)
{
	check_sum(&record->second);
	check_sum(&record->minute);
	for (size_t i = 0; i < RECORD_RULES; i++) {
		struct record_rule *rule = &record->rules[i];

		rule->rule[sizeof(rule->rule) - 1] = '\0';
		rule->protocol[sizeof(rule->protocol) - 1] = '\0';
		rule->ports[sizeof(rule->ports) - 1] = '\0';
		rule->action[sizeof(rule->action) - 1] = '\0';
		if (!isfinite(rule->recent))
			rule->recent = 0;
	}
}

static void read_group(const struct history_file *file, size_t number, struct sampler_group *group,
		       int64_t now_ms)
{
	_cleanup_free_ struct file_group *stored = malloc(sizeof(*stored));

	if (!stored || read_all(file->fd, stored, sizeof(*stored), group_offset(number)) ||
	    !stored->names_count || stored->names_count > SAMPLER_NAMES)
		return;
	group->record = malloc(sizeof(*group->record));
	if (!group->record)
		return;
	*group->record = stored->record;
	check_record(group->record);
	for (uint32_t i = 0; i < stored->names_count; i++)
		snprintf(group->names[i], IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, stored->names[i]);
	group->names_count = stored->names_count;
	group->gone_ms = now_ms;
}

static void read_strip(const struct history_file *file, size_t number, struct sampler_group *group,
		       size_t *full_bytes, int64_t now_s)
{
	_cleanup_free_ struct file_strip_row *row = malloc(sizeof(*row));

	if (!group->names_count || group->strip || !row)
		return;
	group->strip = strip_new(full_bytes);
	for (size_t i = 0; group->strip && i < STRIP_SECONDS; i++) {
		off_t offset = strip_offset(number) + (off_t)(i * sizeof(*row));

		if (read_all(file->fd, row, sizeof(*row), offset))
			return;
		if (row->second > now_s - STRIP_SECONDS && row->second < now_s &&
		    (size_t)row->second % STRIP_SECONDS == i)
			strip_restore(group->strip, row->second, row->used, row->columns);
	}
}

void history_file_read(const struct history_file *file, struct sampler *sampler, int64_t now_ms)
{
	if (file->fd < 0 || file->is_new)
		return;
	for (size_t i = 0; i < SAMPLER_GROUPS; i++)
		read_group(file, i, &sampler->list[i], now_ms);
	for (size_t i = 0; i < SAMPLER_STRIPS; i++)
		if (file->strips[i])
			read_strip(file, i, &sampler->list[file->strips[i] - 1],
				   &sampler->full_bytes, now_ms / 1000);
}

/* ---- writing ---- */

/* Writes the rows of a ring for the times after `after` up to `last`. */
static int write_rows(int fd, const struct record_row *rows, int64_t count, int64_t after,
		      int64_t last, off_t offset)
{
	int r = 0;

	if (after < last - count)
		after = last - count;
	for (int64_t time = after + 1; !r && time <= last; time++)
		if (time > 0)
			r = write_all(fd, &rows[time % count], sizeof(*rows),
				      offset + (off_t)((size_t)(time % count) * sizeof(*rows)));
	return r;
}

static int write_group(const struct history_file *file, size_t number, struct sampler_group *group,
		       int64_t now_s)
{
	off_t offset = group_offset(number) + (off_t)offsetof(struct file_group, record);
	struct record *record = group->record;
	/* a second's or minute's row is complete when the next one begins */
	int64_t seconds_after = file->written_s - 2, minutes_after = file->written_s / 60 - 2;
	uint32_t names_count = (uint32_t)group->names_count;
	int r = 0;

	if (!record)
		return write_all(file->fd, &names_count, sizeof(names_count), group_offset(number));
	if (file->whole || record->is_rewritten) {
		r = write_all(file->fd, record, sizeof(*record), offset);
	} else {
		const size_t rest = offsetof(struct record, second);

		r = write_rows(file->fd, record->seconds, RECORD_SECONDS, seconds_after, now_s,
			       offset + (off_t)offsetof(struct record, seconds));
		if (!r)
			r = write_rows(file->fd, record->minutes, RECORD_MINUTES, minutes_after,
				       now_s / 60,
				       offset + (off_t)offsetof(struct record, minutes));
		if (!r)
			r = write_all(file->fd, (const char *)record + rest, sizeof(*record) - rest,
				      offset + (off_t)rest);
	}
	if (!r)
		r = write_all(file->fd, group->names, sizeof(group->names),
			      group_offset(number) + (off_t)offsetof(struct file_group, names));
	if (!r)
		r = write_all(file->fd, &names_count, sizeof(names_count), group_offset(number));
	if (!r)
		record->is_rewritten = 0;
	return r;
}

static int write_strip(const struct history_file *file, size_t number, const struct strip *strip,
		       bool whole)
{
	_cleanup_free_ struct file_strip_row *stored = calloc(1, sizeof(*stored));
	int r = 0;

	if (!stored)
		return -ENOMEM;
	for (size_t row = 0; !r && row < STRIP_SECONDS; row++) {
		if (!whole && strip->seconds[row] < file->written_s - 2)
			continue;
		stored->second = strip->seconds[row];
		stored->used = strip->used[row];
		memcpy(stored->columns, strip->columns[row], sizeof(stored->columns));
		r = write_all(file->fd, stored, sizeof(*stored),
			      strip_offset(number) + (off_t)(row * sizeof(*stored)));
	}
	return r;
}

/* Returns the place of a group's strip in the file: the one it has, or a new one. */
static size_t place_strip(struct history_file *file, const struct sampler *sampler, size_t group,
			  bool *ret_is_new)
{
	size_t place = 0;

	for (size_t i = 0; i < SAMPLER_STRIPS; i++) {
		size_t owner = file->strips[i];

		if (owner == group + 1) {
			*ret_is_new = false;
			return i;
		}
		if (!owner || !sampler->list[owner - 1].strip)
			place = i;
	}
	file->strips[place] = group + 1;
	*ret_is_new = true;
	return place;
}

int history_file_write(struct history_file *file, struct sampler *sampler, int64_t now_ms)
{
	struct file_header header;
	int r = 0;

	if (file->fd < 0)
		return 0;
	for (size_t i = 0; !r && i < SAMPLER_GROUPS; i++) {
		struct sampler_group *group = &sampler->list[i];
		bool is_new = false;

		r = write_group(file, i, group, now_ms / 1000);
		if (!r && group->strip) {
			size_t place = place_strip(file, sampler, i, &is_new);

			r = write_strip(file, place, group->strip, is_new || file->whole);
		}
	}
	header = header_of(file);
	if (!r)
		r = write_all(file->fd, &header, sizeof(header), 0);
	if (!r)
		file->written_s = now_ms / 1000;
	file->whole = r != 0;
	return r;
}
