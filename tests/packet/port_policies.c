// SPDX-License-Identifier: GPL-2.0-or-later
/* The policies. The host's ephemeral ports are those of judge_host. */
#include "cmocka_first.h"
#include "port_policies.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "policy/registry.h"

enum {
	COMB_RULES = 4096,
	COMB_STEP = 16,
	COMB_TOOTH = 7,
	COMB_STRIDE = 2731, /* odd, so each tooth comes once */
	REGISTRY_SPANS_MAX = 8192,
};

#define VERSION "version: 1\n"
#define DROP	VERSION "default: drop\n"
#define SPANS(...)                                                                                 \
	.spans = (const struct span[]){ __VA_ARGS__ },                                             \
	.span_count = ARRAY_SIZE(((const struct span[]){ __VA_ARGS__ }))

const struct port_policy port_policies[] = {
	{ "no rule under default allow counts in the built-in ranges", VERSION,
	  .default_drop = false },
	{ "no rule under default drop lets DHCP pass", DROP, .default_drop = true },
	{ "no rule under default drop without DHCP drops all", DROP "dhcp_client: off\n",
	  .default_drop = true, .no_dhcp_client = true },
	{ "a rule decides a DHCP port before the exception",
	  DROP "rules:\n"
	       "  - {name: dhcp, action: drop, ports: udp/68}\n"
	       "  - {name: dhcp6, action: allow, ports: udp/546}\n",
	  .default_drop = true,
	  SPANS({ "dhcp", true, UDP, 68, 68 }, { "dhcp6", false, UDP, 546, 546 }) },
	{ "ranges at 0, 1 and 65535 end there",
	  DROP "rules:\n"
	       "  - {name: ends, action: allow, ports: tcp/0 udp/65535 sctp/1 dccp/0,65535}\n"
	       "  - {name: wide, action: allow, ports: tcp/65534-65535 udp/0-1}\n",
	  .default_drop = true,
	  SPANS({ "ends", false, TCP, 0, 0 }, { "ends", false, UDP, 65535, 65535 },
		{ "ends", false, SCTP, 1, 1 }, { "ends", false, DCCP, 0, 0 },
		{ "ends", false, DCCP, 65535, 65535 }, { "wide", false, TCP, 65534, 65535 },
		{ "wide", false, UDP, 0, 1 }) },
	{ "adjacent ranges and ranges of one port stay apart",
	  VERSION "rules:\n"
		  "  - {name: one, action: drop, ports: tcp+udp/100-100}\n"
		  "  - {name: next, action: allow, ports: tcp+udp/101-200}\n"
		  "  - {name: last, action: drop, ports: 'tcp/201-300,301 udp/201-300,301-400'}\n",
	  SPANS({ "one", true, TCP | UDP, 100, 100 }, { "next", false, TCP | UDP, 101, 200 },
		{ "last", true, TCP | UDP, 201, 300 }, { "last", true, TCP, 301, 301 },
		{ "last", true, UDP, 301, 400 }) },
	{ "of overlapping rules the first decides",
	  DROP "rules:\n"
	       "  - {name: a, action: allow, ports: tcp/1000-2000 sctp/1000-2000}\n"
	       "  - {name: b, action: drop, ports: tcp/1500-2500 dccp/1500-2500}\n"
	       "  - {name: c, action: allow, ports: tcp/1900-3000 sctp/500-3000}\n",
	  .default_drop = true,
	  SPANS({ "a", false, TCP | SCTP, 1000, 2000 }, { "b", true, TCP | DCCP, 1500, 2500 },
		{ "c", false, TCP, 1900, 3000 }, { "c", false, SCTP, 500, 3000 }) },
	{ "a shadowed rule never decides",
	  VERSION "rules:\n"
		  "  - {name: outer, action: drop, ports: tcp+udp/5000-6000}\n"
		  "  - {name: shadowed, action: allow, ports: tcp/5500-5600 udp/5000-6000}\n"
		  "  - {name: rest, action: allow, ports: udp/5999-6001}\n",
	  SPANS({ "outer", true, TCP | UDP, 5000, 6000 }, { "shadowed", false, TCP, 5500, 5600 },
		{ "shadowed", false, UDP, 5000, 6000 }, { "rest", false, UDP, 5999, 6001 }) },
	{ "nested rules decide from the inside",
	  VERSION "rules:\n"
		  "  - {name: core, action: allow, ports: tcp+udp/8080 sctp/8080}\n"
		  "  - {name: inner, action: drop, ports: tcp+udp/8000-8100 sctp/8000-8100}\n"
		  "  - {name: outer, action: allow, ports: tcp+udp/7000-9000 sctp/7000-9000}\n"
		  "  - {name: all, action: drop, ports: tcp+udp/all sctp/0-65535}\n",
	  SPANS({ "core", false, TCP | UDP | SCTP, 8080, 8080 },
		{ "inner", true, TCP | UDP | SCTP, 8000, 8100 },
		{ "outer", false, TCP | UDP | SCTP, 7000, 9000 },
		{ "all", true, TCP | UDP | SCTP, 0, 65535 }) },
	{ "overlapping items of one rule are one range",
	  DROP "rules:\n"
	       "  - {name: merged, action: allow, ports: 'udp/30-40,10-20,15-30 tcp/7,7,7-9'}\n",
	  .default_drop = true,
	  SPANS({ "merged", false, UDP, 10, 40 }, { "merged", false, TCP, 7, 9 }) },
	{ "the IANA ranges are sets",
	  DROP "rules:\n"
	       "  - {name: system, action: allow, ports: tcp/system dccp/system}\n"
	       "  - {name: user, action: drop, ports: tcp/user udp/user}\n"
	       "  - {name: dynamic, action: allow, ports: udp/dynamic sctp/dynamic}\n"
	       "  - {name: all, action: allow, ports: sctp/all}\n",
	  .default_drop = true,
	  SPANS({ "system", false, TCP | DCCP, 1, 1023 }, { "user", true, TCP | UDP, 1024, 49151 },
		{ "dynamic", false, UDP | SCTP, 49152, 65535 }, { "all", false, SCTP, 0, 65535 }) },
	{ "ephemeral ports are the host's own and not the dynamic ones",
	  VERSION "rules:\n"
		  "  - {name: own, action: drop, ports: tcp+udp/ephemeral}\n"
		  "  - {name: dynamic, action: allow, ports: tcp/dynamic}\n",
	  SPANS({ "own", true, TCP | UDP, 32768, 60999 },
		{ "dynamic", false, TCP, 49152, 65535 }) },
};
const size_t port_policies_count = ARRAY_SIZE(port_policies);

