// SPDX-License-Identifier: GPL-2.0
/*
 * Entropy device (virtio 1.3, 5.4): buffers are filled by the kernel's random
 * number generator. The smallest device there is, and a template for others.
 */
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <uapi/linux/virtio_ids.h>

#include "device.h"

/* Bytes generated and copied at a time. */
#define RNG_CHUNK	PAGE_SIZE

/*
 * Most bytes one request gets. A longer buffer is used in part, as the device
 * may do (virtio 1.3, 5.4.6.2), so a guest cannot keep the worker busy with one.
 */
#define RNG_REQUEST_MAX	SZ_64K

/* Fill the buffer: bytes written, or 0 if it cannot be written to. */
static size_t rng_fill(struct kvdev_vq *vq, struct iov_iter *iter)
{
	void *chunk = kvdev_vq_priv(vq);
	size_t left = min_t(size_t, iov_iter_count(iter), RNG_REQUEST_MAX);
	size_t done = 0;

	do {
		size_t len = min_t(size_t, left, RNG_CHUNK);
		size_t copied;

		get_random_bytes(chunk, len);
		copied = copy_to_iter(chunk, len, iter);
		done += copied;
		left -= copied;
		if (copied != len)
			break;
	} while (left && !kvdev_vq_should_stop(vq));

	/* What the guest got must not be found here later. */
	memzero_explicit(chunk, RNG_CHUNK);
	return done;
}

/* Serve one chain. Returns NULL, or what the driver did wrong. */
static const char *rng_serve(struct kvdev_vq *vq, struct kvdev_vq_chain *chain)
{
	size_t written;

	/* virtio 1.3, 5.4.6.1: the driver provides device-writable buffers */
	if (iov_iter_count(&chain->readable))
		return "entropy request with device-readable bytes";
	if (!iov_iter_count(&chain->writable))
		return "entropy request without a buffer";

	/* virtio 1.3, 5.4.6.2: at least one byte, so none is no answer */
	written = rng_fill(vq, &chain->writable);
	if (!written)
		return "entropy buffer is not accessible";

	kvdev_vq_pop(vq, chain);
	kvdev_vq_account(vq, 0, written, false);
	kvdev_vq_complete(vq, chain->id, written);
	return NULL;
}

static bool rng_vq_serve(struct kvdev_vq *vq)
{
	struct kvdev_vq_chain chain;
	const char *reason;

	while (!kvdev_vq_should_stop(vq)) {
		if (kvdev_vq_peek(vq, &chain) != 1)
			return false;
		reason = rng_serve(vq, &chain);
		if (reason) {
			kvdev_vq_violation(vq, reason);
			return false;
		}
	}
	return true;
}

static int rng_vq_start(struct kvdev_vq *vq)
{
	void *chunk = kmalloc(RNG_CHUNK, GFP_KERNEL_ACCOUNT);

	if (!chunk)
		return -ENOMEM;
	kvdev_vq_set_priv(vq, chunk);
	return 0;
}

static void rng_vq_stop(struct kvdev_vq *vq)
{
	kfree(kvdev_vq_priv(vq));
	kvdev_vq_set_priv(vq, NULL);
}

static int rng_create(struct kvdev_dev *dev)
{
	/* get_random_bytes() does not wait for its seed; guests make keys. */
	return wait_for_random_bytes();
}

static void rng_destroy(struct kvdev_dev *dev)
{
}

static u64 rng_features(struct kvdev_dev *dev)
{
	/* virtio 1.3, 5.4.3: none are defined */
	return 0;
}

const struct kvdev_device_type kvdev_rng_type = {
	.id = VIRTIO_ID_RNG,
	.name = "rng",
	.owner = THIS_MODULE,
	.nr_queues = 1,
	.max_queues = 1,
	.queue_size = 64,
	.config_size = 0,
	.create = rng_create,
	.destroy = rng_destroy,
	.features = rng_features,
	.vq_start = rng_vq_start,
	.vq_stop = rng_vq_stop,
	.vq_serve = rng_vq_serve,
};
