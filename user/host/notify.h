/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd the state of a service: sd_notify(3). */
#ifndef PORTSIEVE_NOTIFY_H
#define PORTSIEVE_NOTIFY_H

/* Sends `state`, such as "READY=1", to $NOTIFY_SOCKET if it is set. Best effort. */
void notify_systemd(const char *state);

#endif
