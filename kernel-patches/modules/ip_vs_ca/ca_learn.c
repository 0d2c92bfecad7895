// SPDX-License-Identifier: GPL-2.0-only
/* What packets tell of clients. */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ca.h"

static void ca_learn_from(struct ca_net *ca, struct sk_buff *skb,
			  const struct ca_wire *wire, const u8 *option)
{
	struct toa_addr client;
	int dif, sdif;

	toa_read(option, &client);
	if (wire->family == AF_INET) {
		dif = inet_iif(skb);
		sdif = inet_sdif(skb);
	} else {
		dif = inet6_iif(skb);
		sdif = inet6_sdif(skb);
	}
	ca_learn(ca, wire, &client, dif, sdif);
}

/* Looks for the option in a segment to this host. */
void ca_learn_tcp(struct ca_net *ca, struct sk_buff *skb, unsigned int off,
		  struct ca_wire *wire)
{
	u8 buffer[TOA_MAX_OPTIONS];
	const u8 *options, *option = NULL;
	const struct tcphdr *th;
	struct tcphdr header;
	int len;

	th = skb_header_pointer(skb, off, sizeof(header), &header);
	if (!th)
		return;
	len = th->doff * 4 - (int)sizeof(*th);
	if (len > 0) {
		options = skb_header_pointer(skb, off + sizeof(*th), len, buffer);
		if (options)
			option = toa_find(options, len, ca->kinds);
	}
	if (th->syn && !th->ack)
		ca_count(ca, option ? CA_SYN_KNOWN : CA_SYN_UNKNOWN);
	if (!option && (!th->syn || th->ack))
		return;
	if (option && !ca_is_trusted(ca, wire->family, &wire->peer, false)) {
		ca_count(ca, CA_UNTRUSTED);
		option = NULL;
	}
	/* A damaged segment, which TCP is going to drop, teaches nothing. */
	if (nf_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_TCP, wire->family))
		return;
	wire->pport = th->source;
	wire->lport = th->dest;
	if (option)
		ca_learn_from(ca, skb, wire, option);
	else if (th->syn && !th->ack)
		/* The director has given the port to another client. */
		ca_unlearn(ca, wire);
}

/*
 * Looks whether an echo request announces a flow. The original's sender puts
 * two bytes before the option, its receiver wants none: both are understood.
 */
bool ca_learn_echo(struct ca_net *ca, struct sk_buff *skb, unsigned int off,
		   struct ca_wire *wire)
{
	u8 proto = wire->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	u8 request = wire->family == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST;
	u8 buffer[sizeof(struct toa_echo) + 2 + TOA_LEN6];
	const struct toa_echo *echo;
	const struct icmphdr *ih;
	struct icmphdr header;
	const u8 *option;
	int len;

	ih = skb_header_pointer(skb, off, sizeof(header), &header);
	if (!ih || ih->type != request || ih->code ||
	    ih->un.echo.id != TOA_ECHO_ID || ih->un.echo.sequence)
		return false;
	len = (int)(skb->len - off - sizeof(header));
	if (len < (int)sizeof(*echo) + TOA_LEN4 || len > (int)sizeof(buffer))
		return false;
	echo = skb_header_pointer(skb, off + sizeof(header), len, buffer);
	if (!echo || echo->magic != TOA_ECHO_MAGIC ||
	    (echo->proto != IPPROTO_UDP && echo->proto != IPPROTO_TCP))
		return false;

	/* Now it is one, right or wrong. */
	option = (const u8 *)(echo + 1);
	len -= sizeof(*echo);
	if (len == TOA_LEN4 + 2 || len == TOA_LEN6 + 2) {
		option += 2;
		len -= 2;
	}
	if (toa_find(option, len, ca->kinds) != option || option[1] != len ||
	    nf_checksum(skb, NF_INET_LOCAL_IN, off, proto, wire->family)) {
		ca_count(ca, CA_ICMP_BAD);
		return false;
	}
	if (!ca_is_trusted(ca, wire->family, &wire->peer,
			   echo->proto == IPPROTO_UDP)) {
		ca_count(ca, CA_UNTRUSTED);
		return false;
	}
	wire->proto = echo->proto;
	wire->pport = echo->sport;
	wire->lport = echo->dport;
	ca_learn_from(ca, skb, wire, option);
	return true;
}
