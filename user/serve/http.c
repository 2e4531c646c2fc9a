/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server on libmicrohttpd: one thread, one poll over an epoll descriptor for each socket.
 * Answers are made at once, from maps, and kept for half a second: a client that asks faster costs
 * a copy. A stream is suspended until there is a frame that it has not sent.
 */
#include "serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "serve/access.h"
#include "serve/microhttpd.h"

enum {
	SOCKETS_MAX = 2,
	CONNECTIONS_MAX = HTTP_STREAMS_MAX + 524, /* of each socket */
	OTHER_FILES = 64,			  /* open for other purposes */
	IDLE_SECONDS = 10,
	REQUEST_SECONDS = 15, /* for sending a whole request */
	SWEEP_MS = 200,
	CONNECTION_BYTES = 8192, /* request line and headers; more: 431 */
	SEND_BYTES = 16384,	 /* send buffer in the kernel, for slow clients */
	KEPT_MAX = 16,
	KEPT_NS = 500000000,
	KEY_MAX = 512, /* of a kept answer */
	PEM_MAX = 65536,
};

/* An answer made less than KEPT_NS ago. */
struct kept {
	char key[KEY_MAX];
	uint64_t made_ns;
	unsigned int status;
	struct MHD_Response *response;
};

struct http_socket {
	struct http_server *server;
	struct MHD_Daemon *daemon;
	int fd;	       /* the listening socket, owned by the daemon */
	bool is_local; /* a Unix socket: its mode decides who may connect */
};

/* A connection. */
struct client {
	int fd;
	bool is_busy;	   /* has sent a request and not received the whole answer */
	uint64_t since_ns; /* when it connected or received its last answer */
	struct client *next, *previous;
};

struct stream {
	struct http_server *server;
	struct MHD_Connection *connection;
	const struct http_socket *socket;
	char *device;		  /* from the query, or NULL */
	struct http_frame *frame; /* being sent, or NULL */
	size_t sent;		  /* bytes of it sent */
	uint64_t number;	  /* of the last frame begun */
	bool is_suspended;
	struct stream *next, *previous;
};

struct http_server {
	struct http_options options;
	struct http_calls calls;
	struct access access;
	struct client *clients;
	struct stream *streams;
	size_t streams_count;
	const struct http_socket *stopping; /* its streams are to end */
	unsigned int port;
	bool is_loopback; /* `listen` is a loopback address */
	struct http_socket sockets[SOCKETS_MAX];
	size_t count;
	struct kept kept[KEPT_MAX];
};

static const char *const headers[][2] = {
	{ "Cache-Control", "no-store" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Content-Type-Options", "nosniff" },
};

static void add_headers(struct MHD_Response *response, const char *type, const char *csp)
{
	mhd.add_response_header(response, "Content-Security-Policy",
				csp && *csp ? csp : "default-src 'none'; frame-ancestors 'none'");
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		mhd.add_response_header(response, headers[i][0], headers[i][1]);
}

/* Takes over the body, which is freed with the response. NULL: out of memory. */
static struct MHD_Response *response_of(char *body, size_t size, const char *type, const char *csp)
{
	struct MHD_Response *response =
		body ? mhd.create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE) : NULL;

	if (!response) {
		free(body);
		return NULL;
	}
	add_headers(response, type, csp);
	return response;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned int status,
				 const char *text)
{
	struct MHD_Response *response =
		response_of(strdup(text), strlen(text), "text/plain; charset=utf-8", NULL);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (status == MHD_HTTP_UNAUTHORIZED)
		mhd.add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	result = mhd.queue_response(connection, status, response);
	mhd.destroy_response(response);
	return result;
}

static void forget(struct kept *kept)
{
	if (kept->response)
		mhd.destroy_response(kept->response);
	*kept = (struct kept){ 0 };
}

/* Returns the kept answer, or an empty place for one, evicting the oldest. */
static struct kept *find_kept(struct http_server *server, const char *key)
{
	struct kept *oldest = &server->kept[0];
	uint64_t now = boottime_ns();

	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *kept = &server->kept[i];

