/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTTP server: sockets, connections and their limits, headers. Read-only. */
#ifndef PORTSIEVE_SERVE_HTTP_H
#define PORTSIEVE_SERVE_HTTP_H

#include <stddef.h>

#include "base/error.h"
#include "serve/request.h"

struct http_question {
	enum serve_route route;
	bool openmetrics;	    /* for /metrics */
	const char *query[QUERIES]; /* NULL: absent */
};

struct http_answer {
	unsigned int status;
	const char *type; /* static */
	char *body;	  /* the server frees it */
	size_t size;
	char strip[160]; /* the header X-Strip; "": none */
	char csp[600];	 /* the Content-Security-Policy; "": allows nothing */
};

/* Answers a question; called from http_serve only. */
typedef void http_answer_fn(const struct http_question *question, struct http_answer *ret_answer);

/* A frame of a stream, which several streams share. */
struct http_frame {
	size_t users;
	uint64_t number;
	size_t size;
	char text[]; /* in the form of server-sent events */
};

/* Makes a frame from one line of JSON, with the caller as its only user. NULL: out of memory. */
struct http_frame *http_frame_new(uint64_t number, const char *json, size_t size);
void http_frame_release(struct http_frame *frame);

/* Returns the latest frame for ?device= (NULL: the first group), valid until the next tick. */
typedef struct http_frame *http_frame_fn(const char *device);

/*
 * Called at about the requested time; returns the milliseconds until the next call. `streams` are
 * open. Each frame made since then goes to all streams that have sent the previous one.
 */
typedef unsigned int http_tick_fn(size_t streams);

enum { HTTP_STREAMS_MAX = 500 };

struct http_options {
	const char *listen; /* "127.0.0.1:9478", "[::1]:9478"; NULL: no TCP */
	const char *socket; /* the path of a Unix socket, made with mode 0660; NULL: none */
	bool insecure;	    /* `listen` may be other than a loopback address */
	const char *tls_cert, *tls_key; /* PEM files, for `listen`; NULL: no TLS */
	const char *token;		/* file with the token, for `listen`; NULL: none */
};

struct http_server;

struct http_calls {
	http_answer_fn *answer;
	http_frame_fn *frame;
	http_tick_fn *tick;
};

/*
 * Binds the sockets. The caller owns *ret_server (http_free). Errors: an address is invalid
 * (EXIT_USAGE) or in use.
 */
int http_listen(const struct http_options *options, const struct http_calls *calls,
		struct http_server **ret_server, struct error *error);

/* The port of the TCP socket, in host order; 0: there is none. */
unsigned int http_port(const struct http_server *server);

/*
 * Reads certificate, key and token again. On failure, with the error filled in, keeps the old ones.
 * On success, open TLS connections end.
 */
int http_reload(struct http_server *server, struct error *error);

/* Serves until *stop. */
int http_serve(struct http_server *server, const volatile int *stop, struct error *error);

void http_free(struct http_server *server);

#endif
