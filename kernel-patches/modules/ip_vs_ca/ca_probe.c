// SPDX-License-Identifier: GPL-2.0-only
/*
 * The places where the kernel names the peer of a socket, or is told one: found
 * by kprobes, as no table of the kernel may be written to.
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kprobes.h>
#include <linux/socket.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "ca.h"

/* How many calls may sleep in getname() at once: it takes the socket's lock. */
#define CA_MAXACTIVE	1024

struct ca_getname {
	struct sock *sk;
	struct sockaddr *name;
};

/* Notes where the name is going to be. */
static int ca_getname_entry(struct kretprobe_instance *instance,
			    struct pt_regs *regs)
{
	struct socket *sock = (struct socket *)regs_get_kernel_argument(regs, 0);
	struct ca_getname *call = (struct ca_getname *)instance->data;
	int peer = regs_get_kernel_argument(regs, 2);
	struct sock *sk = sock->sk;

	/* getsockname() asks for our own name. */
	if (!peer || !sk || (sk->sk_protocol != IPPROTO_TCP &&
			     sk->sk_protocol != IPPROTO_MPTCP))
		return 1;
	call->sk = sk;
	call->name = (struct sockaddr *)regs_get_kernel_argument(regs, 1);
	return 0;
}

NOKPROBE_SYMBOL(ca_getname_entry);

/* The flow of a connected socket whose peer has this name. */
static bool ca_wire_of(const struct sock *sk, const struct sockaddr *name,
		       struct ca_wire *wire)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)name;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)name;

	memset(wire, 0, sizeof(*wire));
	wire->proto = IPPROTO_TCP;
	wire->lport = inet_sk(sk)->inet_sport;
	if (name->sa_family == AF_INET) {
		wire->family = AF_INET;
		wire->peer.in = sin->sin_addr;
		wire->pport = sin->sin_port;
		wire->local.ip = sk->sk_rcv_saddr;
		return true;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (name->sa_family != AF_INET6)
		return false;
	wire->pport = sin6->sin6_port;
	if (ipv6_addr_v4mapped(&sin6->sin6_addr)) {
		wire->family = AF_INET;
		wire->peer.ip = sin6->sin6_addr.s6_addr32[3];
		wire->local.ip = sk->sk_rcv_saddr;
	} else {
		wire->family = AF_INET6;
		wire->peer.in6 = sin6->sin6_addr;
		wire->local.in6 = sk->sk_v6_rcv_saddr;
	}
	return true;
#else
	return false;
#endif
}

/* Writes the client into a socket address of the family that it has. */
static bool ca_put_name(struct sockaddr *name, const struct ca_seen *seen)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)name;
	struct sockaddr_in *sin = (struct sockaddr_in *)name;

	if (name->sa_family == AF_INET) {
		if (seen->family != AF_INET)
			return false;
		sin->sin_addr = seen->client.in;
		sin->sin_port = seen->cport;
		return true;
	}
	if (seen->family == AF_INET)
		ipv6_addr_set_v4mapped(seen->client.ip, &sin6->sin6_addr);
	else
		sin6->sin6_addr = seen->client.in6;
	sin6->sin6_port = seen->cport;
	return true;
}

static int ca_getname_return(struct kretprobe_instance *instance,
			     struct pt_regs *regs)
{
	struct ca_getname *call = (struct ca_getname *)instance->data;
	struct ca_net *ca = ca_net(sock_net(call->sk));
	int len = regs_return_value(regs);
	struct ca_entry *entry;
	struct ca_wire wire;

	if (len <= 0 || !ca_wire_of(call->sk, call->name, &wire))
		return 0;
	rcu_read_lock();
	entry = ca_find_wire(ca, &wire);
	if (entry && ca_put_name(call->name, &entry->seen))
		ca_count(ca, CA_GETNAME_OK);
	else
		ca_count(ca, CA_GETNAME_MISS);
	rcu_read_unlock();
	return 0;
}

NOKPROBE_SYMBOL(ca_getname_return);

/*
 * A message to a client goes to the director instead. Here and not only in
 * LOCAL_OUT, because this host may have no route to the client. The name is the
 * kernel's copy, but for messages of the kernel itself.
 */
