/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP option that carries a client's address, network byte order:
 *
 *	IPv4  kind  8  port(2) address(4)
 *	IPv6  kind 20  port(2) address(16)
 *
 * and the ICMP echo request that announces a UDP flow with the same bytes.
 */
#ifndef TOA_H
#define TOA_H

#include <linux/bitmap.h>
#include <linux/netfilter.h>
#include <linux/string.h>
#include <net/tcp.h>

#define TOA_KINDS	256
#define TOA_LEN4	8
#define TOA_LEN6	20
#define TOA_MAX_OPTIONS	(60 - (int)sizeof(struct tcphdr))

/* Marks of an announcement. The identifier is 0x1234 of a little endian sender. */
#define TOA_ECHO_ID	htons(0x3412)
#define TOA_ECHO_MAGIC	123

/* What follows the ICMP header; the option comes next, or after two bytes. */
struct toa_echo {
	u8 magic;
	u8 proto;
	__be16 sport;
	__be16 dport;
} __packed;

struct toa_addr {
	union nf_inet_addr addr;
	__be16 port;
	u8 family;
};

static inline int toa_len(u8 family)
{
	return family == AF_INET ? TOA_LEN4 : TOA_LEN6;
}

/* The first option of these kinds and of a right length, or NULL. */
static inline const u8 *toa_find(const u8 *options, int len,
				 const unsigned long *kinds)
{
	while (len >= 2 && *options != TCPOPT_EOL) {
		int size = *options == TCPOPT_NOP ? 1 : options[1];

		if (size > len || (size < 2 && *options != TCPOPT_NOP))
			return NULL;
		if ((size == TOA_LEN4 || size == TOA_LEN6) &&
		    test_bit(*options, kinds))
			return options;
		options += size;
		len -= size;
	}
	return NULL;
}

/* Reads an option that toa_find() has found. */
static inline void toa_read(const u8 *option, struct toa_addr *client)
{
	bool v4 = option[1] == TOA_LEN4;

	memset(client, 0, sizeof(*client));
	client->family = v4 ? AF_INET : AF_INET6;
	memcpy(&client->port, option + 2, sizeof(client->port));
	memcpy(&client->addr, option + 4, v4 ? 4 : 16);
}

/* Writes an option; returns its length. */
static inline int toa_write(u8 *option, u8 kind, const struct toa_addr *client)
{
	int len = toa_len(client->family);

	option[0] = kind;
	option[1] = len;
	memcpy(option + 2, &client->port, sizeof(client->port));
	memcpy(option + 4, &client->addr, len - 4);
	return len;
}

#endif
