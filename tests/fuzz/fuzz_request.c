/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a request of serve: which of its sockets, then method, path, Host, Origin, Accept,
 * Authorization, cookie and the values of the query, each up to a newline. The real handler
 * (serve/http.c) is called as libmicrohttpd calls it, and its answers go through what reads the
 * queries: words of commands, areas of the strip, packets of explain, ports of registry. Whoever
 * may not ask is refused, and nothing from a client gets into a header.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/command.h"
#include "packet/text.h"
#include "print/services.h"
#include "serve/access.h"
#include "serve/microhttpd.h"
#include "serve/question.h"

#define TOKEN "0123456789abcdef"

enum field {
	FIELD_METHOD,
	FIELD_PATH,
	FIELD_HOST,
	FIELD_ORIGIN,
	FIELD_ACCEPT,
	FIELD_AUTHORIZATION,
	FIELD_COOKIE,
	FIELD_QUERY,
	FIELDS = FIELD_QUERY + QUERIES,
};

/* The sockets: the loopback's, a Unix socket, and the same with a token and any host. */
enum { SOCKETS = 4, SOCKET_UNIX = 1, SOCKET_TOKEN = 2, SOCKET_TOKEN_UNIX = 3 };

struct MHD_Response {
	char *body;
	size_t users;
	MHD_ContentReaderCallback read;
	MHD_ContentReaderFreeCallback end;
	void *context;
	bool has_cookie;
};

struct microhttpd mhd;
extern const struct command command_registry;
const struct option_row option_json;

static struct {
	MHD_AccessHandlerCallback handle;
	void *context;
} sockets[SOCKETS];
static size_t sockets_count;
static const char *fields[FIELDS];
static unsigned int status;	/* of the answer; 0: none yet */
static bool has_cookie;		/* it sets the cookie */
static struct access access_of; /* of the token */

static void expect(bool is_true)
{
	if (!is_true)
		abort();
}

/* ---- in place of libmicrohttpd ---- */

static const char *lookup(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			  const char *name)
{
	static const char *const names[] = {
		[FIELD_HOST] = "Host",
		[FIELD_ORIGIN] = "Origin",
		[FIELD_ACCEPT] = "Accept",
		[FIELD_AUTHORIZATION] = "Authorization",
	};

	(void)connection;
	if (kind == MHD_COOKIE_KIND)
		return strcmp(name, ACCESS_COOKIE) ? NULL : fields[FIELD_COOKIE];
	for (size_t i = FIELD_HOST; i <= FIELD_AUTHORIZATION && kind == MHD_HEADER_KIND; i++)
		if (!strcasecmp(name, names[i]))
			return fields[i];
	for (size_t i = 0; i < QUERIES && kind == MHD_GET_ARGUMENT_KIND; i++)
		if (!strcmp(name, query_names[i]))
			return fields[FIELD_QUERY + i];
	return NULL;
}

static struct MHD_Response *from_buffer(size_t size, void *body, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = calloc(1, sizeof(*response));

	(void)size;
	expect(mode == MHD_RESPMEM_MUST_FREE);
	*response = (struct MHD_Response){ .body = body, .users = 1 };
	return response;
}

static struct MHD_Response *from_callback(uint64_t size, size_t block,
					  MHD_ContentReaderCallback read, void *context,
					  MHD_ContentReaderFreeCallback end)
{
	struct MHD_Response *response = calloc(1, sizeof(*response));

	expect(size == MHD_SIZE_UNKNOWN && block);
	*response =
		(struct MHD_Response){ .users = 1, .read = read, .end = end, .context = context };
	return response;
}

static enum MHD_Result add_header(struct MHD_Response *response, const char *name,
				  const char *value)
{
	for (const char *at = value; *at; at++)
		expect(*at >= ' ' && *at <= '~');
	response->has_cookie |= !strcasecmp(name, "Set-Cookie");
	return MHD_YES;
}

static void destroy(struct MHD_Response *response)
{
	if (--response->users)
		return;
	if (response->end)
		response->end(response->context);
	free(response->body);
	free(response);
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned int code,
			     struct MHD_Response *response)
{
	char block[1000];
	ssize_t read = 1;

	(void)connection;
	expect(!status);
	status = code;
	has_cookie = response->has_cookie;
	response->users++;
	while (response->read && read > 0)
		read = response->read(response->context, 0, block, sizeof(block));
	destroy(response);
	return MHD_YES;
}

