/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics in the text format of Prometheus, or as OpenMetrics. All samples of a metric must be
 * adjacent, so the devices are summed up first and then written metric by metric.
 */
#include "print/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "compile/range_order.h"
#include "datapath/counter_sum.h"
#include "datapath/device_names.h"
#include "policy/policy.h"
#include "policy/registry.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"

enum {
	PORTS_MAX = 200,			    /* bytes of the label `ports` */
	LABEL_MAX = 2 * sizeof(struct device_name), /* each character may need an escape */
};

/* The packets of one rule and protocol. */
struct rule_sum {
	const char *rule;
	enum portsieve_transport transport;
	struct portsieve_counter counter;
};

struct device_sums {
	const struct snapshot_device *device;
	char name[LABEL_MAX]; /* the device's, escaped for a label */
	struct rule_sum *rules;
	size_t count;
	uint32_t rules_shown; /* rules before this one have series */
	uint64_t omitted;     /* sums with packets beyond METRICS_RULES_MAX */
};

struct metrics {
	FILE *out;
	enum metrics_format format;
	const struct snapshot *snapshot;
	struct device_sums *devices;
	size_t count;
};

/* A device's name as a label value, with quotes and backslashes escaped. */
static void device_label(const struct datapath_device *device, char label[LABEL_MAX])
{
	struct device_name name = device_name(device);

	for (const char *at = name.text; *at; at++) {
		if (*at == '"' || *at == '\\')
			*label++ = '\\';
		*label++ = *at;
	}
	*label = '\0';
}

static int add_sum(struct device_sums *sums, const char *rule, enum portsieve_transport transport,
		   const struct portsieve_counter *counter)
{
	struct rule_sum *list;

	if (sums->count == METRICS_RULES_MAX) {
		sums->omitted += !counter_is_zero(counter);
		return 0;
	}
	list = array_room(sums->rules, sums->count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	sums->rules = list;
	list[sums->count++] =
		(struct rule_sum){ .rule = rule, .transport = transport, .counter = *counter };
	return 0;
}

/*
 * Sums up the ranges by rule and protocol, built-in ones first. The limit keeps the first sums,
 * even those without packets, so that a series once shown stays.
 */
static int sum_rules(struct device_sums *sums)
{
	const struct snapshot_device *device = sums->device;
	const struct portsieve_image *image = device->image;
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges of_rule;
	int r = 0;

	for (uint32_t id = 0; !r && id < PORTSIEVE_RANGE_DHCP; id++)
		r = add_sum(sums, range_rule_name(image, id), image->range[id].transport,
			    &device->rows[image->counter[id]]);
	while (!r && rules_walk_next(&walk, &of_rule)) {
		struct portsieve_counter of_transport[PORTSIEVE_ANY + 1] = { 0 };
		bool used[PORTSIEVE_ANY + 1] = { false };
		size_t missing = 0;

		for (uint32_t id = of_rule.first; id < of_rule.end; id++) {
			counter_add(&of_transport[image->range[id].transport],
				    &device->rows[image->counter[id]]);
			used[image->range[id].transport] = true;
		}
		for (int t = 0; !r && t <= PORTSIEVE_ANY; t++) {
			if (!used[t])
				continue;
			missing += sums->count == METRICS_RULES_MAX;
			r = add_sum(sums, image->rule[of_rule.rule].name, t, &of_transport[t]);
		}
		if (!missing)
			sums->rules_shown = of_rule.rule + 1;
	}
	return r;
}

static void begin(const struct metrics *metrics, const char *name, const char *type,
		  const char *help)
{
	bool counter = !strcmp(type, "counter");
	/* OpenMetrics declares a counter without the suffix of its samples. */
	const char *end = counter && metrics->format == METRICS_PROMETHEUS ? "_total" : "";

	fprintf(metrics->out, "# HELP portsieve_%s%s %s\n# TYPE portsieve_%s%s %s\n", name, end,
		help, name, end, type);
}

/* Writes the packets, or the bytes, of each rule. */
static void write_rules(const struct metrics *metrics, const char *name, const char *help,
			bool bytes)
{
	begin(metrics, name, "counter", help);
	for (size_t i = 0; i < metrics->count; i++) {
		const struct device_sums *sums = &metrics->devices[i];

		for (size_t j = 0; j < sums->count; j++)
			for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
				const struct rule_sum *sum = &sums->rules[j];

				if (!sum->counter.verdict[v].packets)
					continue;
				fprintf(metrics->out,
					"portsieve_%s_total{device=\"%s\",rule=\"%s\",protocol="
					"\"%s\",verdict=\"%s\"} %" PRIu64 "\n",
					name, sums->name, sum->rule, transport_name(sum->transport),
					json_verdict_keys[v],
					(uint64_t)(bytes ? sum->counter.verdict[v].bytes
							 : sum->counter.verdict[v].packets));
			}
	}
}

