/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of ip_vs_toa and what they know of each other. */
#ifndef TOA_DIRECTOR_H
#define TOA_DIRECTOR_H

#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netns/generic.h>

#include "toa.h"

#define TOA_VERSION	"1.0.0"

/* Rows of the statistics. */
enum toa_stat {
	TOA_ADDED,
	TOA_NO_ROOM,
	TOA_TOO_LONG,
	TOA_NO_MEMORY,
	TOA_BLANKED,
	TOA_MSS_LOWERED,
	TOA_ANNOUNCED,
	TOA_TABLE_FULL,
	TOA_STATS
};

struct toa_stats {
	unsigned long rows[TOA_STATS];
};

struct toa_net {
	struct toa_stats __percpu *stats;
};

extern unsigned int toa_net_id;

static inline struct toa_net *toa_net(const struct net *net)
{
	return net_generic(net, toa_net_id);
}

static inline void toa_count(const struct net *net, enum toa_stat row)
{
	this_cpu_inc(toa_net(net)->stats->rows[row]);
}

/* A packet at its last hook. */
struct toa_packet {
	struct net *net;
	struct sk_buff *skb;
	struct nf_conn *ct;
	enum ip_conntrack_dir dir;
	/* From skb->data to the transport header. */
	unsigned int off;
	u8 family;
	/* Whether the real server would see another peer than this client. */
	bool hidden;
	struct toa_addr client;
};

/* toa_main.c: the kind of the option that is sent */
u8 toa_kind(u8 family);

/* toa_tcp.c */
unsigned int toa_tcp(const struct toa_packet *packet);
unsigned int toa_tcp_silence(const struct toa_packet *packet);

/* toa_udp.c */
void toa_udp(const struct toa_packet *packet);
bool toa_is_announcement(const struct toa_packet *packet);

/* toa_young.c: a number for each connection that has just begun */
int toa_young_init(void);
void toa_young_exit(void);
int toa_young_set(const struct nf_conn *ct, u32 value);
bool toa_young_get(const struct nf_conn *ct, u32 *value);
void toa_young_drop(const struct nf_conn *ct);

/* toa_proc.c */
int toa_proc_init(struct net *net);
void toa_proc_exit(struct net *net);

#endif
