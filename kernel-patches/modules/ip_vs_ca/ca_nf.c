// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that come to this host or leave it. What arrives is looked at after
 * everything else, but for the confirmation of its conntrack, and what leaves
 * before conntrack: so that conntrack knows flows as they are on the wire.
 */

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ca.h"

/* The source or the destination of a UDP packet and its port. */
struct ca_end {
	union nf_inet_addr addr;
	__be16 port;
};

static bool ca_rewrite(struct sk_buff *skb, unsigned int off, u8 family,
		       bool source, const struct ca_end *end)
{
	struct udphdr *uh;
	__be16 *port;
	bool sum;

	if (skb_ensure_writable(skb, off + sizeof(*uh)))
		return false;
	uh = (struct udphdr *)(skb->data + off);
	port = source ? &uh->source : &uh->dest;
	sum = uh->check || skb->ip_summed == CHECKSUM_PARTIAL;
	if (family == AF_INET) {
		struct iphdr *iph = ip_hdr(skb);
		__be32 *addr = source ? &iph->saddr : &iph->daddr;

		if (sum)
			inet_proto_csum_replace4(&uh->check, skb, *addr,
						 end->addr.ip, true);
		csum_replace4(&iph->check, *addr, end->addr.ip);
		*addr = end->addr.ip;
	} else {
		struct ipv6hdr *iph = ipv6_hdr(skb);
		struct in6_addr *addr = source ? &iph->saddr : &iph->daddr;

		if (sum)
			inet_proto_csum_replace16(&uh->check, skb,
						  addr->s6_addr32,
						  end->addr.in6.s6_addr32, true);
		*addr = end->addr.in6;
	}
	if (sum) {
		inet_proto_csum_replace2(&uh->check, skb, *port, end->port,
					 false);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}
	*port = end->port;
	return true;
}

/* Shows a UDP socket the client instead of the director. */
static unsigned int ca_udp_in(struct ca_net *ca, struct sk_buff *skb,
			      unsigned int off, struct ca_wire *wire)
{
	const struct udphdr *uh;
	struct ca_entry *entry;
	struct udphdr header;
	struct ca_end client;

	if (!READ_ONCE(ca->udp_mangle) || !READ_ONCE(ca->entries))
		return NF_ACCEPT;
	uh = skb_header_pointer(skb, off, sizeof(header), &header);
	if (!uh)
		return NF_ACCEPT;
	wire->pport = uh->source;
	wire->lport = uh->dest;
	entry = ca_find_wire(ca, wire);
	if (!entry || entry->seen.family != wire->family)
		return NF_ACCEPT;
	ca_touch(entry);
	client.addr = entry->seen.client;
	client.port = entry->seen.cport;
	if (!ca_rewrite(skb, off, wire->family, true, &client))
		return NF_DROP;
	ca_count(ca, CA_UDP_IN);
	return NF_ACCEPT;
}

static unsigned int ca_in(struct ca_net *ca, struct sk_buff *skb,
			  unsigned int off, struct ca_wire *wire)
{
	switch (wire->proto) {
	case IPPROTO_TCP:
		ca_learn_tcp(ca, skb, off, wire);
		return NF_ACCEPT;
	case IPPROTO_UDP:
		return ca_udp_in(ca, skb, off, wire);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		/* Nobody waits for the answer to an announcement. */
		return ca_learn_echo(ca, skb, off, wire) ? NF_DROP : NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
}

static unsigned int ca_in4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct ca_wire wire = {
		.peer.ip = iph->saddr,
		.local.ip = iph->daddr,
		.family = AF_INET,
		.proto = iph->protocol,
	};

	if (ip_is_fragment(iph) || iph->protocol == IPPROTO_ICMPV6)
		return NF_ACCEPT;
	return ca_in(ca_net(state->net), skb, ip_hdrlen(skb), &wire);
}

/* The protocol of an IPv6 packet and where its header is. */
static bool ca_transport6(struct sk_buff *skb, u8 *proto, unsigned int *off)
{
	__be16 fragment;
	int found;

	*proto = ipv6_hdr(skb)->nexthdr;
	found = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), proto, &fragment);
	*off = found;
	/* IPv6 puts fragments together after the hooks. */
	return found > 0 && !fragment;
}

static unsigned int ca_in6(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const struct ipv6hdr *iph = ipv6_hdr(skb);
	struct ca_wire wire = {
		.peer.in6 = iph->saddr,
		.local.in6 = iph->daddr,
		.family = AF_INET6,
	};
	unsigned int off;

	if (!ca_transport6(skb, &wire.proto, &off) ||
	    wire.proto == IPPROTO_ICMP)
		return NF_ACCEPT;
	return ca_in(ca_net(state->net), skb, off, &wire);
}

/*
 * Sends what goes to a client to the director; the socket is connected, or
 * belongs to the kernel. Returns whether there is a new destination.
 */
static bool ca_udp_out(struct ca_net *ca, struct sk_buff *skb, unsigned int off,
		       struct ca_seen *seen, unsigned int *verdict)
{
	const struct udphdr *uh;
	struct ca_entry *entry;
	struct ca_end director;
	struct udphdr header;

	*verdict = NF_ACCEPT;
	if (!READ_ONCE(ca->udp_mangle) || !READ_ONCE(ca->entries))
		return false;
	uh = skb_header_pointer(skb, off, sizeof(header), &header);
	if (!uh)
		return false;
	seen->cport = uh->dest;
	seen->lport = uh->source;
	entry = ca_find_seen(ca, seen);
	if (!entry || entry->wire.family != seen->family)
		return false;
	ca_touch(entry);
	director.addr = entry->wire.peer;
	director.port = entry->wire.pport;
	if (!ca_rewrite(skb, off, seen->family, false, &director)) {
		*verdict = NF_DROP;
		return false;
	}
	ca_count(ca, CA_UDP_OUT);
	return true;
}

static unsigned int ca_out4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct ca_seen seen = { .client.ip = iph->daddr, .family = AF_INET };
	unsigned int verdict;

	if (iph->protocol != IPPROTO_UDP || ip_is_fragment(iph))
		return NF_ACCEPT;
	if (ca_udp_out(ca_net(state->net), skb, ip_hdrlen(skb), &seen, &verdict) &&
	    ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC))
		return NF_DROP;
	return verdict;
}

static unsigned int ca_out6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct ca_seen seen = {
		.client.in6 = ipv6_hdr(skb)->daddr,
		.family = AF_INET6,
	};
	unsigned int off, verdict;
	u8 proto;

	if (!ca_transport6(skb, &proto, &off) || proto != IPPROTO_UDP)
		return NF_ACCEPT;
	if (ca_udp_out(ca_net(state->net), skb, off, &seen, &verdict) &&
	    ip6_route_me_harder(state->net, state->sk, skb))
		return NF_DROP;
	return verdict;
}

static const struct nf_hook_ops ca_hooks[] = {
	{
		.hook = ca_in4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_CONFIRM - 1,
	},
	{
		.hook = ca_out4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook = ca_in6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 1,
	},
	{
		.hook = ca_out6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_CONNTRACK - 1,
	},
};

int ca_nf_init(struct net *net)
{
	return nf_register_net_hooks(net, ca_hooks, ARRAY_SIZE(ca_hooks));
}

void ca_nf_exit(struct net *net)
{
	nf_unregister_net_hooks(net, ca_hooks, ARRAY_SIZE(ca_hooks));
}
