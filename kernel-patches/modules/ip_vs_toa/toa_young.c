// SPDX-License-Identifier: GPL-2.0-only
/*
 * A number for each connection that has just begun. The key is conntrack's
 * pointer: one that is used again belongs to a new connection, which sets its
 * own number before it asks for it.
 */

#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "director.h"

#define LIFETIME	(60 * HZ)
#define GC_INTERVAL	(10 * HZ)
#define GC_BATCH	1024
#define MOST		262144

struct toa_young {
	struct rhash_head node;
	const struct nf_conn *ct;
	u32 value;
	unsigned long since;
	struct rcu_head rcu;
};

static const struct rhashtable_params toa_params = {
	.key_len = sizeof(const struct nf_conn *),
	.key_offset = offsetof(struct toa_young, ct),
	.head_offset = offsetof(struct toa_young, node),
	.automatic_shrinking = true,
};

static struct rhashtable toa_table;

static struct toa_young *toa_lookup(const struct nf_conn *ct)
{
	return rhashtable_lookup(&toa_table, &ct, toa_params);
}

static void toa_remove(struct toa_young *young)
{
	/* Somebody else may have been faster. */
	if (!rhashtable_remove_fast(&toa_table, &young->node, toa_params))
		kfree_rcu(young, rcu);
}

static void toa_gc(struct work_struct *work);
static DECLARE_DELAYED_WORK(toa_gc_work, toa_gc);

static void toa_gc(struct work_struct *work)
{
	struct rhashtable_iter iter;
	struct toa_young *young;
	unsigned int n = 0;

	rhashtable_walk_enter(&toa_table, &iter);
	rhashtable_walk_start(&iter);
	while ((young = rhashtable_walk_next(&iter))) {
		if (IS_ERR(young))
			continue;
		if (time_after(jiffies, READ_ONCE(young->since) + LIFETIME))
			toa_remove(young);
		if (++n % GC_BATCH == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	if (atomic_read(&toa_table.nelems))
		schedule_delayed_work(&toa_gc_work, GC_INTERVAL);
}

/* The caller is under RCU, as hooks are. */
int toa_young_set(const struct nf_conn *ct, u32 value)
{
	struct toa_young *young = toa_lookup(ct);
	struct toa_young *other;

	if (young) {
		WRITE_ONCE(young->value, value);
		WRITE_ONCE(young->since, jiffies);
		return 0;
	}
	if (atomic_read(&toa_table.nelems) >= MOST)
		return -ENOSPC;
	young = kzalloc(sizeof(*young), GFP_ATOMIC | __GFP_NOWARN);
	if (!young)
		return -ENOMEM;
	young->ct = ct;
	young->value = value;
	young->since = jiffies;
	other = rhashtable_lookup_get_insert_fast(&toa_table, &young->node,
						  toa_params);
	if (other) {
		kfree(young);
		return PTR_ERR_OR_ZERO(other);
	}
	schedule_delayed_work(&toa_gc_work, GC_INTERVAL);
	return 0;
}

bool toa_young_get(const struct nf_conn *ct, u32 *value)
{
	struct toa_young *young = toa_lookup(ct);

	if (!young)
		return false;
	*value = READ_ONCE(young->value);
	return true;
}

void toa_young_drop(const struct nf_conn *ct)
{
	struct toa_young *young = toa_lookup(ct);

	if (young)
		toa_remove(young);
}

int toa_young_init(void)
{
	return rhashtable_init(&toa_table, &toa_params);
}

static void toa_free(void *young, void *arg)
{
	kfree(young);
}

/* No hook is there any more. */
void toa_young_exit(void)
{
	cancel_delayed_work_sync(&toa_gc_work);
	rhashtable_free_and_destroy(&toa_table, toa_free, NULL);
}
