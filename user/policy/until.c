/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a rule, between RFC 3339 text in UTC and CLOCK_BOOTTIME. */
#include "policy/until.h"

#include <string.h>
#include <time.h>

#include "base/deadline.h"

/* The format of strftime and strptime, and what each letter of the text must be. */
static const char format[] = "%Y-%m-%dT%H:%M:%SZ", form[] = "0000-00-00T00:00:00Z";

/* Checks the form, because strptime accepts missing digits and blanks. */
static bool has_form(const char *text)
{
	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

bool policy_time_read(const char *text, const struct policy_host *host, uint64_t *ret_until_ns)
{
	struct tm date = { 0 }, normal;
	const char *end = has_form(text) ? strptime(text, format, &date) : NULL;
	__int128 until_ns;
	time_t seconds;

	if (!end || *end || date.tm_year + 1900 < POLICY_YEAR_MIN ||
	    date.tm_year + 1900 > POLICY_YEAR_MAX)
		return false;
	normal = date;
	seconds = timegm(&normal); /* normalises 31 April to 1 May, and second 60 to 0 */
	if (normal.tm_mday != date.tm_mday || normal.tm_sec != date.tm_sec)
		return false;
	until_ns = (__int128)seconds * SECOND_NS - host->realtime_ns + host->boottime_ns;
	*ret_until_ns = until_ns < 1 ? 1 : until_ns > UINT64_MAX ? UINT64_MAX : (uint64_t)until_ns;
	return true;
}

struct policy_time_text policy_time_print(uint64_t until_ns, const struct policy_host *host)
{
	struct tm last = { .tm_year = POLICY_YEAR_MAX - 1900,
			   .tm_mon = 11,
			   .tm_mday = 31,
			   .tm_hour = 23,
			   .tm_min = 59,
			   .tm_sec = 59 };
	__int128 ns = (__int128)until_ns - host->boottime_ns + host->realtime_ns;
	__int128 rounded = (ns + SECOND_NS / 2) / SECOND_NS;
	time_t most = timegm(&last);
	time_t seconds = rounded < 0 ? 0 : rounded > most ? most : (time_t)rounded;
	struct policy_time_text text = { "" };
	struct tm date;

	strftime(text.text, sizeof(text.text), format, gmtime_r(&seconds, &date));
	return text;
}
