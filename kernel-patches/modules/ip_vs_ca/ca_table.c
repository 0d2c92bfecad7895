// SPDX-License-Identifier: GPL-2.0-only
/* Who is behind which flow. Readers are under RCU, writers under one lock. */

#include <linux/slab.h>

#include "ca.h"
#include "compat.h"

/* Entries are looked through this often, or four times a timeout. */
#define GC_INTERVAL	(5 * HZ)
/* So many in a row, before others may run. */
#define GC_BATCH	1024

static const struct rhashtable_params ca_wire_params = {
	.key_len = sizeof(struct ca_wire),
	.key_offset = offsetof(struct ca_entry, wire),
	.head_offset = offsetof(struct ca_entry, wire_node),
	.automatic_shrinking = true,
};

static const struct rhashtable_params ca_seen_params = {
	.key_len = sizeof(struct ca_seen),
	.key_offset = offsetof(struct ca_entry, seen),
	.head_offset = offsetof(struct ca_entry, seen_node),
	.automatic_shrinking = true,
};

struct ca_entry *ca_find_wire(struct ca_net *ca, const struct ca_wire *wire)
{
	return rhashtable_lookup(&ca->wires, wire, ca_wire_params);
}

struct ca_entry *ca_find_seen(struct ca_net *ca, const struct ca_seen *seen)
{
	return rhashtable_lookup(&ca->seen, seen, ca_seen_params);
}

static unsigned long ca_gc_interval(struct ca_net *ca)
{
	int shortest = min(READ_ONCE(ca->tcp_timeout), READ_ONCE(ca->udp_timeout));

	if (shortest >= 4 * GC_INTERVAL / HZ)
		return GC_INTERVAL;
	return max(shortest * HZ / 4, HZ / 2);
}

/* Has the answers of a UDP server find their way. The newest flow wins. */
static int ca_insert_seen(struct ca_net *ca, struct ca_entry *entry)
{
	struct ca_entry *old;

	if (entry->wire.proto != IPPROTO_UDP)
		return 0;
	old = rhashtable_lookup_get_insert_fast(&ca->seen, &entry->seen_node,
						ca_seen_params);
	if (IS_ERR(old))
		return PTR_ERR(old);
	if (!old)
		return 0;
	return rhashtable_replace_fast(&ca->seen, &old->seen_node,
				       &entry->seen_node, ca_seen_params);
}

static void ca_remove_seen(struct ca_net *ca, struct ca_entry *entry)
{
	/* It is not there if a newer flow of that client took its place. */
	if (entry->wire.proto == IPPROTO_UDP)
		rhashtable_remove_fast(&ca->seen, &entry->seen_node,
				       ca_seen_params);
}

static void ca_free(struct ca_net *ca, struct ca_entry *entry)
{
	ca_count(ca, CA_CONN_DEL);
	kfree_rcu(entry, rcu);
}

/* Puts an entry in, in the place of an older one of the same flow. */
static int ca_insert(struct ca_net *ca, struct ca_entry *entry)
{
	struct ca_entry *old = ca_find_wire(ca, &entry->wire);
	int err;

	if (old) {
		err = rhashtable_replace_fast(&ca->wires, &old->wire_node,
					      &entry->wire_node, ca_wire_params);
		if (err)
			return err;
		ca_remove_seen(ca, old);
		ca_free(ca, old);
	} else {
		if (ca->entries >= READ_ONCE(ca->max_entries))
			return -ENOSPC;
		err = rhashtable_insert_fast(&ca->wires, &entry->wire_node,
					     ca_wire_params);
		if (err)
			return err;
		WRITE_ONCE(ca->entries, ca->entries + 1);
	}
	err = ca_insert_seen(ca, entry);
	if (err) {
		rhashtable_remove_fast(&ca->wires, &entry->wire_node,
				       ca_wire_params);
		WRITE_ONCE(ca->entries, ca->entries - 1);
	}
	return err;
}

static bool ca_is_client(const struct ca_entry *entry,
			 const struct toa_addr *client)
{
	return entry->seen.family == client->family &&
	       entry->seen.cport == client->port &&
	       nf_inet_addr_cmp(&entry->seen.client, &client->addr);
}

