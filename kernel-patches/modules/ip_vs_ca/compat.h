/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels 6.1 to 7.2. */
#ifndef CA_COMPAT_H
#define CA_COMPAT_H

#include <linux/sysctl.h>
#include <linux/version.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ca_ctl_table const struct ctl_table
#else
#define ca_ctl_table struct ctl_table
#endif

/* The table has an empty last element, which older kernels look for. */
static inline struct ctl_table_header *
ca_register_sysctl(struct net *net, const char *path, struct ctl_table *table,
		   size_t size)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl_sz(net, path, table, size);
#else
	return register_net_sysctl(net, path, table);
#endif
}

/* Since 7.0 there is one table of sockets, which nobody has to name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
static inline struct sock *
ca_established4(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
		__be16 dport, int dif, int sdif)
{
	return __inet_lookup_established(net, saddr, sport, daddr,
					 ntohs(dport), dif, sdif);
}

static inline struct sock *
ca_established6(struct net *net, const struct in6_addr *saddr, __be16 sport,
		const struct in6_addr *daddr, __be16 dport, int dif, int sdif)
{
	return __inet6_lookup_established(net, saddr, sport, daddr,
					  ntohs(dport), dif, sdif);
}
#else
static inline struct sock *
ca_established4(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
		__be16 dport, int dif, int sdif)
{
	return __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
					 saddr, sport, daddr, ntohs(dport),
					 dif, sdif);
}

static inline struct sock *
ca_established6(struct net *net, const struct in6_addr *saddr, __be16 sport,
		const struct in6_addr *daddr, __be16 dport, int dif, int sdif)
{
	return __inet6_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
					  saddr, sport, daddr, ntohs(dport),
					  dif, sdif);
}
#endif

#endif
