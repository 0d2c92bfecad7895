// SPDX-License-Identifier: MIT OR Apache-2.0
// What the script tells the C ipvsadm about the kernel's state; part of `kernel.c`.

static FILE *question(const char *name)
{
	FILE *record = calls("a");

	fprintf(record, "read %s", name);
	return record;
}

static void asked(FILE *record, void *original)
{
	fputc('\n', record);
	fclose(record);
	ipvs_func = original;
}

// The next word of a line.
static char *word(char **line)
{
	char *found = strtok(*line, " ");

	*line = NULL;
	if (!found)
		abort();
	return found;
}

static unsigned long long number(char **line)
{
	return strtoull(word(line), NULL, 10);
}

// Bytes in hexadecimal; `-` is none.
static void bytes(char **line, void *to, size_t size)
{
	const char *digits = word(line);
	unsigned char *byte = to;

	memset(to, 0, size);
	for (; size && sscanf(digits, "%2hhx", byte) == 1; size--, byte++)
		digits += 2;
}

static void statistics(char **line, struct ip_vs_stats64 *stats)
{
	stats->conns = number(line);
	stats->inpkts = number(line);
	stats->outpkts = number(line);
	stats->inbytes = number(line);
	stats->outbytes = number(line);
	stats->cps = number(line);
	stats->inpps = number(line);
	stats->outpps = number(line);
	stats->inbps = number(line);
	stats->outbps = number(line);
}

// Whether a line of the script is a service.
static int read_service(char *line, ipvs_service_entry_t *svc)
{
	memset(svc, 0, sizeof(*svc));
	if (strncmp(line, "service ", 8))
		return 0;
	line += 8;
	svc->af = number(&line);
	svc->protocol = number(&line);
	bytes(&line, &svc->addr, sizeof(svc->addr));
	svc->port = htons(number(&line));
	svc->fwmark = number(&line);
	bytes(&line, svc->sched_name, sizeof(svc->sched_name) - 1);
	svc->flags = number(&line);
	svc->timeout = number(&line);
	svc->netmask = number(&line);
	bytes(&line, svc->pe_name, sizeof(svc->pe_name) - 1);
	statistics(&line, &svc->stats64);
	return 1;
}

// Whether a line of the script is a destination.
static int read_dest(char *line, ipvs_dest_entry_t *dest)
{
	memset(dest, 0, sizeof(*dest));
	if (strncmp(line, "dest ", 5))
		return 0;
	line += 5;
	dest->af = number(&line);
	bytes(&line, &dest->addr, sizeof(dest->addr));
	dest->port = htons(number(&line));
	dest->conn_flags = number(&line);
	dest->weight = (int)number(&line);
	dest->u_threshold = number(&line);
	dest->l_threshold = number(&line);
	dest->activeconns = number(&line);
	dest->inactconns = number(&line);
	dest->persistconns = number(&line);
	dest->tun_type = number(&line);
	dest->tun_port = htons(number(&line));
	dest->tun_flags = number(&line);
	statistics(&line, &dest->stats64);
	return 1;
}

static int same(const ipvs_service_entry_t *a, const ipvs_service_entry_t *b)
{
	return a->fwmark == b->fwmark && a->af == b->af
		&& (a->fwmark
		    || (a->protocol == b->protocol && a->port == b->port
			&& !memcmp(&a->addr, &b->addr, a->af == AF_INET6 ? 16 : 4)));
}

struct ip_vs_get_services *ipvs_get_services(void)
{
	struct script lines = script();
	struct ip_vs_get_services *get = calloc(1, sizeof(*get) + 64 * sizeof(get->entrytable[0]));

	asked(question("services"), original_get_services);
	if (!get || fails("services"))
		return NULL;
	while (get->num_services < 64 && advance(&lines))
		get->num_services += read_service(lines.line, &get->entrytable[get->num_services]);
	return get;
}

struct ip_vs_get_dests *ipvs_get_dests(ipvs_service_entry_t *svc)
{
	struct script lines = script();
	struct ip_vs_get_dests *get = calloc(1, sizeof(*get) + 64 * sizeof(get->entrytable[0]));
	ipvs_service_entry_t other;
	struct ip_vs_dest_entry dest;
	char line[sizeof(lines.line)];
	int mine = 0;

	ipvs_func = original_get_dests;
	if (!get || fails("dests"))
		return NULL;
	while (get->num_dests < 64 && advance(&lines)) {
		strcpy(line, lines.line);
		if (read_service(line, &other))
			mine = same(svc, &other);
		else if (mine && read_dest(lines.line, &dest))
			get->entrytable[get->num_dests++] = dest;
	}
	return get;
}

ipvs_service_entry_t *ipvs_get_service(__u32 fwmark, __u16 af, __u16 protocol,
				       union nf_inet_addr addr, __u16 port)
{
	struct script lines = script();
	ipvs_service_t key = { .fwmark = fwmark, .af = af, .protocol = protocol, .addr = addr, .port = port };
	ipvs_service_entry_t wanted = { .fwmark = fwmark, .af = af, .protocol = protocol, .addr = addr, .port = port };
	ipvs_service_entry_t *svc = malloc(sizeof(*svc));
	FILE *record = question("service");

	write_service(record, &key);
	asked(record, original_get_service);
	if (!svc || fails("service"))
		return NULL;
	while (advance(&lines))
		if (read_service(lines.line, svc) && same(svc, &wanted))
			return svc;
	errno = ESRCH;
	return NULL;
}

ipvs_timeout_t *ipvs_get_timeout(void)
{
	struct script lines = script();
	ipvs_timeout_t *u = calloc(1, sizeof(*u));

	asked(question("timeouts"), original_get_timeout);
	if (!u || fails("timeouts"))
		return NULL;
	while (advance(&lines))
		sscanf(lines.line, "timeouts %d %d %d", &u->tcp_timeout, &u->tcp_fin_timeout,
		       &u->udp_timeout);
	return u;
}

ipvs_daemon_t *ipvs_get_daemon(void)
{
	struct script lines = script();
	ipvs_daemon_t *u = calloc(2, sizeof(*u));
	int i = 0;

	asked(question("daemons"), original_get_daemon);
	if (!u || fails("daemons"))
		return NULL;
	while (i < 2 && advance(&lines)) {
		char *line = lines.line;

		if (strncmp(line, "daemon ", 7))
			continue;
		line += 7;
		u[i].state = number(&line);
		bytes(&line, u[i].mcast_ifn, sizeof(u[i].mcast_ifn) - 1);
		u[i].syncid = number(&line);
		u[i].sync_maxlen = number(&line);
		u[i].mcast_port = number(&line);
		u[i].mcast_ttl = number(&line);
		u[i].mcast_af = number(&line);
		bytes(&line, &u[i].mcast_group, sizeof(u[i].mcast_group));
		i++;
	}
	return u;
}