/* Remembers who is behind a flow. The caller is under RCU. */
void ca_learn(struct ca_net *ca, const struct ca_wire *wire,
	      const struct toa_addr *client, int dif, int sdif)
{
	struct ca_entry *entry = ca_find_wire(ca, wire);
	int err;

	if (entry && ca_is_client(entry, client)) {
		ca_touch(entry);
		return;
	}
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);
	if (!entry) {
		ca_count(ca, CA_TABLE_FULL);
		return;
	}
	entry->wire = *wire;
	entry->seen.client = client->addr;
	entry->seen.cport = client->port;
	entry->seen.lport = wire->lport;
	entry->seen.family = client->family;
	entry->dif = dif;
	entry->sdif = sdif;
	entry->last = jiffies;

	spin_lock_bh(&ca->lock);
	err = ca_insert(ca, entry);
	spin_unlock_bh(&ca->lock);
	if (err) {
		ca_count(ca, CA_TABLE_FULL);
		/* An insertion that was taken back may have been seen. */
		kfree_rcu(entry, rcu);
		return;
	}
	ca_count(ca, CA_CONN_NEW);
	schedule_delayed_work(&ca->gc, ca_gc_interval(ca));
}

static bool ca_socket_lives(struct ca_net *ca, const struct ca_entry *entry)
{
	const struct ca_wire *wire = &entry->wire;
	struct sock *sk;
	bool lives;

	if (wire->family == AF_INET)
		sk = ca_established4(ca->net, wire->peer.ip, wire->pport,
				     wire->local.ip, wire->lport, entry->dif,
				     entry->sdif);
	else
		sk = ca_established6(ca->net, &wire->peer.in6, wire->pport,
				     &wire->local.in6, wire->lport, entry->dif,
				     entry->sdif);
	if (!sk)
		return false;
	lives = sk->sk_state != TCP_TIME_WAIT;
	sock_gen_put(sk);
	return lives;
}

static bool ca_is_over(struct ca_net *ca, struct ca_entry *entry)
{
	bool tcp = entry->wire.proto == IPPROTO_TCP;
	unsigned long timeout = READ_ONCE(*(tcp ? &ca->tcp_timeout :
						  &ca->udp_timeout));

	if (time_before(jiffies, READ_ONCE(entry->last) + timeout * HZ))
		return false;
	if (tcp && ca_socket_lives(ca, entry)) {
		ca_count(ca, CA_TCP_KEPT);
		ca_touch(entry);
		return false;
	}
	return true;
}

static void ca_forget(struct ca_net *ca, struct ca_entry *entry)
{
	spin_lock_bh(&ca->lock);
	/* It may have been replaced meanwhile. */
	if (!rhashtable_remove_fast(&ca->wires, &entry->wire_node,
				    ca_wire_params)) {
		WRITE_ONCE(ca->entries, ca->entries - 1);
		ca_remove_seen(ca, entry);
		ca_free(ca, entry);
	}
	spin_unlock_bh(&ca->lock);
}

/* A flow begins without a word of its client. The caller is under RCU. */
void ca_unlearn(struct ca_net *ca, const struct ca_wire *wire)
{
	struct ca_entry *entry = ca_find_wire(ca, wire);

	/* While the connection lives, the segment belongs to nothing. */
	if (entry && !ca_socket_lives(ca, entry))
		ca_forget(ca, entry);
}

static void ca_gc(struct work_struct *work)
{
	struct ca_net *ca = container_of(work, struct ca_net, gc.work);
	struct rhashtable_iter iter;
	struct ca_entry *entry;
	unsigned int n = 0;

	rhashtable_walk_enter(&ca->wires, &iter);
	rhashtable_walk_start(&iter);
	while ((entry = rhashtable_walk_next(&iter))) {
		/* While the table grows the walk starts again. */
		if (IS_ERR(entry))
			continue;
		if (ca_is_over(ca, entry))
			ca_forget(ca, entry);
		if (++n % GC_BATCH == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	if (READ_ONCE(ca->entries))
		schedule_delayed_work(&ca->gc, ca_gc_interval(ca));
}

int ca_table_init(struct ca_net *ca)
{
	int err = rhashtable_init(&ca->wires, &ca_wire_params);

	if (err)
		return err;
	err = rhashtable_init(&ca->seen, &ca_seen_params);
	if (err) {
		rhashtable_destroy(&ca->wires);
		return err;
	}
	spin_lock_init(&ca->lock);
	INIT_DELAYED_WORK(&ca->gc, ca_gc);
	return 0;
}

static void ca_free_entry(void *entry, void *arg)
{
	kfree(entry);
}

/* Nobody learns or looks anything up any more. */
void ca_table_exit(struct ca_net *ca)
{
	cancel_delayed_work_sync(&ca->gc);
	rhashtable_destroy(&ca->seen);
	rhashtable_free_and_destroy(&ca->wires, ca_free_entry, NULL);
}
