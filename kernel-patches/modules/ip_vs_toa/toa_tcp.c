// SPDX-License-Identifier: GPL-2.0-only
/*
 * The option in segments to the real server: in the SYN, and in what the client
 * sends until it acknowledges data: some receivers look at the SYN, others at
 * the segment that completes the handshake, which may be the first with data.
 */

#include <linux/version.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#include "director.h"

/* Kinds that receivers believe: from clients they are lies. */
static const u8 toa_believed[] = { 200, 253, 254 };

static struct tcphdr *toa_header(const struct toa_packet *packet)
{
	return (struct tcphdr *)(packet->skb->data + packet->off);
}

static int toa_options_len(const struct tcphdr *th)
{
	return th->doff * 4 - (int)sizeof(*th);
}

/* Has the whole header lie in one piece. */
static bool toa_pull(const struct toa_packet *packet)
{
	return pskb_may_pull(packet->skb, packet->off + sizeof(struct tcphdr)) &&
	       toa_options_len(toa_header(packet)) >= 0 &&
	       pskb_may_pull(packet->skb,
			     packet->off + toa_header(packet)->doff * 4);
}

/* Has it be ours alone; it may move. */
static bool toa_writable(const struct toa_packet *packet)
{
	return !skb_ensure_writable(packet->skb, packet->off +
				    toa_header(packet)->doff * 4);
}

/* Overwrites bytes of the header, which is writable. */
static void toa_patch(const struct toa_packet *packet, u8 *at, const void *bytes,
		      unsigned int len)
{
	struct tcphdr *th = toa_header(packet);
	/* A checksum takes words of two bytes, from even offsets. */
	unsigned int odd = (at - (u8 *)th) & 1;
	unsigned int span = round_up(len + odd, 2);
	__wsum before, after;
	u8 *from = at - odd;

	before = csum_partial(from, span, 0);
	memcpy(at, bytes, len);
	after = csum_partial(from, span, 0);
	if (packet->skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check, csum_sub(after, before));
}

/* The first option that is a lie, or NULL. */
static u8 *toa_find_lie(const struct toa_packet *packet)
{
	const struct tcphdr *th = toa_header(packet);
	DECLARE_BITMAP(kinds, TOA_KINDS) = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(toa_believed); i++)
		__set_bit(toa_believed[i], kinds);
	__set_bit(toa_kind(AF_INET), kinds);
	__set_bit(toa_kind(AF_INET6), kinds);
	return (u8 *)toa_find((const u8 *)(th + 1), toa_options_len(th), kinds);
}

/* Overwrites what clients say of themselves; whether that is possible. */
static bool toa_blank(const struct toa_packet *packet)
{
	static const u8 nops[TOA_LEN6] = { [0 ... TOA_LEN6 - 1] = TCPOPT_NOP };
	u8 *option;

	if (!toa_find_lie(packet))
		return true;
	if (!toa_writable(packet))
		return false;
	while ((option = toa_find_lie(packet))) {
		toa_patch(packet, option, nops, option[1]);
		toa_count(packet->net, TOA_BLANKED);
	}
	return true;
}

/* Whether the packet, and each segment of it, may grow that much. */
static bool toa_fits(struct sk_buff *skb, unsigned int more)
{
	unsigned int mtu = dst_mtu(skb_dst(skb));

	if (skb_is_gso(skb)) {
		/* What has a length in its header must not outgrow it. */
		if (skb->len <= U16_MAX && skb->len + more > U16_MAX)
			return false;
		return skb_gso_validate_network_len(skb, mtu - more);
	}
	return skb->len + more <= mtu;
}

/* Makes room after the fixed header by moving the headers, not the data. */
static void toa_open(struct toa_packet *packet, unsigned int room)
{
	struct sk_buff *skb = packet->skb;

	skb_push(skb, room);
	memmove(skb->data, skb->data + room,
		packet->off + sizeof(struct tcphdr));
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, packet->off);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start -= room;
}

static void toa_grow_ip(const struct toa_packet *packet, unsigned int more)
{
	/* A length of 0 means more than 64 KiB, to be cut into segments. */
	if (packet->family == AF_INET) {
		struct iphdr *iph = ip_hdr(packet->skb);
		__be16 len = htons(ntohs(iph->tot_len) + more);

		if (iph->tot_len) {
			csum_replace2(&iph->check, iph->tot_len, len);
			iph->tot_len = len;
		}
	} else {
		struct ipv6hdr *iph = ipv6_hdr(packet->skb);

		if (iph->payload_len)
			iph->payload_len = htons(ntohs(iph->payload_len) + more);
	}
}

