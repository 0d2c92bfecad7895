// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/net/ca: the original's three settings, then ours. */

#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/ipv6.h>

#include "ca.h"
#include "compat.h"

#define CA_TCP_TIMEOUT		100
#define CA_UDP_TIMEOUT		310
#define CA_MAX_ENTRIES		262144
/* In a namespace whose owner is not root of the host. */
#define CA_MAX_ENTRIES_USER	4096
/* The original's kind, and the one that most directors use. */
#define CA_KIND_ORIGINAL	200
#define CA_KIND_COMMON		254

static const int ca_year = 365 * 24 * 3600;

/*
 * Whether what this sender says of clients is believed: anybody's word, if no
 * director is named, unless only named ones count. Under RCU.
 */
bool ca_is_trusted(struct ca_net *ca, u8 family, const union nf_inet_addr *addr,
		   bool named)
{
	const struct ca_trusted *trusted = rcu_dereference(ca->trusted);
	unsigned int i;

	if (!trusted || !trusted->count)
		return !named;
	for (i = 0; i < trusted->count; i++) {
		const struct ca_prefix *prefix = &trusted->list[i];

		if (prefix->family != family)
			continue;
		if (family == AF_INET) {
			if (!((addr->ip ^ prefix->addr.ip) &
			      inet_make_mask(prefix->len)))
				return true;
		} else if (ipv6_prefix_equal(&addr->in6, &prefix->addr.in6,
					     prefix->len)) {
			return true;
		}
	}
	return false;
}

/* Reads `192.0.2.0/24`, or an address alone. */
static int ca_parse_prefix(char *text, struct ca_prefix *prefix)
{
	char *slash = strchr(text, '/');
	const char *end;
	u8 bits;

	if (slash)
		*slash++ = '\0';
	if (in4_pton(text, -1, (u8 *)&prefix->addr, '\0', &end)) {
		prefix->family = AF_INET;
		bits = 32;
	} else if (in6_pton(text, -1, (u8 *)&prefix->addr, '\0', &end)) {
		prefix->family = AF_INET6;
		bits = 128;
	} else {
		return -EINVAL;
	}
	/* An IPv4 address may end with a colon for in4_pton(). */
	if (*end)
		return -EINVAL;
	prefix->len = bits;
	if (slash && (kstrtou8(slash, 10, &prefix->len) || prefix->len > bits))
		return -EINVAL;
	return 0;
}

/* Reads prefixes with commas or blanks between them; changes the text. */
static struct ca_trusted *ca_parse_trusted(char *text)
{
	/* The shortest prefix is `::` and a comma. */
	size_t most = strlen(text) / 3 + 1;
	struct ca_trusted *trusted;
	char *word;

	trusted = kzalloc(struct_size(trusted, list, most), GFP_KERNEL);
	if (!trusted)
		return ERR_PTR(-ENOMEM);
	while ((word = strsep(&text, ", \t\n"))) {
		if (!*word)
			continue;
		if (trusted->count == most ||
		    ca_parse_prefix(word, &trusted->list[trusted->count])) {
			kfree(trusted);
			return ERR_PTR(-EINVAL);
		}
		trusted->count++;
	}
	return trusted;
}

static int ca_set_trusted(struct ca_net *ca, const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL);
	struct ca_trusted *trusted, *old;

	if (!copy)
		return -ENOMEM;
	trusted = ca_parse_trusted(copy);
	kfree(copy);
	if (IS_ERR(trusted))
		return PTR_ERR(trusted);
	old = rcu_replace_pointer(ca->trusted, trusted,
				  lockdep_is_held(&ca->trusted_lock));
	if (old)
		kfree_rcu(old, rcu);
	strscpy(ca->trusted_text, text, sizeof(ca->trusted_text));
	return 0;
}

