// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/ip_vs_ca_stats: the original's heading and rows, then ours. */

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "ca.h"

#define CA_STATS_FILE "ip_vs_ca_stats"

static const char *const ca_rows[CA_STATS] = {
	[CA_SYN_KNOWN]		= "syn_recv_sock_ip_vs_ca",
	[CA_SYN_UNKNOWN]	= "syn_recv_sock_no_ip_vs_ca",
	[CA_CONN_NEW]		= "conn_new",
	[CA_CONN_DEL]		= "conn_del",
	[CA_GETNAME_OK]		= "getname_ok",
	[CA_GETNAME_MISS]	= "getname_miss",
	[CA_UDP_IN]		= "udp_in",
	[CA_UDP_OUT]		= "udp_out",
	[CA_ICMP_BAD]		= "icmp_bad",
	[CA_UNTRUSTED]		= "untrusted",
	[CA_TCP_KEPT]		= "tcp_kept",
	[CA_TABLE_FULL]		= "table_full",
};

static int ca_stats_show(struct seq_file *seq, void *v)
{
	struct ca_net *ca = ca_net(seq_file_single_net(seq));
	unsigned long missed = ca_probe_missed();
	char name[16];
	int cpu, row;

	seq_puts(seq, "IP_VS_CA(" CA_VERSION ")\n");
	/* The names of CPUs end where their numbers do. */
	seq_printf(seq, "%26s", "");
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "CPU%d", cpu);
		seq_printf(seq, " %10s", name);
	}
	seq_putc(seq, '\n');
	for (row = 0; row < CA_STATS; row++) {
		seq_printf(seq, "%-25s:", ca_rows[row]);
		for_each_possible_cpu(cpu)
			seq_printf(seq, " %10lu",
				   per_cpu_ptr(ca->stats, cpu)->rows[row]);
		seq_putc(seq, '\n');
	}
	/* Kprobes count for all CPUs and namespaces together. */
	seq_printf(seq, "%-25s:", "nmissed");
	for_each_possible_cpu(cpu) {
		seq_printf(seq, " %10lu", missed);
		missed = 0;
	}
	seq_putc(seq, '\n');
	return 0;
}

int ca_proc_init(struct net *net)
{
	return proc_create_net_single(CA_STATS_FILE, 0444, net->proc_net,
				      ca_stats_show, NULL) ? 0 : -ENOMEM;
}

void ca_proc_exit(struct net *net)
{
	remove_proc_entry(CA_STATS_FILE, net->proc_net);
}
