// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/ip_vs_toa_stats, in the form of /proc/net/ip_vs_ca_stats. */

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "director.h"

#define TOA_STATS_FILE "ip_vs_toa_stats"

static const char *const toa_rows[TOA_STATS] = {
	[TOA_ADDED]		= "toa_added",
	[TOA_NO_ROOM]		= "toa_no_room",
	[TOA_TOO_LONG]		= "toa_too_long",
	[TOA_NO_MEMORY]		= "toa_no_memory",
	[TOA_BLANKED]		= "toa_blanked",
	[TOA_MSS_LOWERED]	= "mss_lowered",
	[TOA_ANNOUNCED]		= "udp_announced",
	[TOA_TABLE_FULL]	= "table_full",
};

static int toa_stats_show(struct seq_file *seq, void *v)
{
	struct toa_net *toa = toa_net(seq_file_single_net(seq));
	char name[16];
	int cpu, row;

	seq_puts(seq, "IP_VS_TOA(" TOA_VERSION ")\n");
	/* The names of CPUs end where their numbers do. */
	seq_printf(seq, "%26s", "");
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "CPU%d", cpu);
		seq_printf(seq, " %10s", name);
	}
	seq_putc(seq, '\n');
	for (row = 0; row < TOA_STATS; row++) {
		seq_printf(seq, "%-25s:", toa_rows[row]);
		for_each_possible_cpu(cpu)
			seq_printf(seq, " %10lu",
				   per_cpu_ptr(toa->stats, cpu)->rows[row]);
		seq_putc(seq, '\n');
	}
	return 0;
}

int toa_proc_init(struct net *net)
{
	return proc_create_net_single(TOA_STATS_FILE, 0444, net->proc_net,
				      toa_stats_show, NULL) ? 0 : -ENOMEM;
}

void toa_proc_exit(struct net *net)
{
	remove_proc_entry(TOA_STATS_FILE, net->proc_net);
}
