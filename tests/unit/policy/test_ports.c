/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of `ports`: what each item stands for, against the built-in registry where the
 * registry decides, and every refusal with its column.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "policy/services.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

/* The intervals as text in the given order: "tcp/80 tcp/90-95". The caller frees it. */
static char *intervals_text(const struct policy_interval *intervals, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s%s/%u", i ? " " : "",
			transport_name((enum portsieve_transport)intervals[i].transport),
			intervals[i].low);
		if (intervals[i].low != intervals[i].high)
			fprintf(out, "-%u", intervals[i].high);
	}
	fclose(out);
	return text;
}

struct meaning {
	const char *name;
	const char *ports;
	const char *intervals;
};

static const struct meaning meanings[] = {
	{ "a port is one interval", "tcp/80", "tcp/80" },
	{ "port 0 may be named", "udp/0", "udp/0" },
	{ "port 65535 may be named", "udp/65535", "udp/65535" },
	{ "a range is inclusive", "tcp/80-90", "tcp/80-90" },
	{ "a range of one port is a range", "tcp/80-80", "tcp/80" },
	{ "a range may span all ports", "tcp/0-65535", "tcp/0-65535" },
	{ "items keep the order of the text", "tcp/90,80,85", "tcp/90 tcp/80 tcp/85" },
	{ "overlaps stay", "tcp/80-90,85", "tcp/80-90 tcp/85" },
	{ "entries are parted by white space", "tcp/80 udp/53\tsctp/9\n dccp/5",
	  "tcp/80 udp/53 sctp/9 dccp/5" },
	{ "white space around the text is ignored", " \n tcp/80 \t", "tcp/80" },
	{ "white space may follow a comma", "tcp/80, 443 udp/53", "tcp/80 tcp/443 udp/53" },
	{ "white space may stand before a comma", "tcp/80 , 443", "tcp/80 tcp/443" },
	{ "a protocol may be in capitals", "TCP/80 Udp/53", "tcp/80 udp/53" },
	{ "a port or a service may stand before its protocol", "22/tcp,domain/UDP 1-5/tcp+udp",
	  "tcp/22 udp/53 tcp/1-5 udp/1-5" },
	{ "an entry may follow a comma", "tcp/80,udp/53, sctp/9,10",
	  "tcp/80 udp/53 sctp/9 sctp/10" },
	{ "a service with a slash may stand before its protocol", "914c/g/tcp", "tcp/211" },
	{ "tcp+udp is both", "tcp+udp/53", "tcp/53 udp/53" },
	{ "tcp+udp gives each item both transports in turn", "tcp+udp/53,80-81",
	  "tcp/53 udp/53 tcp/80-81 udp/80-81" },
	{ "all is every port, 0 too", "tcp/all", "tcp/0-65535" },
	{ "system leaves port 0 out", "tcp/system", "tcp/1-1023" },
	{ "user is 1024 to 49151", "tcp/user", "tcp/1024-49151" },
	{ "dynamic is 49152 to 65535", "tcp/dynamic", "tcp/49152-65535" },
	{ "ephemeral is the host's own range", "tcp/ephemeral", "tcp/32768-60999" },
	{ "a service stands for its port", "tcp/http", "tcp/80" },
	{ "services are compared without case", "tcp/HttP", "tcp/80" },
	{ "a service with a dash and digits is a name", "tcp/3com-tsmux,atm-zip-office",
	  "tcp/106 tcp/1520" },
	{ "a service that begins with digits is a name", "tcp/914c-g", "tcp/211" },
	{ "a service with a slash in it is found", "tcp/914c/g", "tcp/211" },
	{ "a service with several ports gives them all", "tcp/http-alt",
	  "tcp/591 tcp/8008 tcp/8080" },
	{ "tcp+udp takes of each transport what is registered", "tcp+udp/syslog", "udp/514" },
	{ "a service of both transports gives both", "tcp+udp/domain", "tcp/53 udp/53" },
	{ "a name with a range of ports gives the range", "tcp/x11", "tcp/6000-6063" },
	{ "a service can be named by its usual name", "tcp/rdp,VNC udp/wireguard",
	  "tcp/3389 tcp/5900 udp/51820" },
	{ "tcp+udp takes of an alias what it is for", "tcp+udp/dns,smtps",
	  "tcp/53 udp/53 tcp/465" },
};

