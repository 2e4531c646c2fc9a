/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures. */
#include "packet/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

struct capture {
	pcap_t *pcap;
	FILE *file;	  /* pcap's */
	off_t size_bytes; /* 0: not a regular file */
	char *path;
};

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->path);
	free(capture);
}

static int check_file(struct capture *capture, struct error *error)
{
	struct stat status;

	if (fstat(fileno(capture->file), &status))
		return error_set(error, errno, EXIT_USAGE, "cannot read %s: %s", capture->path,
				 strerror(errno));
	if (S_ISDIR(status.st_mode))
		return error_set(error, EISDIR, EXIT_USAGE, "%s is a directory; name a capture",
				 capture->path);
	if (S_ISREG(status.st_mode))
		capture->size_bytes = status.st_size;
	return 0;
}

static int check_link_type(struct capture *capture, struct error *error)
{
	int type = pcap_datalink(capture->pcap);
	const char *name = pcap_datalink_val_to_name(type);

	if (type == DLT_EN10MB)
		return 0;
	return error_set(error, EINVAL, EXIT_USAGE,
			 "%s has link type %s (%d), not Ethernet; capture on an Ethernet interface "
			 "(not `any`, `lo` of other systems, or a tunnel)",
			 capture->path, name ? name : "unknown", type);
}

static int open_file(struct capture *capture, struct error *error)
{
	char text[PCAP_ERRBUF_SIZE];
	int r;

	capture->file = strcmp(capture->path, "-") ? fopen(capture->path, "re")
						   : fdopen(dup(STDIN_FILENO), "r");
	if (!capture->file)
		return error_set(error, errno, EXIT_USAGE, "cannot read %s: %s", capture->path,
				 strerror(errno));
	r = check_file(capture, error);
	if (!r) {
		capture->pcap = pcap_fopen_offline(capture->file, text);
		if (!capture->pcap)
			r = error_set(error, EINVAL, EXIT_USAGE,
				      "%s is not a capture in pcap or pcapng form: %s",
				      capture->path, text);
	}
	if (r)
		fclose(TAKE_PTR(capture->file));
	return r;
}

int capture_open(const char *path, struct capture **ret_capture, struct error *error)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int r;

	if (capture)
		capture->path = strdup(path);
	if (!capture || !capture->path) {
		capture_close(capture);
		return error_no_memory(error);
	}
	r = open_file(capture, error);
	if (!r)
		r = check_link_type(capture, error);
	if (r) {
		capture_close(capture);
		return r;
	}
	*ret_capture = capture;
	return 0;
}

int capture_next(struct capture *capture, struct capture_packet *ret_packet, bool *ret_end,
		 struct error *error)
{
	struct pcap_pkthdr *header;
	const u_char *frame;
	int r = pcap_next_ex(capture->pcap, &header, &frame);

	*ret_end = r == PCAP_ERROR_BREAK;
	if (*ret_end)
		return 0;
	if (r != 1)
		return error_set(error, EIO, EXIT_FAILED,
				 "%s: %s; what was read until there is counted", capture->path,
				 pcap_geterr(capture->pcap));
	*ret_packet = (struct capture_packet){
		.frame = frame,
		.captured_bytes = header->caplen,
		.length_bytes = header->len,
	};
	return 0;
}

double capture_progress(const struct capture *capture)
{
	off_t position = ftello(capture->file);

	return capture->size_bytes && position >= 0 ? (double)position / (double)capture->size_bytes
						    : -1;
}
