/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd the state of a service: sd_notify(3). */
#ifndef PORTSIEVE_NOTIFY_H
#define PORTSIEVE_NOTIFY_H

/* Sends "READY=1" or the like to the socket of $NOTIFY_SOCKET, if there is one. Best effort. */
void notify_systemd(const char *state);

#endif