static void means(void **state)
{
	const struct meaning *m = *state;
	struct policy_interval *intervals = NULL;
	size_t count = 0;
	bool registry = true;
	struct error error = { 0 };
	int r = policy_ports_read(m->ports, &host, &intervals, &count, &registry, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	assert_false(registry);

	char *text = intervals_text(intervals, count);

	assert_string_equal(text, m->intervals);
	free(text);
	free(intervals);
}

struct refusal {
	const char *name;
	const char *ports;
	size_t column;
	const char *text;
};

static const struct refusal refusals[] = {
	{ "no text is refused", "", 1, "no ports: write for example tcp/80,443 udp/53" },
	{ "white space alone is refused", "  ", 3,
	  "no ports: write for example tcp/80,443 udp/53" },
	{ "port 65536 is refused", "tcp/80,65536", 8,
	  "port 65536 does not exist: the last is 65535" },
	{ "a port of many digits is refused", "tcp/99999999999999999999", 5,
	  "port 99999999999999999999 does not exist: the last is 65535" },
	{ "the end of a range beyond 65535 is refused at the end", "tcp/80-65536", 8,
	  "port 65536 does not exist: the last is 65535" },
	{ "a leading zero is refused", "tcp/080", 5, "port '080' has a leading zero: write 80" },
	{ "a second zero is refused", "tcp/00", 5, "port '00' has a leading zero: write 0" },
	{ "a leading zero in a range is refused", "tcp/8-09", 7,
	  "port '09' has a leading zero: write 9" },
	{ "a range backwards is refused", "tcp/90-80", 5, "range 90-80 is reversed: write 80-90" },
	{ "a sign is refused", "tcp/+80", 5,
	  "'+80' is neither a port nor a range: write 80 or 80-90" },
	{ "a negative port is refused", "tcp/-5", 5,
	  "'-5' is neither a port nor a range: write 80 or 80-90" },
	{ "a range without end is refused", "tcp/80-", 5,
	  "'80-' is neither a port nor a range: write 80 or 80-90" },
	{ "a range with a colon is refused", "tcp/80:90", 5,
	  "'80:90' is neither a port nor a range: write 80-90" },
	{ "a range with two dots is refused", "tcp/80..90", 5,
	  "'80..90' is neither a port nor a range: write 80-90" },
	{ "all ports have a word", "tcp/any", 5, "unknown service 'any' (write tcp/all)" },
	{ "a star is no set", "udp/*", 5, "unknown service '*' (write udp/all)" },
	{ "a range with a long dash is refused",
	  "tcp/80\xe2\x80\x93"
	  "90",
	  5,
	  "'80\xe2\x80\x93"
	  "90' is neither a port nor a range: write 80-90" },
	{ "a range of three is refused", "tcp/1-2-3", 5,
	  "'1-2-3' is neither a port nor a range: write 80 or 80-90" },
	{ "a range of a number and a name is an unknown name", "tcp/80-htqq", 5,
	  "unknown service '80-htqq' (a range takes two numbers, as 80-443)" },
	{ "an unknown service has a suggestion", "tcp/80,htpp", 8,
	  "unknown service 'htpp' (did you mean 'http'?)" },
	{ "an unknown set has a suggestion", "tcp/asigned", 5,
	  "unknown service 'asigned' (did you mean 'assigned'?)" },
	{ "a set in capitals has a suggestion", "tcp/ALL", 5,
	  "unknown service 'ALL' (did you mean 'all'?)" },
	{ "an unknown service like no other is refused", "tcp/qqqqzzzzqqqq", 5,
	  "unknown service 'qqqqzzzzqqqq' (see `portsieve registry`)" },
	{ "a service of another transport is refused", "tcp/syslog", 5,
	  "service 'syslog' is not for tcp (it is for udp)" },
	{ "an alias of another transport is refused", "tcp/wireguard", 5,
	  "service 'wireguard' is not for tcp (it is for udp)" },
	{ "a mistyped service that few know has one if it is long", "tcp/sun-sr-htpps", 5,
	  "unknown service 'sun-sr-htpps' (did you mean 'sun-sr-https'?)" },
	{ "a mistyped alias has a suggestion", "tcp/kubernets-api", 5,
	  "unknown service 'kubernets-api' (did you mean 'kubernetes-api'?)" },
	{ "a service of two other transports is refused", "dccp/domain", 6,
	  "service 'domain' is not for dccp (it is for tcp and udp)" },
	{ "columns count characters, not bytes", "tcp/80,\xc3\xa4\xc3\xb6 udp/1", 8,
	  "unknown service '\xc3\xa4\xc3\xb6' (see `portsieve registry`)" },
	{ "bytes that are not UTF-8 are quoted", "tcp/\xff\x1b[1m", 5,
	  "unknown service '\\xff\\x1b[1m' (see `portsieve registry`)" },
	{ "a long word is quoted in part",
	  "tcp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  5,
	  "unknown service 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' (see `portsieve "
	  "registry`)" },
	{ "a mistyped protocol has a suggestion", "tcp/80 tpc/81", 8,
	  "unknown protocol 'tpc' (did you mean 'tcp'?)" },
	{ "an unknown protocol is refused", "quic/443", 1,
	  "unknown protocol 'quic' (write tcp, udp, tcp+udp, sctp or dccp)" },
	{ "UDP-Lite is explained", "udplite/80", 1,
	  "unknown protocol 'udplite' ('udp' covers UDP-Lite: write udp/80)" },
	{ "udp+tcp is explained", "udp+tcp/80", 1,
	  "unknown protocol 'udp+tcp' (write tcp+udp/80)" },
	{ "any protocol is none", "any/80-90", 1, "unknown protocol 'any' (write tcp+udp/80-90)" },
	{ "any is no text of ports", "any", 1,
	  "'any' has no ports: write tcp+udp/all for all ports" },
	{ "a star is no text of ports", "tcp/80 *", 8,
	  "'*' has no ports: write tcp+udp/all for all ports" },
	{ "a colon is no slash", "tcp:22", 1, "'tcp:22' has no slash: write tcp/22" },
	{ "colons are neither a slash nor a dash", "UDP:80:90", 1,
	  "'UDP:80:90' has no slash: write udp/80-90" },
	{ "an equals sign is no slash", "udp/1 tcp=dns", 7,
	  "'tcp=dns' has no slash: write tcp/dns" },
	{ "white space is no slash", "tcp 22 udp/53", 1, "'tcp 22' has no slash: write tcp/22" },
	{ "numbers alone have no protocol", "22, 80 90-95", 1,
	  "'22,80,90-95' has no protocol: write tcp/22,80,90-95 or udp/22,80,90-95" },
	{ "a name alone has no protocol", "http", 1,
	  "'http' has no protocol: write tcp/http or udp/http" },
	{ "a number alone has no protocol", "tcp/80 443", 8,
	  "'443' has no protocol: write tcp/443 or udp/443" },
	{ "a protocol alone has no ports", "udp/1 tcp", 7,
	  "'tcp' has no ports: write tcp/80 or tcp/all" },
	{ "a slash without ports is refused", "tcp/", 1,
	  "'tcp/' has no ports: write tcp/80 or tcp/all" },
	{ "white space after the slash is refused", "tcp/ 443", 1,
	  "'tcp/' has no ports: write tcp/443, without white space" },
	{ "an entry after the slash and white space is refused", "tcp/ udp/53", 1,
	  "'tcp/' has no ports: write tcp/80 or tcp/all" },
	{ "a slash without protocol is refused", "/80", 1,
	  "a protocol is missing: write for example tcp/80,443 udp/53" },
	{ "a leading comma is refused", ",tcp/80", 1,
	  "a protocol is missing: write for example tcp/80,443 udp/53" },
	{ "ports before their protocol are refused", "53,54/udp", 1,
	  "'53' has no protocol: write tcp/53 or udp/53" },
	{ "two slashes are refused", "tcp//80", 5,
	  "'/80' is neither a port nor a range: write 80 or 80-90" },
	{ "two commas are refused at the second", "tcp/80,,90", 8,
	  "an item is missing: write a port, low-high, a service or a set" },
	{ "a comma at the end is refused, with the place after it", "tcp/80,", 8,
	  "an item is missing: write a port, low-high, a service or a set" },
	{ "a comma after the slash is refused", "tcp/,80", 5,
	  "an item is missing: write a port, low-high, a service or a set" },
};

static void refuses(void **state)
{
	const struct refusal *f = *state;
	struct policy_interval *intervals = (void *)1;
	size_t count = 7;
	bool registry = true;
	struct error error = { 0 };
	int r = policy_ports_read(f->ports, &host, &intervals, &count, &registry, &error);

	assert_string_equal(error.text, f->text);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_int_equal(error.line, 1);
	assert_int_equal(error.column, f->column);
	assert_ptr_equal(intervals, (void *)1);
	assert_int_equal(count, 7);
}

/* Paints ports of a text of `ports`; each may be painted once only. */
static void paint(const char *ports, enum portsieve_transport transport, unsigned char *painted)
{
	struct policy_interval *intervals = NULL;
	size_t count = 0;
	bool registry = false;

	assert_int_equal(policy_ports_read(ports, &host, &intervals, &count, &registry, NULL), 0);
	assert_true(registry);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(intervals[i].transport, transport);
		for (uint32_t port = intervals[i].low; port <= intervals[i].high; port++)
			assert_int_equal(painted[port]++, 0);
	}
	free(intervals);
}

