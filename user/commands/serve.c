/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve serve: what the reading commands print, over HTTP. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/loaded_devices.h"
#include "host/notify.h"
#include "host/sandbox.h"
#include "host/starter.h"
#include "print/json.h"
#include "print/metrics.h"
#include "serve/alerts.h"
#include "serve/frame.h"
#include "serve/history_file.h"
#include "serve/http.h"
#include "serve/page.h"
#include "serve/question.h"
#include "serve/sampler.h"

#define DEFAULT_LISTEN "127.0.0.1:9478"

static volatile sig_atomic_t stop;
static const char *dashboard_dir; /* NULL: the page is the one built in */
static volatile sig_atomic_t reload;
static struct http_server *server;
static struct sampler sampler;
static struct alerts alerts;
static int64_t alerts_second; /* when they were looked at last */
static int starter_fd = -1;   /* of the alert command; -1: none */

/* The frames of the latest reading, by the group's place; the last one is of unknown devices. */
static struct http_frame *frames[SAMPLER_GROUPS + 1];
static uint64_t frames_number;
static struct history_file history = { .fd = -1 };
static int64_t strip_sent[SAMPLER_GROUPS + 1]; /* the second in the frames before */

static void on_signal(int number)
{
	if (number == SIGHUP)
		reload = 1;
	else
		stop = 1;
}

static unsigned int status_of(enum exit_code code)
{
	switch (code) {
	case EXIT_DONE:
	case EXIT_PARTLY:
		return 200;
	case EXIT_USAGE:
		return 400;
	case EXIT_NOT_PERMITTED:
		return 403;
	case EXIT_NOT_LOADED:
		return 404;
	default:
		return 500;
	}
}

/* Runs a command as if typed. Its errors are in its JSON. */
static unsigned int run_command(const struct http_question *question)
{
	const char *words[QUESTION_WORDS];
	enum command_changes changes;
	enum exit_code code;
	int count = 0;

	question_words(question, words);
	while (words[count])
		count++;
	code = command_main(count, (char **)words, &changes);
	json_cancel();
	return status_of(code);
}

static unsigned int print_metrics_now(bool openmetrics)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	struct error error = { 0 };

	if (loaded_snapshot_read(NULL, NULL, &snapshot, &error) && error.exit != EXIT_NOT_LOADED) {
		printf("%s\n", error.text);
		return 500;
	}
	return metrics_print(stdout, &snapshot, sampler.lost, sampler.lost_count,
			     openmetrics ? METRICS_OPENMETRICS : METRICS_PROMETHEUS)
		       ? 500
		       : 200;
}

static int64_t realtime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Prints an error as the commands do. Returns the status of HTTP. */
static unsigned int print_error(const struct error *error)
{
	json_begin(NULL);
	log_error(error);
	json_end();
	json_cancel();
	return status_of(error->exit);
}

static unsigned int print_history(const struct http_question *question)
{
	struct error error = { 0 };
	unsigned int spans;

	if (question_spans(question, &spans, &error))
		return print_error(&error);
	history_print(stdout, sampler_find(&sampler, question->query[QUERY_DEVICE]), spans,
		      realtime_ms());
	return 200;
}

static void answer_strip(const struct http_question *question, struct http_answer *ret_answer)
{
	const struct sampler_group *group = sampler_find(&sampler, question->query[QUERY_DEVICE]);
	struct error error = { 0 };
	struct strip_area area;
	uint8_t *bytes;
	int r = question_area(question, &area, &error);

	if (!r && (!group || !group->strip))
		r = error_set(&error, ENOENT, EXIT_NOT_LOADED,
			      "no packets are counted by port; to count them: portsieve upgrade "
			      "--per-port=all DEV");
	if (!r && strip_read(group->strip, &area, &bytes))
		r = error_no_memory(&error);
	if (r) {
		ret_answer->status = print_error(&error);
		return;
	}
	fwrite(bytes, area.columns, area.rows, stdout);
	free(bytes);
	ret_answer->status = 200;
	ret_answer->type = "application/octet-stream";
	snprintf(ret_answer->strip, sizeof(ret_answer->strip),
		 "{\"start\":%" PRId64 ",\"rows\":%zu,\"columns\":%zu,\"low\":%u,\"high\":%u}",
		 area.start, area.rows, area.columns, area.low, area.high);
}

