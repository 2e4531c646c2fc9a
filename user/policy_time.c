/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times of the Gregorian calendar in UTC, by two clocks. Done by hand: timegm() takes any number
 * for a month, and gmtime() knows what the pure parts should not, the time zone.
 */
#include "policy_time.h"

#include <stdio.h>
#include <string.h>

enum {
	DAY_SECONDS = 86400,
	SECOND_NS = 1000000000,
};

struct date {
	unsigned int year, month, day, hour, minute, second;
};

static bool is_leap(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned int month_days(unsigned int year, unsigned int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static unsigned int year_days(unsigned int year)
{
	return is_leap(year) ? 366 : 365;
}

static bool date_is_good(const struct date *date)
{
	return date->year >= POLICY_YEAR_MIN && date->year <= POLICY_YEAR_MAX && date->month >= 1 &&
	       date->month <= 12 && date->day >= 1 &&
	       date->day <= month_days(date->year, date->month) && date->hour < 24 &&
	       date->minute < 60 && date->second < 60;
}

static int64_t seconds_of(const struct date *date)
{
	int64_t days = date->day - 1;

	for (unsigned int year = POLICY_YEAR_MIN; year < date->year; year++)
		days += year_days(year);
	for (unsigned int month = 1; month < date->month; month++)
		days += month_days(date->year, month);
	return days * DAY_SECONDS + date->hour * 3600 + date->minute * 60 + date->second;
}

static struct date date_of(int64_t seconds)
{
	int64_t days = seconds / DAY_SECONDS, rest = seconds % DAY_SECONDS;
	struct date date = { .year = POLICY_YEAR_MIN, .month = 1 };

	for (; days >= year_days(date.year); date.year++)
		days -= year_days(date.year);
	for (; days >= month_days(date.year, date.month); date.month++)
		days -= month_days(date.year, date.month);
	date.day = (unsigned int)days + 1;
	date.hour = (unsigned int)rest / 3600;
	date.minute = (unsigned int)rest / 60 % 60;
	date.second = (unsigned int)rest % 60;
	return date;
}

/* Does the text have the letters of the form, a digit for each 0? */
static bool has_form(const char *text, const char *form)
{
	if (strlen(text) != strlen(form))
		return false;
	for (; *form; text++, form++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

bool policy_time_read(const char *text, const struct policy_host *host, uint64_t *ret_until_ns)
{
	struct date date;

	if (!has_form(text, "0000-00-00T00:00:00Z") ||
	    sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u", &date.year, &date.month, &date.day, &date.hour,
		   &date.minute, &date.second) != 6 ||
	    !date_is_good(&date))
		return false;

	__int128 until =
		(__int128)seconds_of(&date) * SECOND_NS - host->realtime_ns + host->boottime_ns;

	*ret_until_ns = until < 1 ? 1 : until > UINT64_MAX ? UINT64_MAX : (uint64_t)until;
	return true;
}

struct policy_time_text policy_time_print(uint64_t until_ns, const struct policy_host *host)
{
	static const struct date last = { POLICY_YEAR_MAX, 12, 31, 23, 59, 59 };
	__int128 until = (__int128)until_ns - host->boottime_ns + host->realtime_ns;
	__int128 seconds =
		(until + SECOND_NS / 2) / SECOND_NS; /* what is before 1970 becomes 1970 */
	int64_t most = seconds_of(&last);
	struct date date = date_of(seconds < 0 ? 0 : seconds > most ? most : (int64_t)seconds);
	struct policy_time_text text;

	/* the moduli change nothing; they tell the compiler that the text fits */
	snprintf(text.text, sizeof(text.text), "%04u-%02u-%02uT%02u:%02u:%02uZ", date.year % 10000,
		 date.month % 100, date.day % 100, date.hour % 100, date.minute % 100,
		 date.second % 100);
	return text;
}