static int ca_sendmsg(struct kprobe *probe, struct pt_regs *regs)
{
	struct sock *sk = (struct sock *)regs_get_kernel_argument(regs, 0);
	struct msghdr *msg = (struct msghdr *)regs_get_kernel_argument(regs, 1);
	struct ca_net *ca = ca_net(sock_net(sk));
	struct ca_seen seen = { .lport = inet_sk(sk)->inet_sport };
	struct sockaddr_in6 *sin6 = msg->msg_name;
	struct sockaddr_in *sin = msg->msg_name;
	struct ca_entry *entry;

	if (!sin || sk->sk_kern_sock || !READ_ONCE(ca->udp_mangle) ||
	    !READ_ONCE(ca->entries))
		return 0;
	if (msg->msg_namelen >= sizeof(*sin) && sin->sin_family == AF_INET) {
		seen.family = AF_INET;
		seen.client.in = sin->sin_addr;
		seen.cport = sin->sin_port;
	} else if (msg->msg_namelen >= SIN6_LEN_RFC2133 &&
		   sin6->sin6_family == AF_INET6) {
		/* A mapped address comes by udp_sendmsg() again. */
		seen.family = AF_INET6;
		seen.client.in6 = sin6->sin6_addr;
		seen.cport = sin6->sin6_port;
	} else {
		return 0;
	}
	rcu_read_lock();
	entry = ca_find_seen(ca, &seen);
	if (entry && entry->wire.family == seen.family) {
		ca_touch(entry);
		if (seen.family == AF_INET) {
			sin->sin_addr = entry->wire.peer.in;
			sin->sin_port = entry->wire.pport;
		} else {
			sin6->sin6_addr = entry->wire.peer.in6;
			sin6->sin6_port = entry->wire.pport;
		}
		ca_count(ca, CA_UDP_OUT);
	}
	rcu_read_unlock();
	return 0;
}

NOKPROBE_SYMBOL(ca_sendmsg);

#define CA_GETNAME(symbol) {				\
	.kp.symbol_name = symbol,			\
	.entry_handler = ca_getname_entry,		\
	.handler = ca_getname_return,			\
	.data_size = sizeof(struct ca_getname),		\
	.maxactive = CA_MAXACTIVE,			\
}

static struct kretprobe ca_getnames[] = {
	CA_GETNAME("inet_getname"),
#if IS_ENABLED(CONFIG_IPV6)
	CA_GETNAME("inet6_getname"),
#endif
};

static struct kprobe ca_sendmsgs[] = {
	{ .symbol_name = "udp_sendmsg", .pre_handler = ca_sendmsg },
#if IS_ENABLED(CONFIG_IPV6)
	{ .symbol_name = "udpv6_sendmsg", .pre_handler = ca_sendmsg },
#endif
};

static struct kretprobe *ca_getname_list[ARRAY_SIZE(ca_getnames)];
static struct kprobe *ca_sendmsg_list[ARRAY_SIZE(ca_sendmsgs)];

/* Calls that nobody looked at, for want of room: they show the director. */
unsigned long ca_probe_missed(void)
{
	unsigned long missed = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ca_getnames); i++)
		missed += ca_getnames[i].nmissed + ca_getnames[i].kp.nmissed;
	for (i = 0; i < ARRAY_SIZE(ca_sendmsgs); i++)
		missed += ca_sendmsgs[i].nmissed;
	return missed;
}

int ca_probe_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(ca_getnames); i++)
		ca_getname_list[i] = &ca_getnames[i];
	for (i = 0; i < ARRAY_SIZE(ca_sendmsgs); i++)
		ca_sendmsg_list[i] = &ca_sendmsgs[i];
	err = register_kretprobes(ca_getname_list, ARRAY_SIZE(ca_getnames));
	if (err)
		return err;
	err = register_kprobes(ca_sendmsg_list, ARRAY_SIZE(ca_sendmsgs));
	if (err)
		unregister_kretprobes(ca_getname_list, ARRAY_SIZE(ca_getnames));
	return err;
}

void ca_probe_exit(void)
{
	unregister_kprobes(ca_sendmsg_list, ARRAY_SIZE(ca_sendmsgs));
	unregister_kretprobes(ca_getname_list, ARRAY_SIZE(ca_getnames));
}