		if (kept->response && now - kept->made_ns >= KEPT_NS)
			forget(kept);
		if (kept->response && !strcmp(kept->key, key))
			return kept;
		if (!kept->response || (oldest->response && kept->made_ns < oldest->made_ns))
			oldest = kept;
	}
	forget(oldest);
	return oldest;
}

/* ---- connections ---- */

static struct client *client_of(struct MHD_Connection *connection)
{
	return mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* MHD_NotifyConnectionCallback. If out of memory, the connection is not watched. */
static void take_client(void *context, struct MHD_Connection *connection, void **socket_context,
			enum MHD_ConnectionNotificationCode what)
{
	struct http_socket *socket = context;
	struct client *client = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		client = calloc(1, sizeof(*client));
		if (!client)
			return;
		*socket_context = client;
		client->fd = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				     ->connect_fd;
		client->since_ns = boottime_ns();
		client->next = socket->server->clients;
		if (client->next)
			client->next->previous = client;
		socket->server->clients = client;
	} else if (client) {
		if (client->previous)
			client->previous->next = client->next;
		else
			socket->server->clients = client->next;
		if (client->next)
			client->next->previous = client->previous;
		free(client);
	}
}

/* MHD_RequestCompletedCallback. */
static void end_request(void *context, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode why)
{
	struct client *client = client_of(connection);

	(void)context;
	(void)state;
	(void)why;
	if (client) {
		client->is_busy = false;
		client->since_ns = boottime_ns();
	}
}

/*
 * Ends connections that libmicrohttpd would keep: those of clients that closed while it read their
 * last bytes (its epoll is edge-triggered, and it takes a short read for the end), and those that
 * send a request so slowly that they are never idle.
 */
static void sweep_clients(struct http_server *server)
{
	uint64_t now = boottime_ns();

	for (struct client *client = server->clients; client; client = client->next) {
		struct pollfd poll_fd = { .fd = client->fd, .events = POLLRDHUP };
		int unread = 0;
		bool slow = now - client->since_ns > REQUEST_SECONDS * SECOND_NS;
		bool gone = !slow && poll(&poll_fd, 1, 0) > 0 &&
			    !ioctl(client->fd, FIONREAD, &unread) && !unread;

		if (!client->is_busy && (slow || gone))
			shutdown(client->fd, SHUT_RDWR);
	}
}

/* ---- streams ---- */

struct http_frame *http_frame_new(uint64_t number, const char *json, size_t size)
{
	struct http_frame *frame = malloc(sizeof(*frame) + size + 96);
	int head;

	if (!frame)
		return NULL;
	head = sprintf(frame->text, "id: %" PRIu64 "\nevent: frame\ndata: ", number);
	memcpy(frame->text + head, json, size);
	memcpy(frame->text + head + size, "\n\n", 2);
	frame->users = 1;
	frame->number = number;
	frame->size = (size_t)head + size + 2;
	return frame;
}

void http_frame_release(struct http_frame *frame)
{
	if (frame && !--frame->users)
		free(frame);
}

/* Starts the latest frame; false: it was already sent. */
static bool begin_frame(struct stream *stream)
{
	struct http_frame *frame = stream->server->calls.frame(stream->device);

	if (!frame || frame->number == stream->number)
		return false;
	frame->users++;
	stream->frame = frame;
	stream->number = frame->number;
	stream->sent = 0;
	return true;
}

