// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests as text, as `vm-tests/src/oracle/record.rs` writes them; part of `kernel.c`.

static FILE *calls(const char *mode)
{
	FILE *file = fopen(getenv("ORACLE_CALLS"), mode);

	if (!file)
		abort();
	return file;
}

static void write_bytes(FILE *to, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	fputc(' ', to);
	if (!length)
		fputc('-', to);
	while (length--)
		fprintf(to, "%02x", *byte++);
}

static void write_name(FILE *to, const char *name)
{
	write_bytes(to, name, strlen(name));
}

static void write_address(FILE *to, unsigned family, const void *address)
{
	fprintf(to, " %u", family);
	write_bytes(to, address, family == AF_INET6 ? 16 : 4);
}

static void write_service(FILE *to, const ipvs_service_t *svc)
{
	if (svc->fwmark) {
		fprintf(to, " mark %u %u", svc->af, svc->fwmark);
	} else {
		fprintf(to, " protocol %u", svc->protocol);
		write_address(to, svc->af, &svc->addr);
		fprintf(to, " %u", ntohs(svc->port));
	}
}

static void write_balancing(FILE *to, const ipvs_service_t *svc)
{
	write_name(to, svc->sched_name);
	fprintf(to, " flags %x timeout %u", svc->flags, svc->timeout);
	// Without persistence the kernel does not look at the mask.
	fprintf(to, " mask %u", svc->flags & IP_VS_SVC_F_PERSISTENT ? svc->netmask : 0);
	write_name(to, svc->pe_name);
}

static void write_dest(FILE *to, const ipvs_dest_t *dest)
{
	write_address(to, dest->af, &dest->addr);
	fprintf(to, " %u", ntohs(dest->port));
}

static void write_forwarding(FILE *to, const ipvs_dest_t *dest)
{
	fprintf(to, " method %u weight %u thresholds %u %u", dest->conn_flags,
		(unsigned)dest->weight, dest->u_threshold, dest->l_threshold);
	fprintf(to, " tunnel %u %u %u", dest->tun_type, ntohs(dest->tun_port),
		dest->tun_flags);
}