static void toa_add(struct toa_packet packet)
{
	unsigned int more = toa_len(packet.client.family);
	struct sk_buff *skb = packet.skb;
	struct tcphdr *th = toa_header(&packet);
	u8 option[TOA_LEN6];
	__be16 *offset;
	__be32 len;

	if (toa_options_len(th) + (int)more > TOA_MAX_OPTIONS) {
		toa_count(packet.net, TOA_NO_ROOM);
		return;
	}
	if (!toa_fits(skb, more)) {
		toa_count(packet.net, TOA_TOO_LONG);
		return;
	}
	if (skb_cow_head(skb, more + LL_RESERVED_SPACE(skb_dst(skb)->dev))) {
		toa_count(packet.net, TOA_NO_MEMORY);
		return;
	}
	len = htonl(skb->len - packet.off);
	toa_open(&packet, more);
	th = toa_header(&packet);
	toa_write(option, toa_kind(packet.client.family), &packet.client);
	memcpy(th + 1, option, more);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check, csum_partial(option, more, 0));
	/* The word with the header's length. */
	offset = (__be16 *)th + 6;
	inet_proto_csum_replace2(&th->check, skb, *offset,
				 htons(ntohs(*offset) + (more / 4 << 12)), false);
	th->doff += more / 4;
	inet_proto_csum_replace4(&th->check, skb, len,
				 htonl(ntohl(len) + more), true);
	toa_grow_ip(&packet, more);
	toa_count(packet.net, TOA_ADDED);
}

/* Has the client leave room for the option in its full segments. */
static void toa_lower_mss(const struct toa_packet *packet)
{
	u8 *options = (u8 *)(toa_header(packet) + 1);
	int len = toa_options_len(toa_header(packet));
	unsigned int less = toa_len(packet->client.family);

	while (len >= 2 && *options != TCPOPT_EOL) {
		int size = *options == TCPOPT_NOP ? 1 : options[1];

		if (size > len || (size < 2 && *options != TCPOPT_NOP))
			return;
		if (*options == TCPOPT_MSS && size == TCPOLEN_MSS) {
			u16 mss = options[2] << 8 | options[3];
			u8 lower[2];

			if (mss < TCP_MIN_MSS + less)
				return;
			mss -= less;
			lower[0] = mss >> 8;
			lower[1] = mss;
			toa_patch(packet, options + 2, lower, sizeof(lower));
			toa_count(packet->net, TOA_MSS_LOWERED);
			return;
		}
		options += size;
		len -= size;
	}
}

/* The server's side: its first sequence number tells the first data from later. */
static void toa_answer(const struct toa_packet *packet)
{
	struct tcphdr *th = toa_header(packet);
	const struct nf_conntrack_tuple *reply;

	if (!th->syn || !th->ack)
		return;
	/* Is there SNAT? The server answers to another address than the client's. */
	reply = &packet->ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	if (nf_inet_addr_cmp(&reply->dst.u3, &packet->client.addr))
		return;
	if (toa_young_set(packet->ct, ntohl(th->seq) + 1))
		toa_count(packet->net, TOA_TABLE_FULL);
	if (toa_writable(packet))
		toa_lower_mss(packet);
}

/* Whether the server may look for the option in this segment. */
static bool toa_is_wanted(const struct toa_packet *packet)
{
	const struct tcphdr *th = toa_header(packet);
	u32 first;

	if (th->syn)
		return !th->ack;
	if (!th->ack || th->rst || th->fin ||
	    !toa_young_get(packet->ct, &first))
		return false;
	if (ntohl(th->ack_seq) == first)
		return true;
	toa_young_drop(packet->ct);
	return false;
}

/* Takes out what the sender says, and adds nothing. */
unsigned int toa_tcp_silence(const struct toa_packet *packet)
{
	return toa_pull(packet) && toa_blank(packet) ? NF_ACCEPT : NF_DROP;
}

unsigned int toa_tcp(const struct toa_packet *packet)
{
	if (!toa_pull(packet))
		return NF_DROP;
	if (packet->ct && packet->dir == IP_CT_DIR_REPLY) {
		toa_answer(packet);
		return NF_ACCEPT;
	}
	if (!toa_blank(packet))
		return NF_DROP;
	if (packet->hidden && toa_is_wanted(packet))
		toa_add(*packet);
	return NF_ACCEPT;
}
