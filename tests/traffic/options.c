/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `flood`: one row of a table per option gives its parsing and its help. The
 * value parsers are strict: no sign, no blank, nothing left over.
 */
#include "options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define PORT_LAST	  65535
#define SECONDS_LIMIT	  3600
#define RATE_LIMIT	  100000000
#define BATCH_LIMIT	  256 /* the kernel's TEST_XDP_MAX_BATCH, and the veth ring's length */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum option_default {
	DEFAULT_SECONDS = 1,
	DEFAULT_BATCH = 64,
	DEFAULT_PORT = 9, /* discard */
	DEFAULT_SOURCE_PORT = 40000,
};

struct option_row {
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
	bool (*set)(const char *value, struct options *options);
};

static bool number_parse(const char *text, __u64 low, __u64 high, __u64 *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;

	unsigned long long number = strtoull(text, &end, 10);

	if (errno || *end || number < low || number > high)
		return false;
	*ret_number = number;
	return true;
}

/* "LOW-HIGH" or "PORT" */
static bool sweep_parse(const char *text, struct flood_sweep *sweep)
{
	char low_text[sizeof("65535")];
	size_t low_bytes = strcspn(text, "-");
	__u64 low, high;

	if (low_bytes >= sizeof(low_text))
		return false;
	memcpy(low_text, text, low_bytes);
	low_text[low_bytes] = '\0';
	if (!number_parse(low_text, 0, PORT_LAST, &low))
		return false;
	high = low;
	if (text[low_bytes] && !number_parse(text + low_bytes + 1, low, PORT_LAST, &high))
		return false;
	sweep->low = low;
	sweep->span = high - low + 1;
	return true;
}

static bool set_protocol(const char *value, struct options *options)
{
	static const struct {
		const char *name;
		int protocol;
	} names[] = {
		{ "tcp", IPPROTO_TCP },
		{ "udp", IPPROTO_UDP },
		{ "sctp", IPPROTO_SCTP },
		{ "dccp", IPPROTO_DCCP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i].name))
			continue;
		options->frame.protocol = names[i].protocol;
		return true;
	}
	return false;
}

static bool set_ipv6(const char *value, struct options *options)
{
	(void)value;
	options->frame.ipv6 = true;
	return true;
}

static bool set_vlan(const char *value, struct options *options)
{
	__u64 vlan;

	if (!number_parse(value, 0, FRAME_VLAN_LAST, &vlan))
		return false;
	options->frame.vlan = vlan;
	return true;
}

static bool set_ports(const char *value, struct options *options)
{
	return sweep_parse(value, &options->frame.sweeps[FLOOD_DESTINATION_PORT]);
}

static bool set_source_ports(const char *value, struct options *options)
{
	return sweep_parse(value, &options->frame.sweeps[FLOOD_SOURCE_PORT]);
}

static bool set_sequential(const char *value, struct options *options)
{
	(void)value;
	options->frame.sweeps[FLOOD_DESTINATION_PORT].sequential = true;
	return true;
}

static bool set_source(const char *value, struct options *options)
{
	options->source = value;
	return true;
}

static bool set_sources(const char *value, struct options *options)
{
	__u64 count;

	if (!number_parse(value, 1, 1 << FLOOD_WORD_BITS, &count))
		return false;
	options->frame.sweeps[FLOOD_SOURCE_ADDRESS].span = count;
	return true;
}

static bool set_destination(const char *value, struct options *options)
{
	options->destination = value;
	return true;
}

static bool set_mac(const char *value, struct options *options)
{
	struct ether_addr address;

	if (!ether_aton_r(value, &address))
		return false;
	memcpy(options->frame.destination_mac, &address, ETH_ALEN);
	options->has_mac = true;
	return true;
}

static bool set_size(const char *value, struct options *options)
{
	__u64 size_bytes;

	if (!number_parse(value, 1, FRAME_MAXIMUM_BYTES, &size_bytes))
		return false;
	options->frame.size_bytes = size_bytes;
	return true;
}

/* Bit i of the TCP flags byte. */
static bool tcp_flag_parse(const char *name, size_t name_bytes, __u8 *flags)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) != name_bytes || strncmp(name, names[i], name_bytes))
			continue;
		*flags |= 1 << i;
		return true;
	}
	return false;
}

static bool set_flags(const char *value, struct options *options)
{
	options->frame.tcp_flags = 0;
	if (!strcmp(value, "none"))
		return true;
	for (;;) {
		size_t name_bytes = strcspn(value, "|,");

		if (!tcp_flag_parse(value, name_bytes, &options->frame.tcp_flags))
			return false;
		if (!value[name_bytes])
			return true;
		value += name_bytes + 1;
	}
}

static bool set_count(const char *value, struct options *options)
{
	return number_parse(value, 1, ~0ULL, &options->count_packets);
}

static bool set_seconds(const char *value, struct options *options)
{
	char *end;

	options->seconds = strtod(value, &end);
	return isdigit((unsigned char)*value) && !*end && options->seconds > 0 &&
	       options->seconds <= SECONDS_LIMIT;
}

static bool set_rate(const char *value, struct options *options)
{
	return number_parse(value, 1, RATE_LIMIT, &options->rate);
}

static bool set_batch(const char *value, struct options *options)
{
	__u64 batch;

	if (!number_parse(value, 1, BATCH_LIMIT, &batch))
		return false;
	options->batch_packets = batch;
	return true;
}

static bool set_seed(const char *value, struct options *options)
{
	return number_parse(value, 1, ~0ULL, &options->seed);
}

static bool set_rush(const char *value, struct options *options)
{
	(void)value;
	options->rush = true;
	return true;
}