/* MHD_ContentReaderCallback: writes what there is, or suspends the connection. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
	struct stream *stream = context;
	size_t left;

	(void)position;
	if (stream->server->stopping == stream->socket)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!stream->frame && !begin_frame(stream)) {
		stream->is_suspended = true;
		mhd.suspend_connection(stream->connection);
		return 0;
	}
	left = stream->frame->size - stream->sent;
	if (left < size)
		size = left;
	memcpy(buffer, stream->frame->text + stream->sent, size);
	stream->sent += size;
	if (size == left) {
		http_frame_release(stream->frame);
		stream->frame = NULL;
	}
	return (ssize_t)size;
}

static void end_stream(void *context)
{
	struct stream *stream = context;

	if (stream->previous)
		stream->previous->next = stream->next;
	else
		stream->server->streams = stream->next;
	if (stream->next)
		stream->next->previous = stream->previous;
	stream->server->streams_count--;
	http_frame_release(stream->frame);
	free(stream->device);
	free(stream);
}

static void resume_streams(struct http_server *server)
{
	for (struct stream *stream = server->streams; stream; stream = stream->next)
		if (stream->is_suspended) {
			stream->is_suspended = false;
			mhd.resume_connection(stream->connection);
		}
}

static enum MHD_Result send_stream(const struct http_socket *socket,
				   struct MHD_Connection *connection, const char *device)
{
	struct http_server *server = socket->server;
	struct MHD_Response *response;
	struct stream *stream;
	enum MHD_Result result;

	if (server->streams_count >= HTTP_STREAMS_MAX)
		return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "There are too many streams already.\n");
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return MHD_NO;
	*stream = (struct stream){
		.server = server,
		.connection = connection,
		.socket = socket,
		.device = device ? strdup(device) : NULL,
	};
	response = device && !stream->device
			   ? NULL
			   : mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_stream,
							       stream, end_stream);
	if (!response) {
		free(stream->device);
		free(stream);
		return MHD_NO;
	}
	stream->next = server->streams;
	if (stream->next)
		stream->next->previous = stream;
	server->streams = stream;
	server->streams_count++;
	add_headers(response, "text/event-stream", NULL);
	result = mhd.queue_response(connection, MHD_HTTP_OK, response);
	mhd.destroy_response(response);
	return result;
}

/* ---- requests ---- */

static enum MHD_Result send_answer(struct http_server *server, struct MHD_Connection *connection,
				   const struct http_question *question)
{
	struct http_answer answer = { 0 };
	struct kept *kept;
	char key[KEY_MAX];
	size_t length =
		(size_t)snprintf(key, sizeof(key), "%d %d", question->route, question->openmetrics);

	for (size_t i = 0; i < QUERIES; i++) {
		length += (size_t)snprintf(key + length, sizeof(key) - length, "\n%s%s",
					   question->query[i] ? "=" : "", question->query[i] ?: "");
		if (length >= sizeof(key))
			return send_text(connection, MHD_HTTP_URI_TOO_LONG,
					 "The query is too long.\n");
	}
	kept = find_kept(server, key);
	if (!kept->response) {
		server->calls.answer(question, &answer);
		kept->response = response_of(answer.body, answer.size, answer.type, answer.csp);
		if (!kept->response)
			return send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
					 "Not enough memory.\n");
		if (answer.strip[0])
			mhd.add_response_header(kept->response, "X-Strip", answer.strip);
		strcpy(kept->key, key);
		kept->status = answer.status;
		kept->made_ns = boottime_ns();
	}
	return mhd.queue_response(connection, kept->status, kept->response);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return mhd.lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *query(struct MHD_Connection *connection, const char *name)
{
	return mhd.lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

/* Has the client presented the token? The page needs none: it asks for it, and has no secrets. */
static bool may_ask(const struct http_socket *socket, struct MHD_Connection *connection,
		    enum serve_route route)
{
	const struct access *access = &socket->server->access;
	const char *authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION);

	if (socket->is_local || !access->token[0] || route == ROUTE_PAGE)
		return true;
	return access_has_token(access, authorization) ||
	       (route != ROUTE_SESSION &&
		access_has_cookie(access, mhd.lookup_connection_value(connection, MHD_COOKIE_KIND,
								      ACCESS_COOKIE)));
}