struct port_policy port_policy_of_all_ranges(void)
{
	static struct span spans[COMB_RULES];
	static char names[COMB_RULES][8];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, DROP "rules:\n");
	for (int i = 0; i < COMB_RULES; i++) {
		int low = i * COMB_STRIDE % COMB_RULES * COMB_STEP, high = low + COMB_TOOTH;

		snprintf(names[i], sizeof(names[i]), "r%d", i);
		fprintf(out,
			"- {name: %s, action: %s, ports: tcp+udp/%d-%d sctp/%d-%d dccp/%d-%d}\n",
			names[i], i % 3 ? "allow" : "drop", low, high, low, high, low, high);
		spans[i] =
			(struct span){ names[i], i % 3 == 0, EACH, (uint16_t)low, (uint16_t)high };
	}
	assert_int_equal(fclose(out), 0);
	return (struct port_policy){
		"as many ranges as may be are found", text, true, false, spans, COMB_RULES
	};
}

static bool is_assigned(uint32_t port, enum portsieve_transport transport)
{
	return port > 0 && port < PORTSIEVE_PORTS &&
	       registry_by_port((uint16_t)port, 1u << transport, NULL, 0) > 0;
}

/* Runs of ports that are alike; port 0 is in neither set. */
static size_t add_runs(struct span *spans, size_t count, const char *rule, bool drop,
		       enum portsieve_transport transport, bool assigned)
{
	for (uint32_t low = 1, high; low < PORTSIEVE_PORTS; low = high + 1) {
		high = low;
		if (is_assigned(low, transport) != assigned)
			continue;
		while (high + 1 < PORTSIEVE_PORTS && is_assigned(high + 1, transport) == assigned)
			high++;
		assert_true(count < REGISTRY_SPANS_MAX);
		spans[count++] =
			(struct span){ rule, drop, 1u << transport, (uint16_t)low, (uint16_t)high };
	}
	return count;
}

struct port_policy port_policy_of_registry(void)
{
	static struct span spans[REGISTRY_SPANS_MAX];
	size_t count = 0;

	count = add_runs(spans, count, "assigned", false, PORTSIEVE_TCP, true);
	count = add_runs(spans, count, "assigned", false, PORTSIEVE_SCTP, true);
	count = add_runs(spans, count, "unassigned", true, PORTSIEVE_UDP, false);
	count = add_runs(spans, count, "unassigned", true, PORTSIEVE_DCCP, false);
	return (struct port_policy){
		"assigned and unassigned ports are those of IANA's registry",
		DROP "rules:\n"
		     "  - {name: assigned, action: allow, ports: tcp/assigned sctp/assigned}\n"
		     "  - {name: unassigned, action: drop, ports: udp/unassigned "
		     "dccp/unassigned}\n",
		true,
		false,
		spans,
		count
	};
}