static const union MHD_ConnectionInfo *connection_info(struct MHD_Connection *connection,
						       enum MHD_ConnectionInfoType type, ...)
{
	static union MHD_ConnectionInfo none;

	(void)connection;
	(void)type;
	return &none;
}

static void ignore(struct MHD_Connection *connection)
{
	(void)connection;
}

static struct MHD_Daemon *start(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept,
				void *accept_context, MHD_AccessHandlerCallback handle,
				void *context, ...)
{
	(void)flags;
	(void)port;
	(void)accept;
	(void)accept_context;
	sockets[sockets_count].handle = handle;
	sockets[sockets_count++].context = context;
	return (struct MHD_Daemon *)&mhd;
}

int microhttpd_load(struct error *error)
{
	(void)error;
	mhd.lookup_connection_value = lookup;
	mhd.create_response_from_buffer = from_buffer;
	mhd.create_response_from_callback = from_callback;
	mhd.add_response_header = add_header;
	mhd.destroy_response = destroy;
	mhd.queue_response = queue;
	mhd.get_connection_info = connection_info;
	mhd.suspend_connection = ignore;
	mhd.resume_connection = ignore;
	mhd.start_daemon = start;
	return 0;
}

/* ---- in place of what prints ---- */

static int take_services(const struct registry_service *const *services, size_t count)
{
	expect(count);
	for (size_t i = 0; i < count; i++)
		expect(services[i]->low <= services[i]->high);
	return 0;
}

int print_services_json(const struct registry_service *const *services, size_t count)
{
	return take_services(services, count);
}

int print_services_text(const struct registry_service *const *services, size_t count)
{
	return take_services(services, count);
}

/* ---- answers ---- */

static void ask_command(const struct http_question *question)
{
	const char *words[QUESTION_WORDS], *last = NULL;
	uint8_t frame[PACKET_FRAME_MAX];
	struct error error = { 0 };
	size_t length, count = 0;

	question_words(question, words);
	for (; words[count]; count++)
		last = words[count];
	expect(count >= 3 && count < QUESTION_WORDS && !strcmp(words[0], "portsieve"));
	for (size_t i = 0; i < count; i++) {
		bool is_device = words[i] == question->query[QUERY_DEVICE];
		bool is_operand = words[i] == question->query[QUERY_PACKET] ||
				  words[i] == question->query[QUERY_PORTS];

		expect(!is_device || !strcmp(words[i - 1], "--dev"));
		expect(!is_operand || !strcmp(words[i - 1], "--"));
	}
	if (question->route == ROUTE_EXPLAIN && !packet_text_frame(last, frame, &length, &error))
		expect(length >= 14 && length <= PACKET_FRAME_MAX);
	if (question->route == ROUTE_REGISTRY) {
		struct settings settings = { .operands = &last, .json = true };

		command_registry.run(&settings, &error);
	}
	expect(strlen(error.text) < sizeof(error.text));
}

static struct strip *strip_by_hand(void)
{
	static struct strip *strip;
	static size_t full_bytes;
	static struct port_counts counts;

	for (int second = 1; !strip || second < 5; second++) {
		if (!strip)
			strip = strip_new(&full_bytes);
		if (strip->second >= second)
			break;
		counts.packets[second % 2][second % 3][second * 16001 % 65536] += (unsigned)second;
		strip_add(strip, second, 1, &counts);
	}
	return strip;
}

static void ask_strip(const struct http_question *question)
{
	struct strip_area area;
	struct error error = { 0 };
	uint8_t *bytes;

	if (question_area(question, &area, &error))
		return;
	expect(area.low <= area.high && area.since >= 0 && area.plane < STRIP_ALL_PLANES);
	expect(!strip_read(strip_by_hand(), &area, &bytes));
	expect(area.rows <= STRIP_SECONDS && area.columns <= STRIP_COLUMNS);
	expect(!area.rows || area.start > area.since);
	for (size_t i = 0; i < area.rows * area.columns; i++)
		expect(bytes[i] < 100); /* reads each byte: few packets came */
	free(bytes);
}

static void answer(const struct http_question *question, struct http_answer *ret_answer)
{
	struct error error = { 0 };
	unsigned int spans;

	*ret_answer = (struct http_answer){
		.status = 200, .type = "application/json", .body = strdup("{}"), .size = 2
	};
	if (question->route == ROUTE_STRIP)
		ask_strip(question);
	else if (question->route == ROUTE_HISTORY)
		question_spans(question, &spans, &error);
	else if (question->route != ROUTE_PAGE && question->route != ROUTE_METRICS)
		ask_command(question);
}