/* Sends the cookie to a client that has presented the token. */
static enum MHD_Result send_cookie(const struct http_server *server,
				   struct MHD_Connection *connection)
{
	struct MHD_Response *response =
		response_of(strdup(""), 0, "text/plain; charset=utf-8", NULL);
	char cookie[256];
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	snprintf(cookie, sizeof(cookie), ACCESS_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict%s",
		 server->access.cookie, server->options.tls_cert ? "; Secure" : "");
	if (server->access.token[0])
		mhd.add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie);
	result = mhd.queue_response(connection, MHD_HTTP_NO_CONTENT, response);
	mhd.destroy_response(response);
	return result;
}

/* Are requests for any Host accepted, rather than for loopback names only? */
static bool takes_any_host(const struct http_server *server)
{
	return server->options.insecure || !server->is_loopback;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	struct http_socket *socket = context;
	struct http_server *server = socket->server;
	const char *host = header(connection, MHD_HTTP_HEADER_HOST);
	struct client *client = client_of(connection);
	struct http_question question = {
		.route = route_of(path),
		.openmetrics = accepts_openmetrics(header(connection, MHD_HTTP_HEADER_ACCEPT)),
	};

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		*upload_size = 0;
		return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				 "Only GET and HEAD: this server changes nothing.\n");
	}
	if (client)
		client->is_busy = true;
	if (!*state) { /* answering in the first call would close the connection */
		*state = server;
		return MHD_YES;
	}
	if (!socket->is_local && !takes_any_host(server) && !host_is_loopback(host))
		return send_text(connection, MHD_HTTP_MISDIRECTED_REQUEST,
				 "This server answers to localhost, 127.0.0.1 and [::1] only.\n");
	if (!origin_is_own(header(connection, MHD_HTTP_HEADER_ORIGIN),
			   server->options.tls_cert && !socket->is_local ? "https" : "http", host))
		return send_text(connection, MHD_HTTP_FORBIDDEN,
				 "This server refuses requests from other sites' pages.\n");
	if (question.route == ROUTE_NONE)
		return send_text(connection, MHD_HTTP_NOT_FOUND,
				 "There is no such page; portsieve(8) lists all.\n");
	if (!may_ask(socket, connection, question.route))
		return send_text(connection, MHD_HTTP_UNAUTHORIZED,
				 "This server requires a token: Authorization: Bearer TOKEN\n");
	if (question.route == ROUTE_SESSION)
		return send_cookie(server, connection);
	for (size_t i = 0; i < QUERIES; i++)
		question.query[i] = query(connection, query_names[i]);
	if (question.route == ROUTE_STREAM)
		return send_stream(socket, connection, question.query[QUERY_DEVICE]);
	return send_answer(server, connection, &question);
}

