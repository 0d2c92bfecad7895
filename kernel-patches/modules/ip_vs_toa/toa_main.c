// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells real servers who the client is, on a director that hides that by NAT
 * with conntrack and SNAT: the part of full NAT that an unchanged ip_vs lacks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "director.h"

static unsigned char kind = 254;
module_param(kind, byte, 0644);
MODULE_PARM_DESC(kind, "TCP option with the client's address (254)");

static unsigned char kind6;
module_param(kind6, byte, 0644);
MODULE_PARM_DESC(kind6, "the same for IPv6 clients (0: as for IPv4)");

unsigned int toa_net_id;

u8 toa_kind(u8 family)
{
	u8 six = READ_ONCE(kind6);

	return family == AF_INET6 && six ? six : READ_ONCE(kind);
}

/* What conntrack knows of a packet, and whether SNAT hid its sender. */
static void toa_track(struct toa_packet *packet, const void *source)
{
	const struct nf_conntrack_tuple *tuple;
	enum ip_conntrack_info info;
	size_t len = packet->family == AF_INET ? 4 : 16;

	packet->ct = nf_ct_get(packet->skb, &info);
	if (!packet->ct)
		return;
	packet->dir = CTINFO2DIR(info);
	tuple = &packet->ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	packet->client.family = nf_ct_l3num(packet->ct);
	packet->client.addr = tuple->src.u3;
	packet->client.port = tuple->src.u.all;
	packet->hidden = packet->dir == IP_CT_DIR_ORIGINAL &&
			 memcmp(&tuple->src.u3, source, len);
}

/*
 * What is only forwarded, and leaves with the director's address: servers that
 * trust it must not take the sender's word for the director's.
 */
static unsigned int toa_stranger(const struct toa_packet *packet, u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return toa_tcp_silence(packet);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return toa_is_announcement(packet) ? NF_DROP : NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
}

static unsigned int toa_hook(struct toa_packet *packet, u8 proto,
			     const void *source)
{
	toa_track(packet, source);
	if (!packet->skb->ipvs_property)
		return packet->hidden ? toa_stranger(packet, proto) : NF_ACCEPT;
	switch (proto) {
	case IPPROTO_TCP:
		return toa_tcp(packet);
	case IPPROTO_UDP:
		toa_udp(packet);
		return NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
}

static unsigned int toa_out4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct toa_packet packet = {
		.net = state->net,
		.skb = skb,
		.off = ip_hdrlen(skb),
		.family = AF_INET,
	};
	const struct iphdr *iph = ip_hdr(skb);

	if (ip_is_fragment(iph))
		return NF_ACCEPT;
	return toa_hook(&packet, iph->protocol, &iph->saddr);
}

static unsigned int toa_out6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct toa_packet packet = {
		.net = state->net,
		.skb = skb,
		.family = AF_INET6,
	};
	const struct ipv6hdr *iph = ipv6_hdr(skb);
	u8 proto = iph->nexthdr;
	__be16 fragment;
	int off;

	off = ipv6_skip_exthdr(skb, sizeof(*iph), &proto, &fragment);
	if (off < 0 || fragment)
		return NF_ACCEPT;
	packet.off = off;
	return toa_hook(&packet, proto, &iph->saddr);
}

/* After SNAT. */
static const struct nf_hook_ops toa_hooks[] = {
	{
		.hook = toa_out4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_NAT_SRC + 1,
	},
	{
		.hook = toa_out6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_NAT_SRC + 1,
	},
};

static int __net_init toa_net_init(struct net *net)
{
	struct toa_net *toa = toa_net(net);
	int err;

	toa->stats = alloc_percpu(struct toa_stats);
	if (!toa->stats)
		return -ENOMEM;
	err = toa_proc_init(net);
	if (err)
		goto free_stats;
	err = nf_register_net_hooks(net, toa_hooks, ARRAY_SIZE(toa_hooks));
	if (err)
		goto exit_proc;
	return 0;

exit_proc:
	toa_proc_exit(net);
free_stats:
	free_percpu(toa->stats);
	return err;
}

/* The network core waits for readers between this and toa_net_exit(). */
static void __net_exit toa_net_pre_exit(struct net *net)
{
	nf_unregister_net_hooks(net, toa_hooks, ARRAY_SIZE(toa_hooks));
}

static void __net_exit toa_net_exit(struct net *net)
{
	toa_proc_exit(net);
	free_percpu(toa_net(net)->stats);
}

static struct pernet_operations toa_net_ops = {
	.init = toa_net_init,
	.pre_exit = toa_net_pre_exit,
	.exit = toa_net_exit,
	.id = &toa_net_id,
	.size = sizeof(struct toa_net),
};

static int __init toa_init(void)
{
	int err = toa_young_init();

	if (err)
		return err;
	err = register_pernet_subsys(&toa_net_ops);
	if (err)
		toa_young_exit();
	return err;
}

static void __exit toa_exit(void)
{
	unregister_pernet_subsys(&toa_net_ops);
	toa_young_exit();
}

module_init(toa_init);
module_exit(toa_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Client addresses in TCP options and announcements for IPVS");
MODULE_VERSION(TOA_VERSION);