static void answer_page(struct http_answer *ret_answer)
{
	const struct page *page = page_built_in();
	_cleanup_free_ char *html = NULL;
	struct error error = { 0 };
	struct page own;

	ret_answer->type = "text/html; charset=utf-8";
	ret_answer->status = 200;
	if (dashboard_dir && page_read(dashboard_dir, &own, &error)) {
		ret_answer->type = "text/plain; charset=utf-8";
		ret_answer->status = 500;
		printf("%s\n", error.text);
		return;
	}
	if (dashboard_dir) {
		html = (char *)own.html;
		page = &own;
	}
	fwrite(page->html, 1, page->size, stdout);
	strcpy(ret_answer->csp, page->csp);
}

static void answer(const struct http_question *question, struct http_answer *ret_answer)
{
	static const char *const metrics_types[] = {
		"text/plain; version=0.0.4; charset=utf-8",
		"application/openmetrics-text; version=1.0.0; charset=utf-8",
	};
	struct output_capture capture;

	ret_answer->type = "application/json";
	if (output_capture_start(&capture))
		return;
	log_mute(true);
	if (question->route == ROUTE_PAGE) {
		answer_page(ret_answer);
	} else if (question->route == ROUTE_METRICS) {
		ret_answer->type = metrics_types[question->openmetrics];
		ret_answer->status = print_metrics_now(question->openmetrics);
	} else if (question->route == ROUTE_HISTORY) {
		ret_answer->status = print_history(question);
	} else if (question->route == ROUTE_STRIP) {
		answer_strip(question, ret_answer);
	} else {
		if (question->route == ROUTE_EVENTS)
			ret_answer->type = "application/x-ndjson";
		ret_answer->status = run_command(question);
	}
	log_mute(false);
	output_capture_end(&capture, &ret_answer->body, &ret_answer->size);
}

/* Of a http_frame_fn: made when the first stream asks for it. */
static struct http_frame *frame_of(const char *device)
{
	const struct sampler_group *group = sampler_find(&sampler, device);
	size_t place = group ? (size_t)(group - sampler.list) : SAMPLER_GROUPS;
	_cleanup_free_ char *text = NULL;
	size_t size;

	if (!frames[place] &&
	    !frame_print(&sampler, group, realtime_ms(), strip_sent[place], &text, &size))
		frames[place] = http_frame_new(frames_number, text, size);
	return frames[place];
}

static void forget_frames(void)
{
	for (size_t i = 0; i <= SAMPLER_GROUPS; i++) {
		http_frame_release(frames[i]);
		frames[i] = NULL;
	}
}

/* Logs only the first of several failures in a row. */
static void keep_history(void)
{
	int r = history_file_write(&history, &sampler, realtime_ms());

	if (r && !history.has_failed)
		log_note_format("cannot write the history: %s", strerror(-r));
	history.has_failed = r != 0;
}

/* Tells the log and the alert command. */
static void tell(const struct alert_news *news)
{
	static struct alert_limit limit;
	char variables[STARTER_ORDER_MAX];
	struct error error = { 0 };
	int size;

	error_set_code(&error, WARNING_OTHER, 0, "%s: %s at %s: %s",
		       news->begins ? "alert" : "alert is over", alert_names[news->kind],
		       news->devices, news->text);
	log_warning(&error);
	if (starter_fd < 0 || !alert_may_tell(&limit, realtime_ms()))
		return;
	size = snprintf(variables, sizeof(variables),
			"PORTSIEVE_ALERT=%s%cPORTSIEVE_STATE=%s%cPORTSIEVE_DEVICES=%s%c"
			"PORTSIEVE_TEXT=%s%cPORTSIEVE_SUPPRESSED=%u",
			alert_names[news->kind], 0, news->begins ? "begin" : "end", 0,
			news->devices, 0, news->text, 0, limit.suppressed);
	if (starter_order(starter_fd, variables, (size_t)size + 1))
		limit.suppressed = 0;
	else
		limit.suppressed++;
}

static void reload_files(void)
{
	struct error error = { 0 };

	reload = 0;
	if (!server)
		return;
	if (http_reload(server, &error))
		log_error(&error);
	else
		log_note("read certificate, key and token again");
}

