/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the words into a packet_description; frame.c makes the frame. */
#include "packet/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggest.h"
#include "policy/services.h"

enum {
	WORDS_MAX = 32,
	WORD_SIZE = 80,
	ETHERNET_BYTES = 14,
	SOURCE_PORT = 40000, /* the default, as of a client */
};

static const struct {
	const char *name;
	uint8_t number;
	bool has_ports;
	unsigned int transport; /* enum portsieve_transport, for service names */
} protocols[] = {
	{ "tcp", IPPROTO_TCP, true, PORTSIEVE_TCP },
	{ "udp", IPPROTO_UDP, true, PORTSIEVE_UDP },
	{ "udplite", IPPROTO_UDPLITE, true, PORTSIEVE_UDP },
	{ "sctp", IPPROTO_SCTP, true, PORTSIEVE_SCTP },
	{ "dccp", IPPROTO_DCCP, true, PORTSIEVE_DCCP },
	{ .name = "icmp", .number = IPPROTO_ICMP },
	{ .name = "icmpv6", .number = IPPROTO_ICMPV6 },
	{ .name = "igmp", .number = IPPROTO_IGMP },
	{ .name = "gre", .number = IPPROTO_GRE },
	{ .name = "esp", .number = IPPROTO_ESP },
	{ .name = "ah", .number = IPPROTO_AH },
};

static int wrong(struct error *error, const char *word, const char *right)
{
	return error_set(error, EINVAL, EXIT_USAGE, "explain: '%s' is not %s", word, right);
}

static bool read_number(const char *word, unsigned long most, unsigned long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)word[0]))
		return false;
	*ret_number = strtoul(word, &end, 10);
	return !*end && *ret_number <= most;
}

/* *ret_transports is set for protocols with ports only. */
static int read_protocol(const char *word, struct packet_description *packet,
			 unsigned int *ret_transports, struct error *error)
{
	struct suggest suggest;
	unsigned long number;

	packet->is_arp = !strcmp(word, "arp");
	if (packet->is_arp)
		return 0;
	suggest_start(&suggest, word, strlen(word));
	suggest_offer(&suggest, "arp");
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		suggest_offer(&suggest, protocols[i].name);
		if (strcmp(protocols[i].name, word) != 0 &&
		    (!read_number(word, 255, &number) || number != protocols[i].number))
			continue;
		packet->protocol = protocols[i].number;
		packet->has_ports = protocols[i].has_ports;
		*ret_transports = 1u << protocols[i].transport;
		return 0;
	}
	if (!read_number(word, 255, &number))
		return error_set(
			error, EINVAL, EXIT_USAGE, "explain: unknown protocol '%s'%s", word,
			suggest_hint(&suggest,
				     "tcp, udp, sctp, dccp, icmp, gre, arp ... or a number")
				.text);
	packet->protocol = number;
	return 0;
}

/* A number or the name of a service. */
static int read_port(const char *word, unsigned int transports, uint16_t *ret_port,
		     struct error *error)
{
	const struct registry_service *services[2];
	struct suggest suggest;
	unsigned long number;
	size_t found;

	if (read_number(word, 65535, &number)) {
		*ret_port = (uint16_t)number;
		return 0;
	}
	if (!isalpha((unsigned char)word[0]))
		return wrong(error, word, "a port from 0 to 65535");
	found = services_by_name(word, transports, services, ARRAY_SIZE(services));
	if (found == 1 && services[0]->low == services[0]->high) {
		*ret_port = services[0]->low;
		return 0;
	}
	if (found)
		return error_set(
			error, EINVAL, EXIT_USAGE,
			"explain: '%s' has several ports; write the number (see: portsieve "
			"registry %s)",
			word, word);
	suggest_start(&suggest, word, strlen(word));
	services_offer(&suggest, transports);
	return error_set(error, EINVAL, EXIT_USAGE, "explain: no service '%s' for this protocol%s",
			 word, suggest_hint(&suggest, NULL).text);
}

static int read_endpoint(const char *original, unsigned int transports,
			 struct packet_endpoint *endpoint, struct error *error)
{
	static const char right[] = "an address, ADDRESS:PORT or [IPV6]:PORT";
	char word[WORD_SIZE], *address = word, *colon;
	int r;

	snprintf(word, sizeof(word), "%s", original);
	endpoint->ipv6 = word[0] == '[' && strchr(word, ']');
	if (endpoint->ipv6) {
		char *bracket = strchr(word, ']');

		address++;
		*bracket = '\0';
		colon = bracket + 1;
		if (*colon && *colon != ':')
			return wrong(error, original, right);
	} else {
		colon = strchrnul(word, ':');
		if (*colon && strchr(colon + 1, ':')) /* an IPv6 address without a port */
			colon = strchr(word, '\0');
	}
	if (*colon) {
		r = read_port(colon + 1, transports, &endpoint->port, error);
		if (r)
			return r;
		endpoint->has_port = true;
		*colon = '\0';
	}
	if (!endpoint->ipv6 && inet_pton(AF_INET, address, endpoint->address) == 1)
		return 0;
	endpoint->ipv6 = true;
	if (inet_pton(AF_INET6, address, endpoint->address) == 1)
		return 0;
	return wrong(error, original, right);
}

static int read_flags(const char *word, struct packet_description *packet, struct error *error)
{
	static const char letters[] = "FSRPAU";
	uint8_t flags = 0;

	for (const char *at = strcmp(word, "none") ? word : ""; *at; at++) {
		char letter = *at == '.' ? 'A' : *at;
		const char *found = strchr(letters, letter);

		if (!found)
			return wrong(
				error, word,
				"TCP flags (letters of FSRPAU, or none), `type N` or `vlan ID`");
		flags |= 1u << (found - letters);
	}
	if (packet->has_flags)
		return wrong(error, word, "to follow other TCP flags; write them as one word");
	packet->tcp_flags = flags;
	packet->has_flags = true;
	return 0;
}

