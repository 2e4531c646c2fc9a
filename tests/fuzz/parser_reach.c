/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the fuzz target of the parser on every file of some folders, and prints the reasons that
 * none of them has reached: parser_reach FOLDER... Exits 1 if there are any. Built with coverage.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_parser.h"
#include "print/reason.h"

enum { FRAME_BYTES_MAX = 1 << 20 };

static unsigned long inputs;

static void run_file(const char *folder, const char *name)
{
	static uint8_t frame[FRAME_BYTES_MAX];
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(2);
	}
	LLVMFuzzerTestOneInput(frame, fread(frame, 1, sizeof(frame), file));
	fclose(file);
	inputs++;
}

static void run_folder(const char *path)
{
	DIR *folder = opendir(path);

	if (!folder) {
		perror(path);
		exit(2);
	}
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		if (entry->d_name[0] != '.')
			run_file(path, entry->d_name);
	closedir(folder);
}

int main(int argc, char **argv)
{
	unsigned int possible = 0, reached = 0;

	for (int i = 1; i < argc; i++)
		run_folder(argv[i]);
	for (unsigned int reason = 0; reason <= PORTSIEVE_REASONS; reason++) {
		if (!fuzz_parser_can_say(reason))
			continue;
		possible++;
		reached += fuzz_parser_seen[reason] > 0;
		if (!fuzz_parser_seen[reason])
			fprintf(stderr, "not reached: %s\n",
				reason == PORTSIEVE_REASONS ? "a port" : reason_name(reason));
	}
	printf("%u of %u outcomes by %lu inputs\n", reached, possible, inputs);
	return reached < possible;
}
