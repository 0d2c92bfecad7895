// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the place of the kernel behind the C ipvsadm: every request is written down and answered
// from a script, in the text form of `vm-tests/src/oracle/script.rs`.
//
// The distribution's own library is compiled in, for its order of entries and its texts of errors;
// only what would talk to the kernel is replaced. Compiled with the library's directory in the
// include path, once for tests, never shipped.
//
// Environment:
//   ORACLE_STATE        what the kernel holds, and what it refuses
//   ORACLE_CALLS        the file to which requests are appended
//   ORACLE_CONNECTIONS  the text of /proc/net/ip_vs_conn; without it the file does not open

#define ipvs_init original_init
#define ipvs_close original_close
#define ipvs_flush original_flush
#define ipvs_add_service original_add_service
#define ipvs_update_service original_update_service
#define ipvs_del_service original_del_service
#define ipvs_zero_service original_zero_service
#define ipvs_add_dest original_add_dest
#define ipvs_update_dest original_update_dest
#define ipvs_del_dest original_del_dest
#define ipvs_set_timeout original_set_timeout
#define ipvs_start_daemon original_start_daemon
#define ipvs_stop_daemon original_stop_daemon
#define ipvs_get_services original_get_services
#define ipvs_get_dests original_get_dests
#define ipvs_get_service original_get_service
#define ipvs_get_timeout original_get_timeout
#define ipvs_get_daemon original_get_daemon
#include "libipvs.c"
#undef ipvs_init
#undef ipvs_close
#undef ipvs_flush
#undef ipvs_add_service
#undef ipvs_update_service
#undef ipvs_del_service
#undef ipvs_zero_service
#undef ipvs_add_dest
#undef ipvs_update_dest
#undef ipvs_del_dest
#undef ipvs_set_timeout
#undef ipvs_start_daemon
#undef ipvs_stop_daemon
#undef ipvs_get_services
#undef ipvs_get_dests
#undef ipvs_get_service
#undef ipvs_get_timeout
#undef ipvs_get_daemon

// How many changes were requested so far, by this process and those before it.
static unsigned changes;

// The lines of the script, one after the other.
struct script {
	const char *next;
	char line[1024];
};

static struct script script(void)
{
	const char *text = getenv("ORACLE_STATE");
	struct script script = { text ? text : "", "" };

	return script;
}

static int advance(struct script *script)
{
	size_t length = strcspn(script->next, "\n");

	if (!*script->next)
		return 0;
	if (length >= sizeof(script->line))
		abort();
	memcpy(script->line, script->next, length);
	script->line[length] = '\0';
	script->next += length + (script->next[length] == '\n');
	return 1;
}

// Whether the script lets a request of this kind fail; sets errno.
static int fails(const char *kind)
{
	struct script lines = script();
	char name[16];
	int number;

	while (advance(&lines))
		if (sscanf(lines.line, "fail %15s %d", name, &number) == 2
		    && !strcmp(name, kind)) {
			errno = number;
			return 1;
		}
	return 0;
}

#include "record.c"

// Ends the record of a change and answers it.
static int answer(FILE *record, void *original)
{
	struct script lines = script();
	unsigned nth = changes++;
	unsigned refused;
	int number;

	fputc('\n', record);
	fclose(record);
	ipvs_func = original;
	while (advance(&lines))
		if (sscanf(lines.line, "refuse %u %d", &refused, &number) == 2
		    && refused == nth) {
			errno = number;
			return -1;
		}
	return 0;
}

static FILE *change(const char *name)
{
	FILE *record = calls("a");

	fprintf(record, "change %s", name);
	return record;
}

int ipvs_init(void)
{
	struct script lines = script();
	FILE *record = calls("a+");
	char line[4096];

	rewind(record);
	changes = 0;
	while (fgets(line, sizeof(line), record))
		changes += !strncmp(line, "change ", 7);
	fclose(record);
	ipvs_func = original_init;
	// A run that hangs shall not hang the comparison.
	alarm(2);
	while (advance(&lines))
		sscanf(lines.line, "info %u %u", &ipvs_info.version, &ipvs_info.size);
	return fails("init") ? -1 : 0;
}

void ipvs_close(void)
{
}

int ipvs_flush(void)
{
	return answer(change("flush"), original_flush);
}

int ipvs_add_service(ipvs_service_t *svc)
{
	FILE *record = change("add-service");

	write_service(record, svc);
	write_balancing(record, svc);
	return answer(record, original_add_service);
}

int ipvs_update_service(ipvs_service_t *svc)
{
	FILE *record = change("update-service");

	write_service(record, svc);
	write_balancing(record, svc);
	return answer(record, original_update_service);
}

int ipvs_del_service(ipvs_service_t *svc)
{
	FILE *record = change("delete-service");

	write_service(record, svc);
	return answer(record, original_del_service);
}

int ipvs_zero_service(ipvs_service_t *svc)
{
	FILE *record = change("zero");

	// As the original: no service is meant then.
	if (svc->fwmark || svc->port
	    || memcmp(&in6addr_any, &svc->addr, sizeof(in6addr_any)))
		write_service(record, svc);
	return answer(record, original_zero_service);
}

int ipvs_add_dest(ipvs_service_t *svc, ipvs_dest_t *dest)
{
	FILE *record = change("add-dest");

	write_service(record, svc);
	write_dest(record, dest);
	write_forwarding(record, dest);
	return answer(record, original_add_dest);
}

int ipvs_update_dest(ipvs_service_t *svc, ipvs_dest_t *dest)
{
	FILE *record = change("update-dest");

	write_service(record, svc);
	write_dest(record, dest);
	write_forwarding(record, dest);
	return answer(record, original_update_dest);
}

int ipvs_del_dest(ipvs_service_t *svc, ipvs_dest_t *dest)
{
	FILE *record = change("delete-dest");

	write_service(record, svc);
	write_dest(record, dest);
	return answer(record, original_del_dest);
}

int ipvs_set_timeout(ipvs_timeout_t *to)
{
	FILE *record = change("set-timeouts");

	fprintf(record, " %d %d %d", to->tcp_timeout, to->tcp_fin_timeout, to->udp_timeout);
	return answer(record, original_set_timeout);
}

int ipvs_start_daemon(ipvs_daemon_t *dm)
{
	FILE *record = change("start-daemon");

	fprintf(record, " %d", dm->state);
	write_name(record, dm->mcast_ifn);
	fprintf(record, " %d %d %u %u", dm->syncid, dm->sync_maxlen, dm->mcast_port, dm->mcast_ttl);
	if (dm->mcast_af)
		write_address(record, dm->mcast_af, &dm->mcast_group);
	return answer(record, original_start_daemon);
}

int ipvs_stop_daemon(ipvs_daemon_t *dm)
{
	FILE *record = change("stop-daemon");

	fprintf(record, " %d", dm->state);
	return answer(record, original_stop_daemon);
}

#include "answers.c"
