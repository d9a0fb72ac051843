// SPDX-License-Identifier: GPL-2.0
/*
 * What a vCPU tells about itself: everything KVM can do, one package, one core
 * per vCPU, no threads. The APIC id is the number of the vCPU.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "vmm.h"

#define MAX_ENTRIES	256

static unsigned int ceil_log2(unsigned int n)
{
	unsigned int bits = 0;

	while ((1U << bits) < n)
		bits++;
	return bits;
}

static void set_bits(u32 *reg, unsigned int high, unsigned int low, u32 value)
{
	u32 mask = ((2U << (high - low)) - 1) << low;

	*reg = (*reg & ~mask) | ((value << low) & mask);
}

/* Leaf 4 of Intel and 0x8000001d of AMD: who shares a cache. */
static void patch_cache(struct kvm_cpuid_entry2 *e, unsigned int cpus)
{
	unsigned int level = (e->eax >> 5) & 7;

	if (!(e->eax & 0x1f))
		return;
	set_bits(&e->eax, 25, 14, level >= 3 ? cpus - 1 : 0);
	if (e->function == 4)
		set_bits(&e->eax, 31, 26, cpus - 1);
}

/* False: leave this entry out. */
static bool patch(struct vm *vm, struct kvm_cpuid_entry2 *e, u32 apic_id)
{
	unsigned int cpus = vm->nr_cpus;

	switch (e->function) {
	case 1:
		set_bits(&e->ebx, 31, 24, apic_id);
		set_bits(&e->ebx, 23, 16, cpus);
		set_bits(&e->edx, 28, 28, cpus > 1);		/* HTT */
		set_bits(&e->ecx, 31, 31, 1);			/* hypervisor */
		if (ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION,
			  KVM_CAP_TSC_DEADLINE_TIMER) > 0)
			set_bits(&e->ecx, 24, 24, 1);
		break;
	case 4:
	case 0x8000001d:
		patch_cache(e, cpus);
		break;
	case 0xb:		/* written anew by add_topology() */
	case 0x1f:
	case 0x80000026:
		return false;
	case 0x80000001:
		set_bits(&e->ecx, 1, 1, cpus > 1);	/* CMP_LEGACY */
		break;
	case 0x80000008:
		set_bits(&e->ecx, 7, 0, cpus - 1);
		set_bits(&e->ecx, 15, 12, ceil_log2(cpus));
		break;
	case 0x8000001e:
		e->eax = apic_id;
		set_bits(&e->ebx, 15, 0, apic_id);	/* a core of its own */
		set_bits(&e->ecx, 10, 0, 0);		/* one node */
		break;
	}
	return true;
}

static void add_topology(struct vm *vm, struct kvm_cpuid2 *cpuid, u32 apic_id)
{
	enum { SMT = 1, CORE };
	struct kvm_cpuid_entry2 *e = &cpuid->entries[cpuid->nent];

	e[0] = (struct kvm_cpuid_entry2){
		.function = 0xb,
		.index = 0,
		.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.eax = 0,
		.ebx = 1,
		.ecx = SMT << 8 | 0,
		.edx = apic_id,
	};
	e[1] = (struct kvm_cpuid_entry2){
		.function = 0xb,
		.index = 1,
		.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.eax = ceil_log2(vm->nr_cpus),
		.ebx = vm->nr_cpus,
		.ecx = CORE << 8 | 1,
		.edx = apic_id,
	};
	cpuid->nent += 2;
}

void cpuid_set(struct vm *vm, int vcpu_fd, unsigned int apic_id)
{
	u32 max_leaf = 0;
	struct kvm_cpuid2 *cpuid;
	unsigned int i, n;

	cpuid = calloc(1, sizeof(*cpuid) +
				  MAX_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		die("out of memory");
	cpuid->nent = MAX_ENTRIES - 2;
	if (ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		die_errno("KVM_GET_SUPPORTED_CPUID");

	for (i = n = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == 0)
			max_leaf = e->eax;
		if (patch(vm, e, apic_id))
			cpuid->entries[n++] = *e;
	}
	cpuid->nent = n;
	if (max_leaf >= 0xb)
		add_topology(vm, cpuid, apic_id);
	if (ioctl(vcpu_fd, KVM_SET_CPUID2, cpuid) < 0)
		die_errno("KVM_SET_CPUID2 of vCPU %u", apic_id);
	free(cpuid);
}
