// SPDX-License-Identifier: MIT OR Apache-2.0
// The machine around the C ipvsadm: names from the fixture's files, a list of connections from the
// environment, and no modprobe. The build renames the C library's functions to these.
//
// Environment:
//   ORACLE_HOSTS, ORACLE_SERVICES  files in the form of /etc/hosts and /etc/services
//   ORACLE_CONNECTIONS             see kernel.c

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define WORDS 8

// Splits a line into words; returns how many.
static int split(char *line, char **words)
{
	int count = 0;

	for (char *word = strtok(line, " \t\n"); word && count < WORDS; word = strtok(NULL, " \t\n"))
		words[count++] = word;
	return count;
}

static FILE *file(const char *variable)
{
	FILE *found = fopen(getenv(variable), "r");

	if (!found)
		abort();
	return found;
}

// The host with this name, or else with this address.
static struct hostent *host(const char *name, int family, const void *address)
{
	static char line[1024], bytes[16], *addresses[2], *none[1];
	static struct hostent found;
	char *words[WORDS];
	FILE *hosts = file("ORACLE_HOSTS");
	int length = family == AF_INET6 ? 16 : 4;

	while (fgets(line, sizeof(line), hosts)) {
		int count = split(line, words), match = 0;

		if (inet_pton(family, words[0], bytes) != 1)
			continue;
		for (int i = 1; name && i < count; i++)
			match |= !strcmp(words[i], name);
		if (address)
			match = !memcmp(bytes, address, length);
		if (match) {
			addresses[0] = bytes;
			found = (struct hostent){ .h_name = words[1], .h_aliases = none,
				.h_addrtype = family, .h_length = length, .h_addr_list = addresses };
			fclose(hosts);
			return &found;
		}
	}
	fclose(hosts);
	return NULL;
}

struct hostent *oracle_gethostbyname(const char *name)
{
	return host(name, AF_INET, NULL);
}

struct hostent *oracle_gethostbyaddr(const void *address, socklen_t length, int family)
{
	(void)length;
	return host(NULL, family, address);
}

// The service with this name, or else with this port (if it is not negative).
static struct servent *service(const char *name, int port, const char *protocol)
{
	static char line[1024], *none[1];
	static struct servent found;
	char *words[WORDS];
	FILE *services = file("ORACLE_SERVICES");

	while (fgets(line, sizeof(line), services)) {
		int count = split(line, words), match = 0;
		char *slash = strchr(words[1], '/');

		if (strcmp(slash + 1, protocol))
			continue;
		for (int i = 0; name && i < count; i++)
			match |= i != 1 && !strcmp(words[i], name);
		match |= port >= 0 && htons(atoi(words[1])) == port;
		if (match) {
			found = (struct servent){ .s_name = words[0], .s_aliases = none,
				.s_port = htons(atoi(words[1])), .s_proto = slash + 1 };
			fclose(services);
			return &found;
		}
	}
	fclose(services);
	return NULL;
}

struct servent *oracle_getservbyname(const char *name, const char *protocol)
{
	return service(name, -1, protocol);
}

struct servent *oracle_getservbyport(int port, const char *protocol)
{
	return service(NULL, port, protocol);
}

FILE *oracle_fopen(const char *path, const char *mode)
{
	char *text = getenv("ORACLE_CONNECTIONS");

	(void)path;
	if (!text) {
		errno = ENOENT;
		return NULL;
	}
	return fmemopen(text, strlen(text), mode);
}

// The modprobe that the C tool starts when there is no IPVS: a process that fails at once.
pid_t oracle_fork(void)
{
	return 1;
}

pid_t oracle_waitpid(pid_t child, int *status, int options)
{
	(void)options;
	*status = 1 << 8;
	return child;
}
