/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the difference of two readings of a device, which counts by port in between. */
#include "control/seen_ports.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "analysis/drift.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "control/loaded_devices.h"
#include "datapath/port_counts.h"
#include "datapath/snapshot.h"
#include "host/host.h"
#include "print/reason.h"

/* The device at one time. */
struct reading {
	struct snapshot snapshot; /* of one device */
	struct port_counts *ports;
};

static void reading_free(struct reading *reading)
{
	snapshot_free(&reading->snapshot);
	free(reading->ports);
}

#define _cleanup_reading_ __attribute__((cleanup(reading_free)))

/*
 * Blocks the signals that would end the process, except ignored ones, so that they only arrive
 * while it waits for them. *ret_signals: those signals; *ret_before: the previous mask.
 */
static void block_signals(sigset_t *ret_signals, sigset_t *ret_before)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	sigemptyset(ret_signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (!sigaction(numbers[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(ret_signals, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, ret_signals, ret_before);
}

/* Waits for `seconds` or until one of the signals arrives. Returns whether one did. */
static bool wait_for(uint32_t seconds, const sigset_t *signals)
{
	uint64_t until_ns = boottime_ns() + seconds * SECOND_NS, now_ns;

	while ((now_ns = boottime_ns()) < until_ns) {
		uint64_t left_ns = until_ns - now_ns;
		struct timespec left = { (time_t)(left_ns / SECOND_NS),
					 (long)(left_ns % SECOND_NS) };

		if (sigtimedwait(signals, NULL, &left) > 0)
			return true;
	}
	return false;
}

static int read_device(const char *device, struct reading *ret_reading, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_reading_ struct reading reading = { 0 };
	int r = loaded_snapshot_read(device, NULL, &reading.snapshot, error);

	if (!r && !reading.snapshot.count) {
		*error = reading.snapshot.unreadable[0].error;
		r = -EUCLEAN;
	}
	if (!r)
		r = datapath_open(DATAPATH_READ, NULL, &datapath, error);
	if (!r)
		r = port_counts_read(&datapath, &reading.snapshot.devices[0].device, &reading.ports,
				     error);
	if (r)
		return r;
	*ret_reading = reading;
	reading = (struct reading){ 0 };
	return 0;
}

/* Sets how the device counts by port; *ret_before is the previous setting. */
static int set_per_port(const char *name, enum datapath_per_port per_port,
			enum datapath_per_port *ret_before, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_free_ struct datapath_device *device = NULL;
	const struct datapath_watch watch = { per_port, DATAPATH_EVENTS_KEEP };
	size_t count;
	int r = datapath_open(DATAPATH_WRITE, log_note, &datapath, error);

	if (!r)
		r = loaded_devices_find(&datapath, &name, 1, &device, &count, error);
	if (!r)
		r = datapath_refuse_broken(device, error);
	if (r)
		return r;
	*ret_before = device->per_port;
	if (device->per_port == per_port)
		return 0;
	return datapath_upgrade(&datapath, device, &watch, error);
}

/* The increase of a counter; its whole value if it fell. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static uint64_t port_since(const struct reading *before, const struct reading *after, int transport,
			   enum portsieve_verdict verdict, unsigned int port)
{
	return since(after->ports->packets[transport][verdict][port],
		     before->ports->packets[transport][verdict][port]);
}

static int list_ports(const struct reading *before, const struct reading *after, struct seen *seen)
{
	const struct snapshot_device *device = &after->snapshot.devices[0];
	struct drift_policy policy = { .image = device->image, .now_ns = device->read_ns };
	struct host_settings host = host_settings_read();

	for (int t = 0; t < PORTSIEVE_PORT_TRANSPORTS; t++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint64_t passed = port_since(before, after, t, PORTSIEVE_PASSED, port);
			struct seen_port seen_port = {
				.port = (uint16_t)port,
				.transport = (uint8_t)t,
				.ephemeral =
					port >= host.ephemeral_low && port <= host.ephemeral_high,
				.would_drop =
					port_since(before, after, t, PORTSIEVE_WOULD_DROP, port),
				.dropped = port_since(before, after, t, PORTSIEVE_DROPPED, port),
			};
			struct seen_port *ports;
			uint32_t range;

			if (!passed && !seen_port.would_drop && !seen_port.dropped)
				continue;
			if (drift_port_find(&policy, t, (uint16_t)port, &range) ==
			    DRIFT_PORT_ALLOWED) {
				seen_port.passed = passed;
				seen_port.named = range >= PORTSIEVE_RANGE_RULES;
			} else {
				seen_port.answers = passed;
			}
			ports = array_room(seen->ports, seen->count, sizeof(*ports));
			if (!ports)
				return -ENOMEM;
			seen->ports = ports;
			ports[seen->count++] = seen_port;
		}
	return 0;
}

static uint64_t not_dropped(const struct portsieve_counter *now,
			    const struct portsieve_counter *before)
{
	uint64_t sum = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		if (v != PORTSIEVE_DROPPED)
			sum += since(now->verdict[v].packets, before->verdict[v].packets);
	return sum;
}

static void count_rows(const struct reading *before, const struct reading *after, struct seen *seen)
{
	const struct snapshot_device *now = &after->snapshot.devices[0],
				     *old = &before->snapshot.devices[0];

	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		bool icmp = reason == PORTSIEVE_ICMP || reason == PORTSIEVE_ICMPV6;

		seen->reasons[reason] =
			icmp ? since(now->rows[reason].verdict[PORTSIEVE_WOULD_DROP].packets,
				     old->rows[reason].verdict[PORTSIEVE_WOULD_DROP].packets)
			     : not_dropped(&now->rows[reason], &old->rows[reason]);
	}
	/* If the policy changed, rows belong to other ranges. */
	for (uint32_t id = 0;
	     id < now->image->ranges && now->image->applied_ns == old->image->applied_ns; id++) {
		uint32_t row = now->image->counter[id];
		unsigned int transport = now->image->range[id].transport;

		if (id != PORTSIEVE_RANGE_DHCP && transport >= PORTSIEVE_PORT_TRANSPORTS &&
		    transport < PORTSIEVE_TRANSPORTS)
			seen->uncounted[transport] += not_dropped(&now->rows[row], &old->rows[row]);
	}
}

/* Compares the readings, unless counting restarted in between. */
static int compare(const char *device, const struct reading *before, const struct reading *after,
		   struct seen *seen, struct error *error)
{
	const struct portsieve_image *now = after->snapshot.devices[0].image,
				     *old = before->snapshot.devices[0].image;

	if (!before->ports || !after->ports || before->ports->per_port != DATAPATH_PER_PORT_ALL ||
	    after->ports->per_port != DATAPATH_PER_PORT_ALL ||
	    before->ports->since_s != after->ports->since_s)
		return error_set(error, EAGAIN, EXIT_FAILED,
				 "%s no longer counts by port as it did when counting began; try "
				 "again",
				 device);
	if (now->applied_ns != old->applied_ns)
		log_note_format("the policy of %s changed during the count: what passed before is "
				"judged by the new one",
				device);
	if (list_ports(before, after, seen))
		return error_no_memory(error);
	count_rows(before, after, seen);
	seen->returns = now->flags & PORTSIEVE_IMAGE_RETURNS && !return_is_auto(now)
				? return_name(now)
				: "auto";
	return 0;
}

static int count(const char *device, const sigset_t *signals, struct seen *seen,
		 struct error *error)
{
	_cleanup_reading_ struct reading before = { 0 }, after = { 0 };
	uint64_t began_ns = boottime_ns();
	int r = read_device(device, &before, error);

	if (r)
		return r;
	log_note_format("counting by port on %s for %s; Ctrl-C to stop", device,
			duration_print(seen->seconds).text);
	if (wait_for(seen->seconds, signals))
		return error_set(error, EINTR, EXIT_FAILED,
				 "interrupted after %s of %s: no policy is printed",
				 duration_print((boottime_ns() - began_ns) / SECOND_NS).text,
				 duration_print(seen->seconds).text);
	r = read_device(device, &after, error);
	return r ?: compare(device, &before, &after, seen, error);
}

int seen_ports_count(const char *device, uint32_t seconds, struct seen *ret_seen,
		     struct error *error)
{
	struct seen seen = { .device = device, .seconds = seconds };
	enum datapath_per_port before = DATAPATH_PER_PORT_KEEP, ignored;
	sigset_t signals, signals_before;
	struct error back_error = { .exit = EXIT_FAILED };
	int r, back = 0;

	block_signals(&signals, &signals_before);
	r = set_per_port(device, DATAPATH_PER_PORT_ALL, &before, error);
	if (!r) {
		r = count(device, &signals, &seen, error);
		if (before != DATAPATH_PER_PORT_ALL)
			back = set_per_port(device, before, &ignored, &back_error);
	}
	sigprocmask(SIG_SETMASK, &signals_before, NULL);
	/* A device that was unloaded needs no reset. */
	if (back && back_error.exit != EXIT_NOT_LOADED)
		log_note_format("%s still counts all packets by port: %s; to end that: portsieve "
				"upgrade %s --per-port=%s",
				device, back_error.text, device, datapath_per_port_name(before));
	if (r) {
		free(seen.ports);
		return r;
	}
	*ret_seen = seen;
	return 0;
}