static struct http_frame *frame_of(const char *device)
{
	static struct http_frame *frame;

	(void)device;
	if (!frame)
		frame = http_frame_new(1, "{}", 2);
	return frame;
}

static void listen_at(struct http_options *options)
{
	static const struct http_calls calls = { .answer = answer, .frame = frame_of };
	struct http_server *server;
	struct error error = { 0 };

	if (http_listen(options, &calls, &server, &error)) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	unlink(options->socket);
}

static void start_servers(void)
{
	char folder[] = "/tmp/fuzz_http.XXXXXX", token[64], socket[64];
	struct http_options options = { .listen = "127.0.0.1:0", .socket = socket };
	struct error error = { 0 };
	FILE *file;

	expect(mkdtemp(folder));
	snprintf(token, sizeof(token), "%s/token", folder);
	snprintf(socket, sizeof(socket), "%s/socket", folder);
	umask(077);
	file = fopen(token, "w");
	expect(file && fputs(TOKEN "\n", file) > 0 && !fclose(file));
	listen_at(&options);
	expect(!access_read(token, &access_of, &error));
	options.token = token;
	options.insecure = true;
	listen_at(&options);
	expect(sockets_count == SOCKETS);
	unlink(token);
	rmdir(folder);
}

/* Is the host one of the loopback's names, with or without a port? */
static bool is_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; host && i < 3; i++) {
		const char *rest = host + strlen(names[i]);
		int port_bytes = 0;

		if (strncasecmp(host, names[i], strlen(names[i])))
			continue;
		if (!*rest || (sscanf(rest, ":%*5[0-9]%n", &port_bytes) == 0 && port_bytes &&
			       !rest[port_bytes]))
			return true;
	}
	return false;
}

static bool has_shown_token(void)
{
	const char *authorization = fields[FIELD_AUTHORIZATION], *cookie = fields[FIELD_COOKIE];

	return (authorization && !strncasecmp(authorization, "Bearer ", 7) &&
		!strcmp(authorization + 7, TOKEN)) ||
	       (cookie && !strcmp(cookie, access_of.cookie) &&
		strcmp(fields[FIELD_PATH], "/api/session"));
}

static void judge(int at)
{
	const char *method = fields[FIELD_METHOD], *path = fields[FIELD_PATH];
	bool is_get = !strcmp(method, "GET") || !strcmp(method, "HEAD");

	expect(is_get || status == 405);
	expect(!has_cookie ||
	       (status == 204 && at >= SOCKET_TOKEN && !strcmp(path, "/api/session")));
	if (status != 200 && status != 204)
		return;
	/* something was told */
	expect(is_get);
	if (at == 0)
		expect(is_loopback(fields[FIELD_HOST]));
	if (fields[FIELD_ORIGIN])
		expect(fields[FIELD_HOST] && !strncmp(fields[FIELD_ORIGIN], "http://", 7) &&
		       !strcasecmp(fields[FIELD_ORIGIN] + 7, fields[FIELD_HOST]));
	if (at == SOCKET_TOKEN)
		expect(has_shown_token() || !strcmp(path, "/"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *rest;
	size_t upload_size = 0;
	void *state = NULL;
	int at;

	if (!sockets_count)
		start_servers();
	if (!size)
		return 0;
	at = data[0] % SOCKETS;
	text = strndup((const char *)data + 1, size - 1);
	rest = text;
	for (size_t i = 0; i < FIELDS; i++) {
		const char *field = rest ? strsep(&rest, "\n") : NULL;

		fields[i] = field && *field == '\x01' ? NULL : field; /* absent */
	}
	fields[FIELD_METHOD] = fields[FIELD_METHOD] ?: "GET";
	fields[FIELD_PATH] = fields[FIELD_PATH] ?: "/";
	if (fields[FIELD_COOKIE] && !strcmp(fields[FIELD_COOKIE], "C"))
		fields[FIELD_COOKIE] = access_of.cookie; /* a digest, which no fuzzer finds */
	status = 0;
	has_cookie = false;
	for (int call = 0; call < 2 && !status; call++)
		expect(sockets[at].handle(sockets[at].context, NULL, fields[FIELD_PATH],
					  fields[FIELD_METHOD], "HTTP/1.1", NULL, &upload_size,
					  &state) == MHD_YES);
	expect(status >= 200);
	judge(at);
	free(text);
	return 0;
}
