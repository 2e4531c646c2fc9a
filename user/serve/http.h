/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTTP server: sockets, connections and their limits, headers. Read-only. */
#ifndef PORTSIEVE_SERVE_HTTP_H
#define PORTSIEVE_SERVE_HTTP_H

#include <stddef.h>

#include "base/error.h"
#include "serve/request.h"

struct http_question {
	enum serve_route route;
	bool openmetrics;	    /* of /metrics */
	const char *query[QUERIES]; /* NULL: not in it */
};

struct http_answer {
	unsigned int status;
	const char *type; /* static */
	char *body;	  /* which the server frees */
	size_t size;
	char strip[160]; /* the header X-Strip; "": none */
	char csp[600];	 /* the Content-Security-Policy; "": nothing may be loaded */
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

/* Makes the frame of that number from one line of JSON; one user, the caller. NULL: no memory. */
struct http_frame *http_frame_new(uint64_t number, const char *json, size_t size);
void http_frame_release(struct http_frame *frame);

/* The latest frame for ?device=, NULL: the first group. The callee's, until the next tick. */
typedef struct http_frame *http_frame_fn(const char *device);

/*
 * Called about when it has asked for; returns after how many milliseconds it wants to be called
 * again. `streams` are open. Each frame made since goes to all streams that have sent the one
 * before.
 */
typedef unsigned int http_tick_fn(size_t streams);

enum { HTTP_STREAMS_MAX = 500 };

struct http_options {
	const char *listen; /* "127.0.0.1:9478", "[::1]:9478"; NULL: no TCP */
	const char *socket; /* the path of a Unix socket, made with mode 0660; NULL: none */
	bool insecure;	    /* `listen` may be another address than the loopback's */
	const char *tls_cert, *tls_key; /* files in PEM, of `listen`; NULL: no TLS */
	const char *token;		/* the file of the token, of `listen`; NULL: none */
};

struct http_server;

struct http_calls {
	http_answer_fn *answer;
	http_frame_fn *frame;
	http_tick_fn *tick;
};

/*
 * Binds the sockets. The caller owns *ret_server (http_free). Errors: a bad address (EXIT_USAGE),
 * or it is in use.
 */
int http_listen(const struct http_options *options, const struct http_calls *calls,
		struct http_server **ret_server, struct error *error);

/* The port of the TCP socket, in host order; 0: there is none. */
unsigned int http_port(const struct http_server *server);

/*
 * Reads certificate, key and token again. With an error filled in, all are as before. Else open
 * connections end if there is TLS.
 */
int http_reload(struct http_server *server, struct error *error);

/* Serves until *stop. */
int http_serve(struct http_server *server, const volatile int *stop, struct error *error);

void http_free(struct http_server *server);

#endif