static void write_new_connections(const struct metrics *metrics)
{
	begin(metrics, "new_connections", "counter",
	      "TCP segments with SYN and without ACK, by rule.");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct device_sums *sums = &metrics->devices[i];

		for (size_t j = 0; j < sums->count; j++) {
			const struct rule_sum *sum = &sums->rules[j];

			if (sum->counter.new_connections)
				fprintf(metrics->out,
					"portsieve_new_connections_total{device=\"%s\",rule=\"%s\","
					"protocol=\"%s\"} %" PRIu64 "\n",
					sums->name, sum->rule, transport_name(sum->transport),
					(uint64_t)sum->counter.new_connections);
		}
	}
}

static void write_reasons(const struct metrics *metrics)
{
	begin(metrics, "reason_packets", "counter",
	      "Packets that no range of ports decided, by reason.");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct device_sums *sums = &metrics->devices[i];

		for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++)
			for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
				uint64_t packets = sums->device->rows[reason].verdict[v].packets;

				if (packets)
					fprintf(metrics->out,
						"portsieve_reason_packets_total{device=\"%s\","
						"reason=\"%s\",verdict=\"%s\"} %" PRIu64 "\n",
						sums->name, reason_name(reason),
						json_verdict_keys[v], packets);
			}
	}
}

static void write_devices(const struct metrics *metrics)
{
	begin(metrics, "device_packets", "counter",
	      "All packets of a device, those of rules that have ended or are omitted too.");
	for (size_t i = 0; i < metrics->count; i++) {
		struct portsieve_counter sum = snapshot_sum(metrics->devices[i].device);

		for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
			fprintf(metrics->out,
				"portsieve_device_packets_total{device=\"%s\",verdict=\"%s\"} "
				"%" PRIu64 "\n",
				metrics->devices[i].name, json_verdict_keys[v],
				(uint64_t)sum.verdict[v].packets);
	}
	begin(metrics, "series_omitted", "gauge",
	      "Sums of a rule and protocol that have counted packets and have no series.");
	for (size_t i = 0; i < metrics->count; i++)
		fprintf(metrics->out, "portsieve_series_omitted{device=\"%s\"} %" PRIu64 "\n",
			metrics->devices[i].name, metrics->devices[i].omitted);
	begin(metrics, "device_up", "gauge", "1: filtered; 0: its state cannot be read.");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct datapath_device *device = &metrics->devices[i].device->device;

		fprintf(metrics->out,
			"portsieve_device_up{device=\"%s\",mode=\"%s\",attach=\"%s\"} 1\n",
			metrics->devices[i].name, datapath_mode_name(device->mode),
			datapath_attach_name(device->attach));
	}
	for (size_t i = 0; i < metrics->snapshot->unreadable_count; i++) {
		char name[LABEL_MAX];

		device_label(&metrics->snapshot->unreadable[i].device, name);
		fprintf(metrics->out,
			"portsieve_device_up{device=\"%s\",mode=\"\",attach=\"\"} 0\n", name);
	}
}

static void write_policies(const struct metrics *metrics)
{
	begin(metrics, "policy_info", "gauge", "The policy in force.");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct portsieve_image *image = metrics->devices[i].device->image;
		char sha256[65];

		format_sha256(image->sha256, sha256);
		fprintf(metrics->out,
			"portsieve_policy_info{device=\"%s\",sha256=\"%s\",default=\"%s\","
			"return=\"%s\",mode=\"%s\"} 1\n",
			metrics->devices[i].name, sha256, default_words(image), return_name(image),
			image->flags & PORTSIEVE_IMAGE_MONITOR ? "monitor" : "enforce");
	}
	begin(metrics, "policy_applied_timestamp_seconds", "gauge",
	      "When the policy in force was applied.");
	for (size_t i = 0; i < metrics->count; i++)
		fprintf(metrics->out,
			"portsieve_policy_applied_timestamp_seconds{device=\"%s\"} %.3f\n",
			metrics->devices[i].name,
			(double)metrics->devices[i].device->image->applied_ns / 1e9);
	begin(metrics, "reset_timestamp_seconds", "gauge",
	      "When `stats --reset` was called; these metrics stay as they are.");
	for (size_t i = 0; i < metrics->count; i++)
		if (metrics->devices[i].device->reset)
			fprintf(metrics->out,
				"portsieve_reset_timestamp_seconds{device=\"%s\"} %.3f\n",
				metrics->devices[i].name,
				(double)metrics->devices[i].device->reset_real_ns / 1e9);
	begin(metrics, "policy_unconfirmed", "gauge",
	      "1: the policy is rolled back unless it is confirmed in time.");
	for (size_t i = 0; i < metrics->count; i++)
		fprintf(metrics->out, "portsieve_policy_unconfirmed{device=\"%s\"} %d\n",
			metrics->devices[i].name,
			snapshot_seconds_left(metrics->devices[i].device) > 0);
	begin(metrics, "return_degraded", "gauge",
	      "1: return traffic by flow, and flows may not be learned; see: portsieve status.");
	for (size_t i = 0; i < metrics->count; i++)
		fprintf(metrics->out, "portsieve_return_degraded{device=\"%s\"} %d\n",
			metrics->devices[i].name,
			snapshot_degraded(metrics->devices[i].device) != SNAPSHOT_NOT_DEGRADED);
}