/*
 * Of a http_tick_fn: reads twice a second for streams, else once, at full or half seconds.
 * systemd's watchdog, if there is one, is told that the loop turns.
 */
static unsigned int tick(size_t streams)
{
	static int64_t due; /* the clock that the loop sleeps by may be faster than this one */
	int64_t interval = streams ? 500 : 1000, now = realtime_ms();

	notify_systemd("WATCHDOG=1");
	if (reload)
		reload_files();
	if (now < due && due - now <= interval)
		return (unsigned int)(due - now);
	for (size_t i = 0; i < SAMPLER_GROUPS; i++)
		strip_sent[i] = sampler.list[i].strip ? sampler.list[i].strip->second : 0;
	log_mute(true);
	sampler_read(&sampler, now);
	log_mute(false);
	if (now / 1000 != alerts_second)
		alerts_next(&alerts, &sampler, now, tell);
	alerts_second = now / 1000;
	forget_frames();
	frames_number++;
	if (now / 60000 != history.written_s / 60)
		keep_history();
	now = realtime_ms();
	due = (now / interval + 1) * interval;
	return (unsigned int)(due - now);
}

/* What must be made while the process still may: files, sockets, the other process. */
static int prepare(const struct settings *settings, struct error *error)
{
	static const struct http_calls calls = { .answer = answer,
						 .frame = frame_of,
						 .tick = tick };
	struct http_options options = {
		.listen = settings->listen,
		.socket = settings->socket,
		.insecure = settings->insecure,
		.tls_cert = settings->tls_cert,
		.tls_key = settings->tls_key,
		.token = settings->token,
	};
	int r = 0;

	dashboard_dir = settings->dashboard_dir;
	if (!options.listen && !options.socket)
		options.listen = DEFAULT_LISTEN;
	if (settings->history)
		r = history_file_open(settings->history, &history, error);
	if (!r)
		r = http_listen(&options, &calls, &server, error);
	if (!r)
		r = sandbox_drop_root(options.socket, error);
	if (!r && options.listen)
		log_note_format("serving on %s://%.*s:%u/", options.tls_cert ? "https" : "http",
				(int)(strrchr(options.listen, ':') - options.listen),
				options.listen, http_port(server));
	if (!r && options.socket)
		log_note_format("serving on %s", options.socket);
	return r;
}

static int serve_until_stopped(const struct settings *settings, struct error *error)
{
	struct sigaction stopping = { .sa_handler = on_signal };
	int r;

	sigaction(SIGTERM, &stopping, NULL);
	sigaction(SIGINT, &stopping, NULL);
	sigaction(SIGHUP, &stopping, NULL);
	signal(SIGPIPE, SIG_IGN);
	notify_systemd("READY=1");
	sandbox_limit_files(settings->socket);
	r = sandbox_limit_calls(error);
	if (r)
		return r;
	if (history.replaced)
		log_note_format("%s was of another version: the history begins anew",
				settings->history);
	history_file_read(&history, &sampler, realtime_ms());
	history.written_s = realtime_ms() / 1000;
	r = http_serve(server, &stop, error);
	keep_history();
	return r;
}

static enum exit_code serve(const struct settings *settings, struct error *error)
{
	int r = 0;

	if (settings->alert_command) {
		r = starter_start(settings->alert_command, &starter_fd, error);
		if (r || starter_fd < 0)
			return r ? error->exit : EXIT_DONE; /* the other process has ended */
	}
	r = prepare(settings, error);
	if (!r)
		r = serve_until_stopped(settings, error);
	http_free(server);
	history_file_close(&history);
	forget_frames();
	sampler_free(&sampler);
	if (starter_fd >= 0)
		close(starter_fd);
	return r ? error->exit : EXIT_DONE;
}

const struct command command_serve = {
	.name = "serve",
	.operands = "",
	.summary = "Serve the dashboard, metrics and the JSON of the reading commands over HTTP",
	.details =
		"Changes nothing, and needs no root: the group portsieve is enough. As root it "
		"becomes the user\nportsieve. It gives up capabilities and all system calls that "
		"it does not need.",
	.options = { &option_listen, &option_socket, &option_insecure, &option_history,
		     &option_dashboard_dir, &option_tls_cert, &option_tls_key, &option_token,
		     &option_alert_command },
	.run = serve,
};
