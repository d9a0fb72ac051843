// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: interrupts. Who is interrupted looks at the ISR status at once, as a
 * guest's processor may: what the interrupt is about has to be there. Only in the
 * kernel, as this is not pure code.
 */
#include <kunit/test.h>

#include "../core.h"

#define ISR_QUEUE	BIT(0)
#define ISR_CONFIG	BIT(1)
#define VECTORS	2

/* What a guest's processor sees when it is interrupted. */
struct guest {
	const struct kvdev_dev *dev;
	unsigned int interrupts;
	int isr;
};

static irqreturn_t look(void *arg)
{
	struct guest *guest = arg;

	guest->interrupts++;
	guest->isr = atomic_read(&guest->dev->isr);
	return IRQ_HANDLED;
}

/* A device with one queue, as far as interrupts go. */
static struct kvdev_dev *make_dev(struct kunit *test)
{
	struct kvdev_queue_regs *regs;
	struct kvdev_dev *dev;

	regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);
	dev = kunit_kzalloc(test, struct_size(dev, vqs, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->vectors = kunit_kcalloc(test, VECTORS, sizeof(*dev->vectors),
				     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dev->vectors);
	dev->nr_vqs = 1;
	dev->transport = KVDEV_TRANSPORT_PCI_MODERN;
	dev->regs.nr_vectors = VECTORS;
	dev->regs.config_vector = KVDEV_NO_VECTOR;
	regs->vector = KVDEV_NO_VECTOR;
	dev->vqs[0].dev = dev;
	dev->vqs[0].regs = regs;
	return dev;
}

static void interrupts(struct kvdev_call *call, struct guest *guest)
{
	kvdev_call_set_target(call, &(struct kvdev_target){
		.fn = look, .arg = guest });
}

static void msix(struct kvdev_dev *dev, bool on)
{
	dev->regs.msix = on;
	dev->line_off = on;
}

/* virtio 1.4, 4.1.4.5.1: with a vector too */
static void config_bit_before_vector(struct kunit *test)
{
	struct kvdev_dev *dev = make_dev(test);
	struct guest guest = { .dev = dev };

	msix(dev, true);
	dev->regs.config_vector = 1;
	interrupts(&dev->vectors[1], &guest);
	kvdev_signal_config(dev);
	KUNIT_EXPECT_EQ(test, guest.interrupts, 1U);
	KUNIT_EXPECT_EQ(test, guest.isr, (int)ISR_CONFIG);
}

static void config_bit_before_line(struct kunit *test)
{
	struct kvdev_dev *dev = make_dev(test);
	struct guest guest = { .dev = dev };

	msix(dev, false);
	interrupts(&dev->line, &guest);
	kvdev_signal_config(dev);
	KUNIT_EXPECT_EQ(test, guest.interrupts, 1U);
	KUNIT_EXPECT_EQ(test, guest.isr, (int)ISR_CONFIG);
}

static void queue_bit_before_line(struct kunit *test)
{
	struct kvdev_dev *dev = make_dev(test);
	struct guest guest = { .dev = dev };

	msix(dev, false);
	interrupts(&dev->line, &guest);
	kvdev_signal_vq(&dev->vqs[0]);
	KUNIT_EXPECT_EQ(test, guest.interrupts, 1U);
	KUNIT_EXPECT_EQ(test, guest.isr, (int)ISR_QUEUE);
}

/* A guest that masks its vectors all the time does not keep the host busy. */
static void another_target_without_grace_period(struct kunit *test)
{
	struct kvdev_dev *dev = make_dev(test);
	struct guest one = { .dev = dev }, two = { .dev = dev };
	int i;

	msix(dev, false);
	/* To wait for a grace period in here is a deadlock; lockdep says so. */
	rcu_read_lock();
	for (i = 0; i < 100; i++) {
		interrupts(&dev->line, &one);
		kvdev_signal_config(dev);
		interrupts(&dev->line, &two);
		kvdev_signal_config(dev);
		kvdev_call_set_target(&dev->line, NULL);
		kvdev_signal_config(dev);
	}
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, one.interrupts, 100U);
	KUNIT_EXPECT_EQ(test, two.interrupts, 100U);
}

/* What has no vector is told in ISR only. */
static void no_vector_no_interrupt(struct kunit *test)
{
	struct kvdev_dev *dev = make_dev(test);
	struct guest line = { .dev = dev }, vector = { .dev = dev };

	msix(dev, true);
	interrupts(&dev->line, &line);
	interrupts(&dev->vectors[0], &vector);
	interrupts(&dev->vectors[1], &vector);
	kvdev_signal_config(dev);
	kvdev_signal_vq(&dev->vqs[0]);
	KUNIT_EXPECT_EQ(test, line.interrupts, 0U);
	KUNIT_EXPECT_EQ(test, vector.interrupts, 0U);
	KUNIT_EXPECT_TRUE(test, atomic_read(&dev->isr) & ISR_CONFIG);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(another_target_without_grace_period),
	KUNIT_CASE(config_bit_before_vector),
	KUNIT_CASE(config_bit_before_line),
	KUNIT_CASE(queue_bit_before_line),
	KUNIT_CASE(no_vector_no_interrupt),
	{ }
};

static struct kunit_suite irq_suite = {
	.name = "kvdev_irq",
	.test_cases = irq_cases,
};

kunit_test_suite(irq_suite);