static void assigned_and_unassigned_are_all_ports_but_zero_once(void **state)
{
	static const char *const both[][2] = {
		[PORTSIEVE_TCP] = { "tcp/assigned", "tcp/unassigned" },
		[PORTSIEVE_UDP] = { "udp/assigned", "udp/unassigned" },
		[PORTSIEVE_SCTP] = { "sctp/assigned", "sctp/unassigned" },
		[PORTSIEVE_DCCP] = { "dccp/assigned", "dccp/unassigned" },
	};

	(void)state;
	for (enum portsieve_transport t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		unsigned char painted[PORTSIEVE_PORTS] = { 0 };

		paint(both[t][0], t, painted);
		if (t == PORTSIEVE_TCP) {
			assert_int_equal(painted[80], 1);
			assert_int_equal(painted[22], 1);
			assert_int_equal(painted[65535], 0);
		}
		paint(both[t][1], t, painted);
		assert_int_equal(painted[0], 0);
		for (size_t port = 1; port < PORTSIEVE_PORTS; port++)
			assert_int_equal(painted[port], 1);
	}
}

static void assigned_is_what_the_registry_says(void **state)
{
	const struct registry_range *ranges;
	size_t many = registry_assigned(PORTSIEVE_UDP, &ranges);
	struct policy_interval *intervals = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(policy_ports_read("udp/assigned", &host, &intervals, &count, NULL, NULL),
			 0);
	assert_int_equal(count, many);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(intervals[i].low, ranges[i].low);
		assert_int_equal(intervals[i].high, ranges[i].high);
	}
	free(intervals);
}

