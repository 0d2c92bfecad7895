// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client addresses on real servers behind an IPVS director that replaces them
 * (full NAT): learned from a TCP option or an ICMP announcement, shown by
 * accept(), getpeername() and what receives UDP.
 *
 *	packet -> ca_nf -> ca_learn -> ca_table <- ca_probe <- system call
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "ca.h"

unsigned int ca_net_id;

static int __net_init ca_net_init(struct net *net)
{
	struct ca_net *ca = ca_net(net);
	int err;

	ca->net = net;
	ca->stats = alloc_percpu(struct ca_stats);
	if (!ca->stats)
		return -ENOMEM;
	err = ca_table_init(ca);
	if (err)
		goto free_stats;
	err = ca_sysctl_init(ca);
	if (err)
		goto exit_table;
	err = ca_proc_init(net);
	if (err)
		goto exit_sysctl;
	err = ca_nf_init(net);
	if (err)
		goto exit_proc;
	return 0;

exit_proc:
	ca_proc_exit(net);
exit_sysctl:
	ca_sysctl_exit(ca);
exit_table:
	ca_table_exit(ca);
free_stats:
	free_percpu(ca->stats);
	return err;
}

/* The network core waits for readers between this and ca_net_exit(). */
static void __net_exit ca_net_pre_exit(struct net *net)
{
	ca_nf_exit(net);
}

static void __net_exit ca_net_exit(struct net *net)
{
	struct ca_net *ca = ca_net(net);

	ca_proc_exit(net);
	ca_sysctl_exit(ca);
	ca_table_exit(ca);
	free_percpu(ca->stats);
}

static struct pernet_operations ca_net_ops = {
	.init = ca_net_init,
	.pre_exit = ca_net_pre_exit,
	.exit = ca_net_exit,
	.id = &ca_net_id,
	.size = sizeof(struct ca_net),
};

static int __init ca_init(void)
{
	int err = register_pernet_subsys(&ca_net_ops);

	if (err)
		return err;
	err = ca_probe_init();
	if (err) {
		pr_err("cannot probe the calls that name peers: error %d\n", err);
		unregister_pernet_subsys(&ca_net_ops);
	}
	return err;
}

static void __exit ca_exit(void)
{
	ca_probe_exit();
	unregister_pernet_subsys(&ca_net_ops);
}

module_init(ca_init);
module_exit(ca_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Client addresses behind a full NAT director");
MODULE_VERSION(CA_VERSION);
