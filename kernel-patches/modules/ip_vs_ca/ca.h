/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of ip_vs_ca and what they know of each other. */
#ifndef CA_H
#define CA_H

#include <linux/rhashtable.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/netns/generic.h>

#include "toa.h"

#define CA_VERSION		"3.0.0"
#define CA_TRUSTED_TEXT		1024

/* Rows of the statistics; the first four are those of the original module. */
enum ca_stat {
	CA_SYN_KNOWN,
	CA_SYN_UNKNOWN,
	CA_CONN_NEW,
	CA_CONN_DEL,
	CA_GETNAME_OK,
	CA_GETNAME_MISS,
	CA_UDP_IN,
	CA_UDP_OUT,
	CA_ICMP_BAD,
	CA_UNTRUSTED,
	CA_TCP_KEPT,
	CA_TABLE_FULL,
	CA_STATS
};

struct ca_stats {
	unsigned long rows[CA_STATS];
};

/* A flow as its packets show it on the wire. Padding is zero: this is a key. */
struct ca_wire {
	union nf_inet_addr peer;
	union nf_inet_addr local;
	__be16 pport;
	__be16 lport;
	u8 family;
	u8 proto;
	u16 zero;
};

/* A UDP flow as the server's program shall see it. A key as well. */
struct ca_seen {
	union nf_inet_addr client;
	__be16 cport;
	__be16 lport;
	u8 family;
	u8 zero[3];
};

struct ca_entry {
	struct rhash_head wire_node;
	struct rhash_head seen_node;
	struct ca_wire wire;
	struct ca_seen seen;
	/* Where the flow came in: sockets may be bound to that. */
	int dif;
	int sdif;
	unsigned long last;
	struct rcu_head rcu;
};

struct ca_prefix {
	union nf_inet_addr addr;
	u8 family;
	u8 len;
};

struct ca_trusted {
	struct rcu_head rcu;
	unsigned int count;
	struct ca_prefix list[];
};

/* The state of one network namespace. */
struct ca_net {
	struct net *net;
	struct ca_stats __percpu *stats;

	/* sysctls */
	int tcp_timeout;
	int udp_timeout;
	int max_entries;
	int udp_mangle;
	unsigned long *kinds;
	DECLARE_BITMAP(kinds_bits, TOA_KINDS);
	struct ca_trusted __rcu *trusted;
	struct mutex trusted_lock;	/* one writer at a time */
	char trusted_text[CA_TRUSTED_TEXT];
	struct ctl_table_header *sysctl_header;

	/* the table */
	struct rhashtable wires;
	struct rhashtable seen;
	spinlock_t lock;		/* held for changes of both hashes */
	int entries;
	struct delayed_work gc;
};

extern unsigned int ca_net_id;

static inline struct ca_net *ca_net(const struct net *net)
{
	return net_generic(net, ca_net_id);
}

static inline void ca_count(struct ca_net *ca, enum ca_stat row)
{
	this_cpu_inc(ca->stats->rows[row]);
}

/* ca_table.c */
int ca_table_init(struct ca_net *ca);
void ca_table_exit(struct ca_net *ca);
void ca_learn(struct ca_net *ca, const struct ca_wire *wire,
	      const struct toa_addr *client, int dif, int sdif);
void ca_unlearn(struct ca_net *ca, const struct ca_wire *wire);
struct ca_entry *ca_find_wire(struct ca_net *ca, const struct ca_wire *wire);
struct ca_entry *ca_find_seen(struct ca_net *ca, const struct ca_seen *seen);

static inline void ca_touch(struct ca_entry *entry)
{
	unsigned long now = jiffies;

	/* Most packets come within the same tick: no need to write then. */
	if (READ_ONCE(entry->last) != now)
		WRITE_ONCE(entry->last, now);
}

/* ca_learn.c */
void ca_learn_tcp(struct ca_net *ca, struct sk_buff *skb, unsigned int off,
		  struct ca_wire *wire);
bool ca_learn_echo(struct ca_net *ca, struct sk_buff *skb, unsigned int off,
		   struct ca_wire *wire);

/* ca_nf.c */
int ca_nf_init(struct net *net);
void ca_nf_exit(struct net *net);

/* ca_probe.c */
int ca_probe_init(void);
void ca_probe_exit(void);
unsigned long ca_probe_missed(void);

/* ca_proc.c */
int ca_proc_init(struct net *net);
void ca_proc_exit(struct net *net);

/* ca_sysctl.c */
int ca_sysctl_init(struct ca_net *ca);
void ca_sysctl_exit(struct ca_net *ca);
bool ca_is_trusted(struct ca_net *ca, u8 family, const union nf_inet_addr *addr,
		   bool named);

#endif
