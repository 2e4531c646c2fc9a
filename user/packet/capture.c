/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading captures by libpcap. */
#include "packet/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/input.h"

struct capture {
	pcap_t *pcap;
	FILE *file;	  /* owned by pcap */
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

static void capture_cleanup(struct capture **capture)
{
	capture_close(*capture);
}

int capture_open(const char *path, struct capture **ret_capture, struct error *error)
{
	__attribute__((cleanup(capture_cleanup))) struct capture *capture =
		calloc(1, sizeof(*capture));
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_close_ int fd = -1;
	char text[PCAP_ERRBUF_SIZE];
	struct stat status = { 0 };
	const char *name;
	int type, first, r;

	if (!capture || !(capture->path = strdup(input_name(path))))
		return error_no_memory(error);
	r = input_open(path, &fd, &status);
	if (!r && !(file = fdopen(fd, "r")))
		r = -errno;
	if (r)
		return error_set_code(error, ERROR_CANNOT_READ, -r, "cannot read %s: %s",
				      capture->path, strerror(-r));
	fd = -1; /* owned by file */
	if (S_ISDIR(status.st_mode))
		return error_set_code(error, ERROR_CANNOT_READ, EISDIR,
				      "%s is a directory; name a capture", capture->path);
	if (S_ISREG(status.st_mode))
		capture->size_bytes = status.st_size;
	first = getc(file);
	if (first == EOF && !ferror(file) && (S_ISFIFO(status.st_mode) || input_is_standard(path)))
		return input_nothing_written(path, error);
	ungetc(first, file);
	capture->pcap = pcap_fopen_offline(file, text);
	if (!capture->pcap)
		return error_set_code(error, ERROR_CANNOT_READ, EINVAL,
				      "%s is not a capture in pcap or pcapng form: %s",
				      capture->path, text);
	capture->file = TAKE_PTR(file);
	type = pcap_datalink(capture->pcap);
	name = pcap_datalink_val_to_name(type);
	if (type != DLT_EN10MB)
		return error_set_code(
			error, ERROR_CANNOT_READ, EINVAL,
			"%s has link type %s (%d), not Ethernet; capture on an Ethernet interface "
			"(not `any`, `lo` of other systems, or a tunnel)",
			capture->path, name ? name : "unknown", type);
	*ret_capture = TAKE_PTR(capture);
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
				 "%s: %s; the packets before that are counted", capture->path,
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