/* Reads an item after the addresses. Returns the number of words read, or -EINVAL. */
static int read_extra(char words[][WORD_SIZE], int left, struct packet_description *packet,
		      struct error *error)
{
	unsigned long number;

	if (left >= 2 && !strcmp(words[0], "vlan")) {
		if (!read_number(words[1], 4095, &number))
			return wrong(error, words[1], "a VLAN id from 0 to 4095");
		if (packet->vlans_count == PACKET_VLANS_MAX)
			return wrong(error, words[0], "to be given more than four times");
		packet->vlans[packet->vlans_count++] = number;
		return 2;
	}
	if (left >= 2 && !strcmp(words[0], "type") && !packet->is_arp) {
		if (!read_number(words[1], 255, &number))
			return wrong(error, words[1], "a type from 0 to 255");
		if (packet->has_ports)
			return wrong(error, words[0], "for a protocol with ports");
		packet->type = number;
		return 2;
	}
	if (packet->is_arp)
		return wrong(error, words[0], "`vlan ID`");
	if (packet->protocol != IPPROTO_TCP)
		return wrong(error, words[0], "`type N` or `vlan ID`");
	return read_flags(words[0], packet, error) ? -EINVAL : 1;
}

/* Completes the endpoints. `protocol` is the word for it. */
static int check_endpoints(const char *protocol, struct packet_description *packet,
			   struct error *error)
{
	if (packet->source.ipv6 != packet->destination.ipv6)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: one address is IPv4 and the other IPv6");
	if (packet->is_arp && packet->source.ipv6)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: arp is for IPv4 addresses; write icmpv6 ... type 135");
	if (packet->has_ports && !packet->destination.has_port)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: %s has ports; write the destination as ADDRESS:PORT",
				 protocol);
	if (!packet->has_ports && (packet->source.has_port || packet->destination.has_port))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: %s has no ports; write addresses alone", protocol);
	if (packet->has_ports && !packet->source.has_port)
		packet->source.port = SOURCE_PORT;
	return 0;
}

static int describe(char words[][WORD_SIZE], int count, struct packet_description *packet,
		    struct error *error)
{
	unsigned int transports = 0;
	int r;

	*packet = (struct packet_description){ .tcp_flags = 0x02 };
	if (count < 4 || strcmp(words[2], ">") != 0)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: a packet is written like 'tcp 192.0.2.7:40000 > "
				 "198.51.100.1:8080 S'");
	r = read_protocol(words[0], packet, &transports, error);
	if (r)
		return r;
	r = read_endpoint(words[1], transports, &packet->source, error);
	if (r)
		return r;
	r = read_endpoint(words[3], transports, &packet->destination, error);
	if (r)
		return r;
	if (!strcmp(words[0], "icmp") && packet->source.ipv6) /* as ping takes both */
		packet->protocol = IPPROTO_ICMPV6;
	if (packet->protocol == IPPROTO_ICMP)
		packet->type = ICMP_ECHO;
	if (packet->protocol == IPPROTO_ICMPV6)
		packet->type = ICMP6_ECHO_REQUEST;
	for (int i = 4; i < count;) {
		int taken = read_extra(&words[i], count - i, packet, error);

		if (taken < 0)
			return taken;
		i += taken;
	}
	return check_endpoints(words[0], packet, error);
}

static int read_hex(const char *text, uint8_t *frame, size_t *ret_length_bytes, struct error *error)
{
	uint8_t bytes[PACKET_FRAME_MAX] = { 0 };
	size_t digits = 0;

	for (; *text; text++) {
		int digit = isdigit((unsigned char)*text)
				    ? *text - '0'
				    : tolower((unsigned char)*text) - 'a' + 10;

		if (isspace((unsigned char)*text) || *text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || digits == 2 * PACKET_FRAME_MAX)
			return error_set(
				error, EINVAL, EXIT_USAGE,
				"explain: hex is followed by the frame's bytes, at most %d",
				PACKET_FRAME_MAX);
		bytes[digits / 2] |= digits % 2 ? digit : digit << 4;
		digits++;
	}
	if (digits % 2 || digits < 2 * (size_t)ETHERNET_BYTES)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "explain: a frame has at least %d whole bytes", ETHERNET_BYTES);
	memcpy(frame, bytes, sizeof(bytes));
	*ret_length_bytes = digits / 2;
	return 0;
}

int packet_text_frame(const char *text, uint8_t frame[PACKET_FRAME_MAX], size_t *ret_length_bytes,
		      struct error *error)
{
	char words[WORDS_MAX][WORD_SIZE] = { 0 };
	struct packet_description packet;
	int count = 0, r;

	text += strspn(text, " \t\n");
	if (!strncmp(text, "hex", 3) && isspace((unsigned char)text[3]))
		return read_hex(text + 3, frame, ret_length_bytes, error);
	for (; *text; text += strspn(text, " \t\n")) {
		size_t length = strcspn(text, " \t\n");

		if (count == WORDS_MAX || length >= WORD_SIZE)
			return error_set(error, EINVAL, EXIT_USAGE,
					 "explain: too many words, or a word is too long");
		snprintf(words[count++], WORD_SIZE, "%.*s", (int)length, text);
		text += length;
	}
	r = describe(words, count, &packet, error);
	if (r)
		return r;
	*ret_length_bytes = packet_frame_put(&packet, frame);
	return 0;
}