/* Raises the limit of open files to the number of connections. Best effort. */
static void raise_files(void)
{
	rlim_t wanted = SOCKETS_MAX * CONNECTIONS_MAX + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Reads a PEM file. The caller frees the result. */
static char *read_pem(const char *path, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	_cleanup_free_ char *text = malloc(PEM_MAX + 1);
	ssize_t size = fd >= 0 && text ? read(fd, text, PEM_MAX) : -1;

	if (size < 0) {
		error_set(error, errno, EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	text[size] = '\0';
	return TAKE_PTR(text);
}

static struct MHD_Daemon *new_daemon(struct http_socket *socket, const char *cert, const char *key)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, socket->fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)take_client, socket },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)end_request, NULL },
		{ cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (cert ? MHD_USE_TLS : 0);

	return mhd.start_daemon(flags, 0, NULL, NULL, handle, socket, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

/* Starts the daemon of a socket; it then owns the descriptor. */
static int start_daemon(struct http_socket *socket, struct error *error)
{
	const struct http_options *options = &socket->server->options;
	bool has_tls = options->tls_cert && !socket->is_local;
	_cleanup_free_ char *cert = has_tls ? read_pem(options->tls_cert, error) : NULL;
	_cleanup_free_ char *key = has_tls && cert ? read_pem(options->tls_key, error) : NULL;
	struct MHD_Daemon *daemon;

	if (has_tls && !key)
		return -ENOENT;
	daemon = new_daemon(socket, cert, key);
	if (key)
		explicit_bzero(key, strlen(key));
	if (!daemon && has_tls)
		return error_set(
			error, EINVAL, EXIT_FAILED,
			"cannot use the certificate of %s with the key of %s: both must be "
			"in PEM and belong together",
			options->tls_cert, options->tls_key);
	if (!daemon)
		return error_set(error, errno, EXIT_FAILED, "cannot start the HTTP server: %s",
				 strerror(errno));
	socket->daemon = daemon;
	return 0;
}

static int add_socket(struct http_server *server, int fd, bool is_local, struct error *error)
{
	struct http_socket *socket = &server->sockets[server->count];
	int r;

	*socket = (struct http_socket){ .server = server, .fd = fd, .is_local = is_local };
	r = start_daemon(socket, error);
	server->count += !r;
	return r;
}

/* libmicrohttpd aborts the process if a connection is suspended when it stops. */
static void stop_daemon(struct http_server *server, const struct http_socket *socket,
			struct MHD_Daemon *daemon)
{
	server->stopping = socket;
	resume_streams(server);
	mhd.run(daemon);
	mhd.stop_daemon(daemon);
	server->stopping = NULL;
}

int http_reload(struct http_server *server, struct error *error)
{
	struct access access = { 0 };

	if (server->options.token && access_read(server->options.token, &access, error))
		return -EINVAL;
	for (size_t i = 0; i < server->count; i++) {
		struct http_socket *socket = &server->sockets[i], before = *socket;

		if (socket->is_local || !server->options.tls_cert)
			continue;
		socket->fd = fcntl(before.fd, F_DUPFD_CLOEXEC, 3);
		if (socket->fd < 0 || start_daemon(socket, error)) {
			if (socket->fd >= 0)
				close(socket->fd);
			*socket = before;
			return -EINVAL;
		}
		stop_daemon(server, socket, before.daemon);
	}
	server->access = access;
	return 0;
}

/* "127.0.0.1:9478" or "[::1]:9478" */
static int parse_address(const char *text, struct sockaddr_storage *ret_address,
			 socklen_t *ret_length, bool *ret_is_loopback)
{
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	size_t length = colon ? (size_t)(colon - text) : 0;
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)ret_address;

	if (!colon || colon[1] < '0' || colon[1] > '9' || *end || port > 65535 ||
	    length >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(port);
		*ret_length = sizeof(*ipv4);
		*ret_is_loopback = ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
		return 0;
	}
	if (length < 2 || host[0] != '[' || host[length - 1] != ']')
		return -EINVAL;
	host[length - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &ipv6->sin6_addr) != 1)
		return -EINVAL;
	ipv6->sin6_family = AF_INET6;
	ipv6->sin6_port = htons(port);
	*ret_length = sizeof(*ipv6);
	*ret_is_loopback = IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
	return 0;
}

static int listen_tcp(struct http_server *server, struct error *error)
{
	const char *text = server->options.listen;
	struct sockaddr_storage address;
	_cleanup_close_ int fd = -1;
	bool is_loopback = false;
	socklen_t length;
	int on = 1, bytes = SEND_BYTES, r;

	if (parse_address(text, &address, &length, &is_loopback))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "serve: bad address '%s'; write ADDRESS:PORT, such as "
				 "127.0.0.1:9478 or [::1]:9478",
				 text);
	if (!is_loopback && !server->options.insecure &&
	    !(server->options.tls_cert && server->options.token))
		return error_set(
			error, EINVAL, EXIT_USAGE,
			"serve: %s can be reached from other machines: it needs --tls-cert, "
			"--tls-key and --token; or use a reverse proxy in front of 127.0.0.1, or "
			"--insecure",
			text);
	server->is_loopback = is_loopback;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) ||
	    bind(fd, (struct sockaddr *)&address, length) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		return error_set(error, errno, EXIT_FAILED, "cannot listen on %s: %s", text,
				 strerror(errno));
	server->port = ntohs(((struct sockaddr_in *)&address)->sin_port); /* same offset in IPv6 */
	r = add_socket(server, fd, false, error);
	if (!r)
		fd = -1; /* the server owns it */
	return r;
}