static void every_service_can_be_named_and_gives_its_ports(void **state)
{
	size_t named = 0;

	(void)state;
	for (size_t i = 0; registry_name(i); i++) {
		const struct registry_service *first = NULL;
		const char *name = registry_name(i);
		struct policy_interval *intervals = NULL;
		size_t count = 0;
		char ports[128];

		if (!registry_by_name(name, 1 << PORTSIEVE_TCP, &first, 1))
			continue;
		snprintf(ports, sizeof(ports), "tcp/%s", name);
		assert_int_equal(policy_ports_read(ports, &host, &intervals, &count, NULL, NULL),
				 0);
		assert_true(count >= 1);
		assert_int_equal(intervals[0].low, first->low);
		assert_int_equal(intervals[0].high, first->high);
		free(intervals);
		named++;
	}
	assert_true(named > 5000);
}

static void aliases_are_no_names_of_the_registry(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct registry_service *alias = service_aliases; alias->name; alias++, count++)
		if (registry_by_name(alias->name, ~0u, NULL, 0))
			fail_msg("'%s' is registered", alias->name);
	assert_true(count > 10);
}

/*
 * Words that people write for services, and that neither the registry nor the aliases have. Nothing
 * that is close to one of them is what is meant.
 */
static void no_harmful_neighbour_is_suggested(void **state)
{
	static const char *const words[] = {
		"activemq",  "apache",	   "asterisk",	"bitcoin",	"cassandra",  "clickhouse",
		"cockpit",   "consul",	   "couchbase", "docker-swarm", "doh",	      "dot",
		"drbd",	     "elastic",	   "etcd",	"exim",		"fluentd",    "gitlab",
		"glusterfs", "grafana",	   "graylog",	"grpc",		"haproxy",    "hadoop",
		"http2",     "http3",	   "icinga",	"influxdb",	"ipsec",      "jenkins",
		"k8s",	     "k3s",	   "kerb",	"kibana",	"kvm",	      "l2tp-vpn",
		"logstash",  "loki",	   "matrix",	"mdns-sd",	"minio",      "mosquitto",
		"mumble",    "munin-node", "nagios",	"nats",		"nginx",      "node",
		"ntpd",	     "pgsql",	   "pop",	"postfix",	"prometheus", "proxmox",
		"proxy",     "puppetdb",   "quic",	"radmin",	"rtp",	      "salt",
		"samba",     "sftps",	   "snmpd",	"solr",		"spark",      "splunk",
		"sql",	     "ssl",	   "sshd",	"steam",	"syncthing",  "tailscale",
		"teams",     "teamspeak",  "telegraf",	"tftpd",	"tls",	      "tor",
		"torrent",   "traefik",	   "unifi",	"vault",	"vmware",     "voip",
		"vpn",	     "web",	   "webdav",	"webmin",	"wg",	      "www2",
		"xmpp",	     "xrdp",	   "zabbix",	"zookeeper",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct policy_interval *intervals = NULL;
		struct error error = { 0 };
		size_t count = 0;
		char ports[64];

		snprintf(ports, sizeof(ports), "tcp+udp/%s", words[i]);
		if (!policy_ports_read(ports, &host, &intervals, &count, NULL, &error))
			fail_msg("'%s' is a service", words[i]);
		if (strstr(error.text, "did you mean"))
			fail_msg("%s", error.text);
		free(intervals);
	}
}

