/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP service and its clients, for goodput.py: a request of 64 bytes has an answer of 512.
 *
 *   transact serve ADDRESS PORT
 *       prints "ready", and ends when its standard input does
 *   transact ask ADDRESS PORT CONNECTIONS RATE SECONDS
 *       opens the connections, prints "ready", waits for a line, and then begins RATE transactions
 * a second (0: as many as it can), spread over the connections. If none of them is idle when
 * a request is due, it is skipped. Prints the number of transactions and their times, as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_BYTES = 64,
	ANSWER_BYTES = 512,
	CONNECTIONS_MAX = 1024,
	EVENTS = 64,
	BACKLOG = 1024,
	BUCKETS = 100000, /* of latencies, 10 microseconds each */
	BUCKET_NS = 10000,
};

#define NANOSECONDS 1000000000ULL

static int fail(const char *what)
{
	fprintf(stderr, "transact: %s: %s\n", what, strerror(errno));
	return 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void poll_add(int poll, int fd, uint64_t data)
{
	epoll_ctl(poll, EPOLL_CTL_ADD, fd,
		  &(struct epoll_event){ .events = EPOLLIN, .data.u64 = data });
}

/* Requests come whole: a client sends the next one after the answer. */
static void serve_one(int fd)
{
	static const char answer[ANSWER_BYTES];
	char request[REQUEST_BYTES];

	if (recv(fd, request, sizeof(request), 0) <= 0 ||
	    send(fd, answer, sizeof(answer), MSG_NOSIGNAL) < 0)
		close(fd);
}

static int serve(const struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), yes = 1;
	struct epoll_event events[EVENTS];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (const struct sockaddr *)address, sizeof(*address)) ||
	    listen(listener, BACKLOG))
		return fail("listen");
	poll_add(poll, listener, listener);
	poll_add(poll, STDIN_FILENO, STDIN_FILENO);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(poll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.u64;

			if (fd == STDIN_FILENO)
				return 0;
			if (fd == listener) {
				fd = accept(listener, NULL, NULL);
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
				poll_add(poll, fd, fd);
			} else {
				serve_one(fd);
			}
		}
	}
}

struct connection {
	int fd;
	int left_bytes; /* of the answer; 0: idle */
	uint64_t begun_ns;
};

struct asking {
	struct connection connections[CONNECTIONS_MAX];
	int idle[CONNECTIONS_MAX]; /* numbers of idle connections: a stack */
	int idle_count;
	int count;
	uint64_t completed, left_out;
	uint32_t buckets[BUCKETS];
};

static int connections_open(struct asking *asking, const struct sockaddr_in *address, int poll)
{
	int yes = 1;

	for (int i = 0; i < asking->count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
			return fail("connect");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		asking->connections[i].fd = fd;
		asking->idle[asking->idle_count++] = i;
		poll_add(poll, fd, i);
	}
	return 0;
}

static void begin(struct asking *asking)
{
	static const char request[REQUEST_BYTES];
	struct connection *connection = &asking->connections[asking->idle[--asking->idle_count]];

	connection->left_bytes = ANSWER_BYTES;
	connection->begun_ns = now_ns();
	send(connection->fd, request, sizeof(request), MSG_NOSIGNAL);
}

static void take_answer(struct asking *asking, int number)
{
	struct connection *connection = &asking->connections[number];
	char answer[ANSWER_BYTES];
	int got = recv(connection->fd, answer, sizeof(answer), 0);
	uint64_t bucket;

	if (got <= 0)
		return;
	connection->left_bytes -= got;
	if (connection->left_bytes)
		return;
	bucket = (now_ns() - connection->begun_ns) / BUCKET_NS;
	asking->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
	asking->completed++;
	asking->idle[asking->idle_count++] = number;
}

/* Microseconds after which the given share of the transactions had ended. */
static double quantile(const struct asking *asking, double share)
{
	uint64_t below = 0;

	for (int i = 0; i < BUCKETS; i++) {
		below += asking->buckets[i];
		if (below >= share * asking->completed)
			return (i + 1) * (BUCKET_NS / 1e3);
	}
	return 0;
}

static void run(struct asking *asking, int poll, double rate, double seconds)
{
	uint64_t start = now_ns(), end = start + seconds * NANOSECONDS, begun = 0, now = start;
	struct epoll_event events[EVENTS];

	while (now < end) {
		uint64_t due = rate ? rate * (now - start) / NANOSECONDS : UINT64_MAX;

		for (; begun < due && asking->idle_count; begun++)
			begin(asking);
		if (rate && begun < due) {
			asking->left_out += due - begun;
			begun = due;
		}
		int count = epoll_wait(poll, events, EVENTS, 1);

		for (int i = 0; i < count; i++)
			take_answer(asking, events[i].data.u64);
		now = now_ns();
	}
	printf("{\"completed\":%lu,\"left_out\":%lu,\"seconds\":%.6f,\"median_us\":%.0f,\"p99_us\":"
	       "%.0f}\n",
	       asking->completed, asking->left_out, (double)(now - start) / NANOSECONDS,
	       quantile(asking, 0.5), quantile(asking, 0.99));
}

static int ask(const struct sockaddr_in *address, int connections, double rate, double seconds)
{
	static struct asking asking;
	int poll = epoll_create1(0);

	asking.count = connections;
	if (connections < 1 || connections > CONNECTIONS_MAX)
		return 2;
	if (connections_open(&asking, address, poll))
		return 1;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	run(&asking, poll, rate, seconds);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc < 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
		return 2;
	address.sin_port = htons(atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(&address);
	if (argc == 7 && !strcmp(argv[1], "ask"))
		return ask(&address, atoi(argv[4]), atof(argv[5]), atof(argv[6]));
	return 2;
}