static bool set_json(const char *value, struct options *options)
{
	(void)value;
	options->json = true;
	return true;
}

static bool set_help(const char *value, struct options *options)
{
	(void)value;
	options->help = true;
	return true;
}

static const struct option_row rows[] = {
	{ "protocol", "NAME", "tcp, udp (default), sctp or dccp", set_protocol },
	{ "ipv6", NULL, "IPv6 instead of IPv4", set_ipv6 },
	{ "vlan", "ID", "an 802.1Q tag, 0 to 4094", set_vlan },
	{ "port", "PORT", "destination port (default 9)", set_ports },
	{ "ports", "LOW-HIGH", "destination ports, drawn at random", set_ports },
	{ "sequential", NULL, "destination ports round robin, from LOW", set_sequential },
	{ "source-ports", "LOW-HIGH", "source ports, drawn at random (default 40000)",
	  set_source_ports },
	{ "source", "ADDRESS", "default 192.0.2.1 or 2001:db8::1", set_source },
	{ "sources", "COUNT", "draw among COUNT addresses from --source (default 1)", set_sources },
	{ "destination", "ADDRESS", "default 192.0.2.2 or 2001:db8::2", set_destination },
	{ "mac", "MAC", "destination (default: the veth peer's)", set_mac },
	{ "size", "BYTES",
	  "of the frame without check sequence (default 60, or what the headers need)", set_size },
	{ "flags", "NAMES", "of TCP: FIN|SYN|RST|PSH|ACK|URG|ECE|CWR or none (default SYN)",
	  set_flags },
	{ "count", "PACKETS", "stop after exactly so many", set_count },
	{ "seconds", "S", "stop after this time (default 1 without --count)", set_seconds },
	{ "rate", "PACKETS", "a second, in portions every 2 ms; no more than the CPU gives",
	  set_rate },
	{ "batch", "PACKETS", "per flush of the redirects, up to 256 (default 64)", set_batch },
	{ "rush", NULL, "--count at the kernel's rate, without pauses in which the peer catches up",
	  set_rush },
	{ "seed", "NUMBER", "of the draws (default 1: every run is the same)", set_seed },
	{ "json", NULL, "also -j: one JSON object", set_json },
	{ "help", NULL, "also -h: this text", set_help },
};

static void options_complain(const char *what, const char *value, const char *argument)
{
	if (argument)
		fprintf(stderr, "flood: --%s: '%s' is not a valid %s: see flood --help\n", what,
			value, argument);
	else
		fprintf(stderr, "flood: %s: see flood --help\n", what);
}

static bool addresses_parse(struct options *options)
{
	struct frame_request *frame = &options->frame;
	int family = frame->ipv6 ? AF_INET6 : AF_INET;
	const char *source = options->source ?: frame->ipv6 ? "2001:db8::1" : "192.0.2.1";
	const char *destination = options->destination ?: frame->ipv6 ? "2001:db8::2" : "192.0.2.2";

	if (inet_pton(family, source, frame->source) != 1) {
		options_complain("source", source, frame->ipv6 ? "IPv6 address" : "IPv4 address");
		return false;
	}
	if (inet_pton(family, destination, frame->destination) != 1) {
		options_complain("destination", destination,
				 frame->ipv6 ? "IPv6 address" : "IPv4 address");
		return false;
	}
	return true;
}

static void long_options_fill(struct option *long_options)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		long_options[i].name = rows[i].name;
		long_options[i].has_arg = rows[i].argument ? required_argument : no_argument;
	}
}

/* Returns false, having complained, at the first option that is wrong. */
static bool rows_parse(int argc, char **argv, struct options *options)
{
	struct option long_options[ARRAY_SIZE(rows) + 1] = { 0 };
	int row, choice;

	long_options_fill(long_options);
	while ((choice = getopt_long(argc, argv, "jh", long_options, &row)) != -1) {
		if (choice == 'j') {
			options->json = true;
		} else if (choice == 'h') {
			options->help = true;
		} else if (choice) {
			return false;
		} else if (!rows[row].set(optarg, options)) {
			options_complain(rows[row].name, optarg, rows[row].argument);
			return false;
		}
	}
	return true;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options options = {
		.frame.protocol = IPPROTO_UDP,
		.frame.vlan = FRAME_VLAN_NONE,
		.frame.tcp_flags = TH_SYN,
		.frame.sweeps[FLOOD_DESTINATION_PORT] = { .low = DEFAULT_PORT, .span = 1 },
		.frame.sweeps[FLOOD_SOURCE_PORT] = { .low = DEFAULT_SOURCE_PORT, .span = 1 },
		.frame.sweeps[FLOOD_SOURCE_ADDRESS] = { .span = 1 },
		.batch_packets = DEFAULT_BATCH,
		.seed = 1,
	};

	if (!rows_parse(argc, argv, &options))
		return -EINVAL;
	if (!options.help && optind + 1 != argc) {
		options_complain("name one device", NULL, NULL);
		return -EINVAL;
	}
	options.device = argv[optind];
	if (!addresses_parse(&options))
		return -EINVAL;
	if (!options.count_packets && !options.seconds)
		options.seconds = DEFAULT_SECONDS;
	*ret_options = options;
	return 0;
}

void options_print_help(FILE *file)
{
	fprintf(file, "usage: flood DEV [OPTION]...\n"
		      "Sends packets out of the veth DEV as fast as its peer's XDP program takes "
		      "them.\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char left[32];

		snprintf(left, sizeof(left), "--%s %s", rows[i].name, rows[i].argument ?: "");
		fprintf(file, "  %-24s %s\n", left, rows[i].help);
	}
}