/* "tcp/1,1,...", `count` items. */
static char *many_items(size_t count)
{
	char *text = malloc(4 + 2 * count), *end = text;

	assert_non_null(text);
	end = stpcpy(end, "tcp/");
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, i + 1 < count ? "1," : "1");
	return text;
}

static void items_are_limited_at_the_limit_and_one_past_it(void **state)
{
	char *most = many_items(POLICY_ITEMS_MAX), *more = many_items(POLICY_ITEMS_MAX + 1);
	struct policy_interval *intervals = NULL;
	struct error error = { 0 };
	size_t count = 0;

	(void)state;
	assert_int_equal(policy_ports_read(most, &host, &intervals, &count, NULL, &error), 0);
	assert_int_equal(count, POLICY_ITEMS_MAX);
	free(intervals);
	assert_int_equal(policy_ports_read(more, &host, &intervals, &count, NULL, &error), -EINVAL);
	assert_string_equal(error.text, "more than 65536 items");
	assert_int_equal(error.column, 5 + 2 * POLICY_ITEMS_MAX);
	free(most);
	free(more);
}

static void sets_named_over_and_over_run_into_a_limit(void **state)
{
	enum {
		TIMES = 3000, /* of more than 800 ranges each */
		LENGTH = sizeof("assigned")
	};
	char *text = malloc(sizeof("tcp/") + (size_t)TIMES * LENGTH), *end;
	struct policy_interval *intervals = NULL;
	struct error error = { 0 };
	size_t count = 0;

	(void)state;
	assert_non_null(text);
	end = stpcpy(text, "tcp/");
	for (size_t i = 0; i < TIMES; i++)
		end = stpcpy(end, i + 1 < TIMES ? "assigned," : "assigned");
	assert_int_equal(policy_ports_read(text, &host, &intervals, &count, NULL, &error), -EINVAL);
	assert_string_equal(error.text, "more than 1048576 ranges of ports");
	assert_int_equal((error.column - 5) % LENGTH, 0);
	free(text);
}

static void error_may_be_null(void **state)
{
	struct policy_interval *intervals = NULL;
	size_t count;

	(void)state;
	assert_int_equal(policy_ports_read("tpc/80", &host, &intervals, &count, NULL, NULL),
			 -EINVAL);
}

int main(void)
{
	enum {
		OTHERS = 8,
		MEANINGS = sizeof(meanings) / sizeof(meanings[0]),
		REFUSALS = sizeof(refusals) / sizeof(refusals[0])
	};
	struct CMUnitTest tests[OTHERS + MEANINGS + REFUSALS] = {
		cmocka_unit_test(assigned_and_unassigned_are_all_ports_but_zero_once),
		cmocka_unit_test(assigned_is_what_the_registry_says),
		cmocka_unit_test(every_service_can_be_named_and_gives_its_ports),
		cmocka_unit_test(aliases_are_no_names_of_the_registry),
		cmocka_unit_test(no_harmful_neighbour_is_suggested),
		cmocka_unit_test(items_are_limited_at_the_limit_and_one_past_it),
		cmocka_unit_test(sets_named_over_and_over_run_into_a_limit),
		cmocka_unit_test(error_may_be_null),
	};

	for (size_t i = 0; i < MEANINGS; i++)
		tests[OTHERS + i] = (struct CMUnitTest){ .name = meanings[i].name,
							 .test_func = means,
							 .initial_state = (void *)&meanings[i] };
	for (size_t i = 0; i < REFUSALS; i++)
		tests[OTHERS + MEANINGS + i] =
			(struct CMUnitTest){ .name = refusals[i].name,
					     .test_func = refuses,
					     .initial_state = (void *)&refusals[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