static int ca_do_trusted(ca_ctl_table *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	struct ca_net *ca = table->extra1;
	struct ctl_table text = { .maxlen = CA_TRUSTED_TEXT };
	int err;

	/* Longer text would be cut, perhaps to other prefixes. */
	if (write && (*ppos || *lenp >= CA_TRUSTED_TEXT))
		return -EINVAL;
	text.data = kzalloc(CA_TRUSTED_TEXT, GFP_KERNEL);
	if (!text.data)
		return -ENOMEM;
	mutex_lock(&ca->trusted_lock);
	if (!write)
		strscpy(text.data, ca->trusted_text, CA_TRUSTED_TEXT);
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (!err && write)
		err = ca_set_trusted(ca, text.data);
	mutex_unlock(&ca->trusted_lock);
	kfree(text.data);
	return err;
}

enum {
	CA_CTL_TCP_TIMEOUT,
	CA_CTL_UDP_TIMEOUT,
	CA_CTL_KINDS,
	CA_CTL_TRUSTED,
	CA_CTL_MAX_ENTRIES,
	CA_CTL_UDP_MANGLE,
	CA_CTLS
};

/* The last element stays empty. */
static const struct ctl_table ca_ctls[CA_CTLS + 1] = {
	[CA_CTL_TCP_TIMEOUT] = {
		.procname = "tcp_timeout",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = (void *)&ca_year,
	},
	[CA_CTL_UDP_TIMEOUT] = {
		.procname = "udp_timeout",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = (void *)&ca_year,
	},
	[CA_CTL_KINDS] = {
		.procname = "tcpopt_addr",
		.maxlen = TOA_KINDS,
		.mode = 0644,
		.proc_handler = proc_do_large_bitmap,
	},
	[CA_CTL_TRUSTED] = {
		.procname = "trusted",
		.maxlen = CA_TRUSTED_TEXT,
		.mode = 0644,
		.proc_handler = ca_do_trusted,
	},
	[CA_CTL_MAX_ENTRIES] = {
		.procname = "max_entries",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
	},
	[CA_CTL_UDP_MANGLE] = {
		.procname = "udp_mangle",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	},
};

int ca_sysctl_init(struct ca_net *ca)
{
	struct ctl_table *table = kmemdup(ca_ctls, sizeof(ca_ctls), GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	ca->tcp_timeout = CA_TCP_TIMEOUT;
	ca->udp_timeout = CA_UDP_TIMEOUT;
	ca->max_entries = CA_MAX_ENTRIES;
	ca->udp_mangle = 1;
	ca->kinds = ca->kinds_bits;
	__set_bit(CA_KIND_ORIGINAL, ca->kinds);
	__set_bit(CA_KIND_COMMON, ca->kinds);
	mutex_init(&ca->trusted_lock);

	table[CA_CTL_TCP_TIMEOUT].data = &ca->tcp_timeout;
	table[CA_CTL_UDP_TIMEOUT].data = &ca->udp_timeout;
	table[CA_CTL_KINDS].data = &ca->kinds;
	table[CA_CTL_TRUSTED].extra1 = ca;
	table[CA_CTL_MAX_ENTRIES].data = &ca->max_entries;
	table[CA_CTL_UDP_MANGLE].data = &ca->udp_mangle;
	/* Who owns a namespace only must not take the host's memory. */
	if (ca->net->user_ns != &init_user_ns) {
		ca->max_entries = CA_MAX_ENTRIES_USER;
		table[CA_CTL_MAX_ENTRIES].mode = 0444;
	}

	ca->sysctl_header = ca_register_sysctl(ca->net, "net/ca", table, CA_CTLS);
	if (!ca->sysctl_header) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

void ca_sysctl_exit(struct ca_net *ca)
{
	const struct ctl_table *table = ca->sysctl_header->ctl_table_arg;

	unregister_net_sysctl_table(ca->sysctl_header);
	kfree(table);
	kfree(rcu_dereference_protected(ca->trusted, true));
}
