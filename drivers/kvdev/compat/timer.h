/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers of older kernels; see Kbuild.probe.
 */
#ifndef KVDEV_COMPAT_TIMER_H
#define KVDEV_COMPAT_TIMER_H

#include <linux/hrtimer.h>

#ifndef KVDEV_HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *timer),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* KVDEV_COMPAT_TIMER_H */
