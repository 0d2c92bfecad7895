// SPDX-License-Identifier: GPL-2.0-only
/*
 * Announces the client of a UDP flow by ICMP echo requests, which arrive before
 * the first packets themselves: before more than one, as one may be lost.
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "director.h"

#define ANNOUNCEMENTS	3
#define TTL		64

/* Whether an ICMP packet would be one of ours to a receiver. */
bool toa_is_announcement(const struct toa_packet *packet)
{
	u8 request = packet->family == AF_INET ? ICMP_ECHO :
		     ICMPV6_ECHO_REQUEST;
	const struct icmphdr *ih;
	struct icmphdr header;
	const u8 *magic;
	u8 byte;

	ih = skb_header_pointer(packet->skb, packet->off, sizeof(header),
				&header);
	if (!ih || ih->type != request || ih->code ||
	    ih->un.echo.id != TOA_ECHO_ID || ih->un.echo.sequence)
		return false;
	magic = skb_header_pointer(packet->skb, packet->off + sizeof(header),
				   sizeof(byte), &byte);
	if (!magic || *magic != TOA_ECHO_MAGIC)
		return false;
	toa_count(packet->net, TOA_BLANKED);
	return true;
}

/* An echo request with the flow and the option in it, without checksum. */
static void toa_fill(struct sk_buff *skb, const struct toa_packet *packet,
		     const struct udphdr *uh)
{
	struct icmphdr *ih = skb_put_zero(skb, sizeof(*ih));
	struct toa_echo *echo = skb_put(skb, sizeof(*echo));
	u8 *option = skb_put(skb, toa_len(packet->client.family));

	ih->type = packet->family == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST;
	ih->un.echo.id = TOA_ECHO_ID;
	echo->magic = TOA_ECHO_MAGIC;
	echo->proto = IPPROTO_UDP;
	echo->sport = uh->source;
	echo->dport = uh->dest;
	toa_write(option, toa_kind(packet->client.family), &packet->client);
}

static void toa_send4(const struct toa_packet *packet, struct sk_buff *skb)
{
	const struct iphdr *data = ip_hdr(packet->skb);
	struct icmphdr *ih = (struct icmphdr *)skb->data;
	struct iphdr *iph;

	ih->checksum = ip_compute_csum(ih, skb->len);
	skb_reset_transport_header(skb);
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.frag_off = htons(IP_DF),
		.ttl = TTL,
		.protocol = IPPROTO_ICMP,
		.saddr = data->saddr,
		.daddr = data->daddr,
	};
	skb->protocol = htons(ETH_P_IP);
	ip_local_out(packet->net, NULL, skb);
}

static void toa_send6(const struct toa_packet *packet, struct sk_buff *skb)
{
	const struct ipv6hdr *data = ipv6_hdr(packet->skb);
	struct icmp6hdr *ih = (struct icmp6hdr *)skb->data;
	unsigned int len = skb->len;
	struct ipv6hdr *iph;

	ih->icmp6_cksum = csum_ipv6_magic(&data->saddr, &data->daddr, len,
					  IPPROTO_ICMPV6,
					  csum_partial(ih, len, 0));
	skb_reset_transport_header(skb);
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct ipv6hdr) {
		.version = 6,
		.payload_len = htons(len),
		.nexthdr = IPPROTO_ICMPV6,
		.hop_limit = TTL,
		.saddr = data->saddr,
		.daddr = data->daddr,
	};
	skb->protocol = htons(ETH_P_IPV6);
	ip6_local_out(packet->net, NULL, skb);
}

static void toa_announce(const struct toa_packet *packet,
			 const struct udphdr *uh)
{
	struct dst_entry *dst = skb_dst(packet->skb);
	unsigned int room = LL_RESERVED_SPACE(dst->dev) + sizeof(struct ipv6hdr);
	struct sk_buff *skb;

	skb = alloc_skb(room + sizeof(struct icmphdr) + sizeof(struct toa_echo) +
			TOA_LEN6, GFP_ATOMIC);
	if (!skb) {
		toa_count(packet->net, TOA_NO_MEMORY);
		return;
	}
	skb_reserve(skb, room);
	toa_fill(skb, packet, uh);
	skb_dst_set(skb, dst_clone(dst));
	skb->dev = dst->dev;
	/* Neither conntrack nor IPVS has anything to do with it. */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	skb->ipvs_property = 1;
	toa_count(packet->net, TOA_ANNOUNCED);
	if (packet->family == AF_INET)
		toa_send4(packet, skb);
	else
		toa_send6(packet, skb);
}

void toa_udp(const struct toa_packet *packet)
{
	const struct udphdr *uh;
	struct udphdr header;
	u32 sent = 0;

	if (!packet->hidden)
		return;
	/* Confirmed is a flow from its second packet on. One that was there
	 * before this module stays unannounced.
	 */
	if (nf_ct_is_confirmed(packet->ct) && !toa_young_get(packet->ct, &sent))
		return;
	uh = skb_header_pointer(packet->skb, packet->off, sizeof(header),
				&header);
	if (!uh)
		return;
	toa_announce(packet, uh);
	if (++sent >= ANNOUNCEMENTS)
		toa_young_drop(packet->ct);
	else if (toa_young_set(packet->ct, sent))
		toa_count(packet->net, TOA_TABLE_FULL);
}
