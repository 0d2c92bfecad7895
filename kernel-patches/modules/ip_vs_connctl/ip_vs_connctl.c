// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deletes single connections of IPVS on kernels whose ip_vs has no command for
 * that, through a generic netlink family of its own.
 *
 * The kernel exports what finds a connection, and not what ends one. Ending
 * one is: no timeout, no reference but that of the table, and a timer that
 * fires now. Then IPVS itself takes the connection out.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/ip_vs.h>

#include "uapi.h"

/* A packet that is just being handled may arm the timer again. */
#define ATTEMPTS	50
#define PAUSE_MS	2

static const struct nla_policy connctl_policy[IPVS_CONNCTL_A_MAX + 1] = {
	[IPVS_CONNCTL_A_PROTOCOL]	= { .type = NLA_U8 },
	[IPVS_CONNCTL_A_CLIENT_ADDR]	= { .type = NLA_BINARY, .len = 16 },
	[IPVS_CONNCTL_A_CLIENT_PORT]	= { .type = NLA_U16 },
	[IPVS_CONNCTL_A_VIRTUAL_ADDR]	= { .type = NLA_BINARY, .len = 16 },
	[IPVS_CONNCTL_A_VIRTUAL_PORT]	= { .type = NLA_U16 },
	[IPVS_CONNCTL_A_TEMPLATE]	= { .type = NLA_FLAG },
};

struct connctl_key {
	struct ip_vs_conn_param param;
	union nf_inet_addr client;
	union nf_inet_addr virtual;
};

static int connctl_key(struct genl_info *info, struct connctl_key *key)
{
	struct netns_ipvs *ipvs = net_ipvs(genl_info_net(info));
	struct nlattr **attrs = info->attrs;
	int i, len;

	for (i = IPVS_CONNCTL_A_PROTOCOL; i < IPVS_CONNCTL_A_TEMPLATE; i++) {
		if (!attrs[i]) {
			NL_SET_ERR_MSG(info->extack, "a part of the key is missing");
			return -EINVAL;
		}
	}
	len = nla_len(attrs[IPVS_CONNCTL_A_CLIENT_ADDR]);
	if (len != sizeof(key->client.in) && len != sizeof(key->client.in6)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[IPVS_CONNCTL_A_CLIENT_ADDR],
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	if (nla_len(attrs[IPVS_CONNCTL_A_VIRTUAL_ADDR]) != len) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[IPVS_CONNCTL_A_VIRTUAL_ADDR],
				    "the addresses are of two families");
		return -EINVAL;
	}
	if (!ipvs)
		return -ENOENT;

	nla_memcpy(&key->client, attrs[IPVS_CONNCTL_A_CLIENT_ADDR], len);
	nla_memcpy(&key->virtual, attrs[IPVS_CONNCTL_A_VIRTUAL_ADDR], len);
	ip_vs_conn_fill_param(ipvs, len == sizeof(key->client.in) ? AF_INET : AF_INET6,
			      nla_get_u8(attrs[IPVS_CONNCTL_A_PROTOCOL]),
			      &key->client,
			      nla_get_be16(attrs[IPVS_CONNCTL_A_CLIENT_PORT]),
			      &key->virtual,
			      nla_get_be16(attrs[IPVS_CONNCTL_A_VIRTUAL_PORT]),
			      &key->param);
	return 0;
}

/* The connection with this key and a reference to it. */
static struct ip_vs_conn *connctl_find(const struct ip_vs_conn_param *key)
{
	struct ip_vs_conn *cp = ip_vs_conn_in_get(key);

	/* A connection whose client's port is not known yet (FTP) stands in
	 * for any port of that client.
	 */
	if (cp && cp->cport != key->cport) {
		__ip_vs_conn_put(cp);
		return NULL;
	}
	return cp;
}

/*
 * Gives the caller's reference up and has the timer fire. In this order: a
 * timer that finds a reference waits for another minute.
 */
static void connctl_expire(struct ip_vs_conn *cp)
{
	rcu_read_lock();
	cp->timeout = 0;
	__ip_vs_conn_put(cp);
	/* Not armed means that the connection is on its way out already. */
	mod_timer_pending(&cp->timer, jiffies);
	rcu_read_unlock();
}

/* The template's reference, which the connection must hold as long. */
static struct ip_vs_conn *connctl_template(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *control = cp->control;

	if (!control || !(control->flags & IP_VS_CONN_F_TEMPLATE))
		return NULL;
	return __ip_vs_conn_get(control) ? control : NULL;
}

/* Ends a template, unless further connections belong to it. */
static int connctl_expire_template(struct ip_vs_conn *template,
				   struct netlink_ext_ack *extack)
{
	if (atomic_read(&template->n_control)) {
		__ip_vs_conn_put(template);
		NL_SET_ERR_MSG(extack,
			       "the connection is deleted, its template has others");
		return -EBUSY;
	}
	connctl_expire(template);
	return 0;
}

static int connctl_delete(struct sk_buff *skb, struct genl_info *info)
{
	bool with_template = info->attrs[IPVS_CONNCTL_A_TEMPLATE];
	struct ip_vs_conn *cp, *template = NULL;
	struct connctl_key key = {};
	int err, attempt;

	err = connctl_key(info, &key);
	if (err)
		return err;
	cp = connctl_find(&key.param);
	if (!cp)
		return -ENOENT;
	if (atomic_read(&cp->n_control)) {
		__ip_vs_conn_put(cp);
		NL_SET_ERR_MSG(info->extack, "other connections belong to it");
		return -EBUSY;
	}
	if (with_template) {
		template = connctl_template(cp);
		if (!template)
			NL_SET_ERR_MSG(info->extack, "the connection has no template");
	}
	for (attempt = 0; cp && attempt < ATTEMPTS; attempt++) {
		connctl_expire(cp);
		msleep(PAUSE_MS);
		cp = connctl_find(&key.param);
	}
	if (cp) {
		NL_SET_ERR_MSG(info->extack, "packets keep the connection alive");
		__ip_vs_conn_put(cp);
		if (template)
			__ip_vs_conn_put(template);
		return -EAGAIN;
	}
	return template ? connctl_expire_template(template, info->extack) : 0;
}

static const struct genl_ops connctl_ops[] = {
	{
		.cmd	= IPVS_CONNCTL_CMD_DELETE,
		.flags	= GENL_ADMIN_PERM,
		.doit	= connctl_delete,
	},
};

static struct genl_family connctl_family __ro_after_init = {
	.name		= IPVS_CONNCTL_NAME,
	.version	= IPVS_CONNCTL_VERSION,
	.maxattr	= IPVS_CONNCTL_A_MAX,
	.policy		= connctl_policy,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= connctl_ops,
	.n_ops		= ARRAY_SIZE(connctl_ops),
	.resv_start_op	= IPVS_CONNCTL_CMD_DELETE,
};

static int __init connctl_init(void)
{
	BUILD_BUG_ON(sizeof(IPVS_CONNCTL_NAME) > GENL_NAMSIZ);
	return genl_register_family(&connctl_family);
}

static void __exit connctl_exit(void)
{
	genl_unregister_family(&connctl_family);
}

module_init(connctl_init);
module_exit(connctl_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Deletes single connections of IPVS");
MODULE_VERSION("1.0.0");
MODULE_ALIAS_GENL_FAMILY(IPVS_CONNCTL_NAME);