/* Replaces a socket left by a killed server, but nothing else at that path. */
static int listen_unix(struct http_server *server, struct error *error)
{
	const char *path = server->options.socket;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat status;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, ENAMETOOLONG, EXIT_USAGE,
				 "serve: the path of the socket is longer than %zu bytes",
				 sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	if (!lstat(path, &status) && S_ISSOCK(status.st_mode)) {
		if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return error_set(error, EADDRINUSE, EXIT_FAILED,
					 "cannot listen on %s: another server already does", path);
		unlink(path);
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || chmod(path, 0660) ||
	    listen(fd, 128))
		return error_set(error, errno, EXIT_FAILED, "cannot listen on %s: %s", path,
				 strerror(errno));
	r = add_socket(server, fd, true, error);
	if (!r)
		fd = -1;
	return r;
}

int http_listen(const struct http_options *options, const struct http_calls *calls,
		struct http_server **ret_server, struct error *error)
{
	struct http_server *server;
	int r = microhttpd_load(error);

	if (r)
		return r;
	server = calloc(1, sizeof(*server));
	if (!server)
		return error_no_memory(error);
	server->options = *options;
	server->calls = *calls;
	raise_files();
	if (!options->tls_cert != !options->tls_key)
		r = error_set(error, EINVAL, EXIT_USAGE,
			      "serve: --tls-cert and --tls-key belong together: write both");
	if (!r && options->token)
		r = access_read(options->token, &server->access, error);
	if (!r && options->listen)
		r = listen_tcp(server, error);
	if (!r && options->socket)
		r = listen_unix(server, error);
	if (r) {
		http_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

unsigned int http_port(const struct http_server *server)
{
	return server->port;
}

static int64_t monotonic_ms(void)
{
	return (int64_t)(boottime_ns() / 1000000);
}

int http_serve(struct http_server *server, const volatile int *stop, struct error *error)
{
	struct pollfd fds[SOCKETS_MAX];
	int64_t next = 0, next_sweep = 0;

	while (!*stop) {
		int64_t timeout = next - monotonic_ms();

		if (timeout <= 0) {
			next = monotonic_ms() + server->calls.tick(server->streams_count);
			resume_streams(server);
			timeout = 0;
		}
		for (size_t i = 0; i < server->count; i++) {
			MHD_UNSIGNED_LONG_LONG ms;

			fds[i].fd = mhd.get_daemon_info(server->sockets[i].daemon,
							MHD_DAEMON_INFO_EPOLL_FD)
					    ->epoll_fd;
			fds[i].events = POLLIN;
			if (mhd.get_timeout(server->sockets[i].daemon, &ms) == MHD_YES &&
			    ms < (uint64_t)timeout)
				timeout = (int64_t)ms;
		}
		if (server->clients && timeout > SWEEP_MS)
			timeout = SWEEP_MS;
		if (poll(fds, server->count, (int)timeout) < 0 && errno != EINTR)
			return error_set(error, errno, EXIT_FAILED, "cannot wait for clients: %s",
					 strerror(errno));
		for (size_t i = 0; i < server->count; i++)
			mhd.run(server->sockets[i].daemon);
		if (server->clients && monotonic_ms() >= next_sweep) {
			sweep_clients(server);
			next_sweep = monotonic_ms() + SWEEP_MS;
		}
	}
	return 0;
}

void http_free(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->count; i++)
		stop_daemon(server, &server->sockets[i], server->sockets[i].daemon);
	for (size_t i = 0; i < KEPT_MAX; i++)
		forget(&server->kept[i]);
	if (server->options.socket && server->count == (server->options.listen ? 2 : 1))
		unlink(server->options.socket);
	free(server);
}
