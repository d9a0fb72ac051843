// SPDX-License-Identifier: GPL-2.0
/* One thread per vCPU around KVM_RUN. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "vmm.h"

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
};

static struct vcpu vcpus[MAX_CPUS];
static unsigned int nr_vcpus;

static void handle_io(struct kvm_run *run)
{
	char *data = (char *)run + run->io.data_offset;
	u32 i;

	for (i = 0; i < run->io.count; i++, data += run->io.size)
		bus_pio(run->io.port, run->io.size,
			run->io.direction == KVM_EXIT_IO_OUT, data);
}

static void die_of_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_regs regs = { 0 };

	ioctl(vcpu->fd, KVM_GET_REGS, &regs);
	switch (run->exit_reason) {
	case KVM_EXIT_FAIL_ENTRY:
		die("vCPU %u cannot run: hardware reason 0x%llx", vcpu->id,
		    run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		die("vCPU %u: KVM internal error %u at rip 0x%llx", vcpu->id,
		    run->internal.suberror, regs.rip);
	default:
		die("vCPU %u: unexpected exit %u at rip 0x%llx", vcpu->id,
		    run->exit_reason, regs.rip);
	}
}

static void handle_system_event(struct kvm_run *run)
{
	switch (run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vmm_stop(0, "shutdown event");
		break;
	case KVM_SYSTEM_EVENT_RESET:
		vmm_stop(0, "reset event");
		break;
	default:
		vmm_stop(EXIT_VMM_FAILED, "the guest crashed");
	}
}

static void handle_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		handle_io(run);
		break;
	case KVM_EXIT_MMIO:
		bus_mmio(run->mmio.phys_addr, run->mmio.len, run->mmio.is_write,
			 run->mmio.data);
		break;
	case KVM_EXIT_SHUTDOWN:
		vmm_stop(0, "triple fault (reboot=t)");
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		handle_system_event(run);
		break;
	case KVM_EXIT_INTR:
		break;
	default:
		die_of_exit(vcpu);
	}
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!vmm_stopping()) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
			handle_exit(vcpu);
		else if (errno != EINTR && errno != EAGAIN)
			die_errno("KVM_RUN of vCPU %u", vcpu->id);
	}
	return NULL;
}

static void set_entry(struct vcpu *vcpu, u64 rip, u64 boot_params)
{
	struct kvm_regs regs = {
		.rip = rip,
		.rsi = boot_params,
		.rflags = 2,
	};

	boot_set_sregs(vcpu->fd);
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		die_errno("KVM_SET_REGS");
}

/* The first vCPU starts at @entry; the others wait for its INIT and SIPI. */
void vcpus_create(struct vm *vm, u64 entry, u64 boot_params)
{
	int size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct vcpu *vcpu;

	if (size < 0)
		die_errno("KVM_GET_VCPU_MMAP_SIZE");
	for (nr_vcpus = 0; nr_vcpus < vm->nr_cpus; nr_vcpus++) {
		vcpu = &vcpus[nr_vcpus];
		vcpu->vm = vm;
		vcpu->id = nr_vcpus;
		vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, vcpu->id);
		if (vcpu->fd < 0)
			die_errno("KVM_CREATE_VCPU %u", vcpu->id);
		vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				 vcpu->fd, 0);
		if (vcpu->run == MAP_FAILED)
			die_errno("mmap of vCPU %u", vcpu->id);
		cpuid_set(vm, vcpu->fd, vcpu->id);
	}
	set_entry(&vcpus[0], entry, boot_params);
}

static void kick(int sig)
{
	(void)sig;	/* that KVM_RUN was interrupted is all it is for */
}

void vcpus_run(void)
{
	struct sigaction sa = { .sa_handler = kick };
	unsigned int i;
	int err;

	if (sigaction(SIGUSR1, &sa, NULL) < 0)
		die_errno("sigaction");
	for (i = 0; i < nr_vcpus; i++) {
		err = pthread_create(&vcpus[i].thread, NULL, vcpu_thread,
				     &vcpus[i]);
		if (err) {
			errno = err;
			die_errno("thread of vCPU %u", i);
		}
	}
}

/*
 * After vmm_stop(). immediate_exit catches a vCPU that looked at
 * vmm_stopping() just before and enters KVM_RUN only after the signal.
 */
void vcpus_stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_vcpus; i++) {
		__atomic_store_n(&vcpus[i].run->immediate_exit, 1,
				 __ATOMIC_SEQ_CST);
		pthread_kill(vcpus[i].thread, SIGUSR1);
	}
	for (i = 0; i < nr_vcpus; i++)
		pthread_join(vcpus[i].thread, NULL);
}
