/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events. What a guest does wrong is seen here and in the counters, not
 * in the log.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvdev

#if !defined(KVDEV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KVDEV_TRACE_H

#include <linux/tracepoint.h>

#include "transport/regs.h"

DECLARE_EVENT_CLASS(kvdev_queue,
	TP_PROTO(unsigned int dev, u16 vq),
	TP_ARGS(dev, vq),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u16, vq)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->vq = vq;
	),
	TP_printk("dev=%u vq=%u", __entry->dev, __entry->vq)
);

DEFINE_EVENT(kvdev_queue, kvdev_kick,
	TP_PROTO(unsigned int dev, u16 vq),
	TP_ARGS(dev, vq)
);

DEFINE_EVENT(kvdev_queue, kvdev_signal,
	TP_PROTO(unsigned int dev, u16 vq),
	TP_ARGS(dev, vq)
);

TRACE_EVENT(kvdev_pop,
	TP_PROTO(unsigned int dev, u16 vq, u16 id, u32 readable, u32 writable),
	TP_ARGS(dev, vq, id, readable, writable),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u16, vq)
		__field(u16, id)
		__field(u32, readable)
		__field(u32, writable)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->vq = vq;
		__entry->id = id;
		__entry->readable = readable;
		__entry->writable = writable;
	),
	TP_printk("dev=%u vq=%u id=%u readable=%u writable=%u", __entry->dev,
		  __entry->vq, __entry->id, __entry->readable,
		  __entry->writable)
);

TRACE_EVENT(kvdev_unpop,
	TP_PROTO(unsigned int dev, u16 vq, u16 id),
	TP_ARGS(dev, vq, id),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u16, vq)
		__field(u16, id)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->vq = vq;
		__entry->id = id;
	),
	TP_printk("dev=%u vq=%u id=%u", __entry->dev, __entry->vq, __entry->id)
);

TRACE_EVENT(kvdev_push,
	TP_PROTO(unsigned int dev, u16 vq, u16 id, u32 written, bool inplace),
	TP_ARGS(dev, vq, id, written, inplace),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u16, vq)
		__field(u16, id)
		__field(u32, written)
		__field(bool, inplace)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->vq = vq;
		__entry->id = id;
		__entry->written = written;
		__entry->inplace = inplace;
	),
	TP_printk("dev=%u vq=%u id=%u written=%u%s", __entry->dev, __entry->vq,
		  __entry->id, __entry->written,
		  __entry->inplace ? " in place" : "")
);

TRACE_EVENT(kvdev_violation,
	TP_PROTO(unsigned int dev, u16 vq, const char *reason),
	TP_ARGS(dev, vq, reason),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u16, vq)
		__string(reason, reason)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->vq = vq;
		__assign_str(reason);
	),
	TP_printk("dev=%u vq=%u %s", __entry->dev, __entry->vq,
		  __get_str(reason))
);

TRACE_EVENT(kvdev_needs_reset,
	TP_PROTO(unsigned int dev, const char *reason),
	TP_ARGS(dev, reason),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__string(reason, reason)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__assign_str(reason);
	),
	TP_printk("dev=%u %s", __entry->dev, __get_str(reason))
);

TRACE_EVENT(kvdev_status,
	TP_PROTO(unsigned int dev, u8 old, u8 written),
	TP_ARGS(dev, old, written),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u8, old)
		__field(u8, written)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->old = old;
		__entry->written = written;
	),
	TP_printk("dev=%u status=0x%02x written=0x%02x", __entry->dev,
		  __entry->old, __entry->written)
);

TRACE_EVENT(kvdev_line,
	TP_PROTO(unsigned int dev, int isr),
	TP_ARGS(dev, isr),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(int, isr)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->isr = isr;
	),
	TP_printk("dev=%u isr=0x%x", __entry->dev, __entry->isr)
);

TRACE_EVENT(kvdev_reg,
	TP_PROTO(unsigned int dev, const struct kvdev_reg_access *acc,
		 u32 actions),
	TP_ARGS(dev, acc, actions),
	TP_STRUCT__entry(
		__field(unsigned int, dev)
		__field(u32, offset)
		__field(u32, len)
		__field(bool, write)
		__field(u64, value)
		__field(u32, actions)
		__string(field, acc->field)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->offset = acc->offset;
		__entry->len = acc->len;
		__entry->write = acc->write;
		__entry->value = acc->value;
		__entry->actions = actions;
		__assign_str(field);
	),
	TP_printk("dev=%u %s %s offset=0x%x len=%u value=0x%llx %s",
		  __entry->dev, __entry->write ? "write" : "read",
		  __get_str(field), __entry->offset, __entry->len,
		  __entry->value,
		  __print_flags(__entry->actions, "|",
				{ KVDEV_ACT_STATUS, "status" },
				{ KVDEV_ACT_ENABLE, "enable" },
				{ KVDEV_ACT_NOTIFY, "notify" },
				{ KVDEV_ACT_ISR, "isr" },
				{ KVDEV_ACT_CONFIG, "config" },
				{ KVDEV_ACT_VECTOR, "vector" },
				{ KVDEV_ACT_IGNORED, "ignored" },
				{ KVDEV_ACT_DISABLE, "disable" },
				{ KVDEV_ACT_ISR_PEEK, "isr" },
				{ KVDEV_ACT_ISR_ACK, "ack" },
				{ KVDEV_ACT_WINDOW, "window" },
				{ KVDEV_ACT_QUEUE_RESET, "queue_reset" }))
);

#endif /* KVDEV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