/* The ranges of a rule as "tcp/80,443 udp/443"; ends in "..." if too long. "any": without ports. */
static void ports_text(const struct portsieve_image *image, const struct rule_ranges *of_rule,
		       char text[PORTS_MAX])
{
	size_t length = 0;

	text[0] = '\0';
	if (image->range[of_rule->first].transport == PORTSIEVE_ANY) {
		strcpy(text, transport_name(PORTSIEVE_ANY));
		return;
	}
	for (uint32_t id = of_rule->first; id < of_rule->end; id++) {
		const struct portsieve_range *range = &image->range[id];
		bool follows =
			id > of_rule->first && image->range[id - 1].transport == range->transport;
		char ports[16], item[32];

		format_ports(range->low, range->high, ports);
		if (follows)
			snprintf(item, sizeof(item), ",%s", ports);
		else
			snprintf(item, sizeof(item), "%s%s/%s", length ? " " : "",
				 transport_name(range->transport), ports);
		if (length + strlen(item) + sizeof("...") > PORTS_MAX) {
			strcpy(text + length, "...");
			return;
		}
		length = stpcpy(text + length, item) - text;
	}
}

static void write_rule_info(const struct metrics *metrics)
{
	begin(metrics, "rule_info", "gauge", "The rules of the policy in force.");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct portsieve_image *image = metrics->devices[i].device->image;
		struct rules_walk walk = rules_walk_begin(image);
		struct rule_ranges of_rule;

		while (rules_walk_next(&walk, &of_rule) &&
		       of_rule.rule < metrics->devices[i].rules_shown) {
			const struct portsieve_rule *rule = &image->rule[of_rule.rule];
			char ports[PORTS_MAX];

			ports_text(image, &of_rule, ports);
			fprintf(metrics->out,
				"portsieve_rule_info{device=\"%s\",rule=\"%s\",action=\"%s\",ports="
				"\"%s\"} 1\n",
				metrics->devices[i].name, rule->name,
				action_words(rule->drop, rule->monitor), ports);
		}
	}
}

static void write_build(const struct metrics *metrics)
{
	begin(metrics, "build_info", "gauge", "The program that wrote these metrics.");
	fprintf(metrics->out,
		"portsieve_build_info{version=\"%s\",libbpf=\"%s\",libxdp=\"%s\",registry=\"%s\"} "
		"1\n",
		PORTSIEVE_VERSION, datapath_libbpf_version(), datapath_libxdp_version(),
		registry_date());
}

static void metrics_free(struct metrics *metrics)
{
	for (size_t i = 0; metrics->devices && i < metrics->count; i++)
		free(metrics->devices[i].rules);
	free(metrics->devices);
}

static void write_lost(const struct metrics *metrics, const struct metrics_lost *lost, size_t count)
{
	if (!lost)
		return;
	begin(metrics, "events_lost", "counter",
	      "Recorded packets that serve has not seen: overwritten before it read them.");
	for (size_t i = 0; i < metrics->count; i++)
		for (size_t j = 0; j < count; j++)
			if (lost[j].ifindex == metrics->devices[i].device->device.ifindex)
				fprintf(metrics->out,
					"portsieve_events_lost_total{device=\"%s\"} %" PRIu64 "\n",
					metrics->devices[i].name, lost[j].events);
}

int metrics_print(FILE *out, const struct snapshot *snapshot, const struct metrics_lost *lost,
		  size_t lost_count, enum metrics_format format)
{
	__attribute__((cleanup(metrics_free))) struct metrics metrics = {
		.out = out,
		.format = format,
		.snapshot = snapshot,
		.devices = calloc(snapshot->count + 1, sizeof(struct device_sums)),
		.count = snapshot->count,
	};

	if (!metrics.devices)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->count; i++) {
		struct device_sums *sums = &metrics.devices[i];
		int r;

		sums->device = &snapshot->devices[i];
		device_label(&sums->device->device, sums->name);
		r = sum_rules(sums);
		if (r)
			return r;
	}
	write_rules(&metrics, "packets", "Packets by the rule that decided.", false);
	write_rules(&metrics, "bytes", "Bytes of these packets, from the Ethernet header on.",
		    true);
	write_new_connections(&metrics);
	write_reasons(&metrics);
	write_devices(&metrics);
	write_lost(&metrics, lost, lost_count);
	write_policies(&metrics);
	write_rule_info(&metrics);
	write_build(&metrics);
	if (format == METRICS_OPENMETRICS)
		fprintf(out, "# EOF\n");
	return 0;
}
