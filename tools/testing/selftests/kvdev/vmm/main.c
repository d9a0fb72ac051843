// SPDX-License-Identifier: GPL-2.0
/* Options, and the life of the process. */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define MAX_DISKS	26
#define MAX_NETS	4

static struct options {
	const char *kernel;
	const char *initrd;
	const char *cmdline;
	unsigned long mem_mib;
	unsigned long nr_cpus;
	unsigned long timeout;
	bool shared_mem;
	bool rng;
	bool vmmci;
	const char *vmmci_name;
	bool stats;
	const char *stats_json;
	struct disk_options disk[MAX_DISKS];
	unsigned int nr_disks;
	struct net_options net[MAX_NETS];
	unsigned int nr_nets;
} opt = {
	.cmdline = "console=ttyS0 panic=-1",
	.mem_mib = 512,
	.nr_cpus = 1,
};

bool verbose;

static struct kvdev *vmmci;
static int stop_fd;
static int stop_status = -1;		/* -1: keep running */
static const char *stop_why;

static void report(const char *fmt, va_list ap, int err)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "kvdev-vmm: %s%s%s\n", text, err ? ": " : "",
		err ? strerror(err) : "");
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(fmt, ap, 0);
	va_end(ap);
	exit(EXIT_VMM_FAILED);
}

void die_errno(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	report(fmt, ap, err);
	va_end(ap);
	exit(EXIT_VMM_FAILED);
}

void debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	report(fmt, ap, 0);
	va_end(ap);
}

void vmm_stop(int status, const char *why)
{
	int running = -1;

	if (!__atomic_compare_exchange_n(&stop_status, &running, status, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	stop_why = why;
	if (eventfd_write(stop_fd, 1) < 0)
		die_errno("eventfd");
}

bool vmm_stopping(void)
{
	return __atomic_load_n(&stop_status, __ATOMIC_SEQ_CST) != -1;
}

static const char help[] =
"Usage: kvdev-vmm --kernel FILE [OPTION]...\n"
"Run a Linux guest whose virtio devices are in the kernel (/dev/kvdev).\n"
"\n"
"  --kernel FILE      bzImage to boot\n"
"  --initrd FILE      its initramfs\n"
"  --cmdline TEXT     its command line (default: console=ttyS0 panic=-1)\n"
"  --mem MIB[,shared] memory (default: 512); shared: in a memfd\n"
"  --cpus N           vCPUs (default: 1)\n"
"  --disk file=FILE[,ro][,direct][,queues=N][,serial=TEXT][,block-size=N]\n"
"                     a virtio disk on a raw file or block device; repeatable\n"
"  --net tap=NAME[,mac=ADDRESS][,queues=PAIRS]\n"
"  --net device=NAME  a virtio network device on a tap, made if there is none of\n"
"                     that name, or the existing device of that name; repeatable\n"
"  --rng              a virtio entropy device\n"
"  --vmmci[=NAME]     a VMM control interface, or the existing one of that name:\n"
"                     the first SIGTERM or SIGINT asks the guest to shut down\n"
"  --transport NAME   how the guest finds the devices: modern (default), legacy,\n"
"                     transitional (virtio-pci), mmio, mmio-legacy (by ACPI)\n"
"  --no-msix          virtio-pci without MSI-X: interrupts by INTx\n"
"  --stats            print the devices' counters at the end, to stderr\n"
"  --stats-json FILE  write all counters to FILE at the end\n"
"  --timeout SECONDS  end the VM after that time\n"
"  --verbose          tell what the guest does to BARs and how it ended\n"
"  --help\n"
"\n"
"The console is the guest's ttyS0; on a terminal, Ctrl-A x ends the VM and\n"
"Ctrl-A Ctrl-A sends one Ctrl-A.\n"
"\n"
"Exit status: 0 the guest was switched off or reset; 1 this program failed;\n"
"2 wrong usage; 3 timeout; 128+N ended by signal N. A guest chooses another\n"
"by writing a byte to I/O port 0xf4 or to physical address 0xfef00000:\n"
"    busybox devmem 0xfef00000 8 42\n"
"\n"
"Examples:\n"
"  kvdev-vmm --kernel vmlinuz --initrd initrd --disk file=root.img --rng \\\n"
"            --cmdline 'console=ttyS0 root=/dev/vda'\n"
"  kvdev-vmm --kernel vmlinuz --initrd initrd --cpus 4 --mem 2048 --stats \\\n"
"            --disk file=/dev/nvme0n1,queues=4 --disk file=seed.iso,ro\n";

__printf(1, 2) __noreturn static void usage_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(fmt, ap, 0);
	va_end(ap);
	fputs("Try --help.\n", stderr);
	exit(EXIT_USAGE);
}

static unsigned long number(const char *what, const char *text,
			    unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = text ? strtoul(text, &end, 10) : 0;
	if (!text || !*text || *end || errno || n < min || n > max)
		usage_error("%s: a number from %lu to %lu is needed", what, min,
			    max);
	return n;
}

static unsigned long block_size(const char *text)
{
	unsigned long n = number("--disk block-size", text, 512, 4096);

	if (n & (n - 1))
		usage_error("--disk block-size: must be a power of two");
	return n;
}

static void parse_mem(char *arg)
{
	char *suffix = strchr(arg, ',');

	if (suffix) {
		*suffix++ = '\0';
		if (strcmp(suffix, "shared"))
			usage_error("--mem: what is '%s'?", suffix);
		opt.shared_mem = true;
	}
	opt.mem_mib = number("--mem", arg, 64, 1UL << 20);
}

static void parse_disk(char *arg)
{
	enum { FILE_, RO, DIRECT, QUEUES, SERIAL, BLOCK_SIZE };
	static char *const keys[] = {
		[FILE_] = "file", [RO] = "ro", [DIRECT] = "direct",
		[QUEUES] = "queues", [SERIAL] = "serial",
		[BLOCK_SIZE] = "block-size", NULL,
	};
	struct disk_options *disk = &opt.disk[opt.nr_disks];
	char *value;

	if (opt.nr_disks++ == MAX_DISKS)
		usage_error("--disk: at most %d", MAX_DISKS);
	while (*arg) {
		switch (getsubopt(&arg, keys, &value)) {
		case FILE_:
			disk->file = value;
			break;
		case RO:
			disk->read_only = true;
			break;
		case DIRECT:
			disk->direct = true;
			break;
		case QUEUES:
			disk->nr_queues = number("--disk queues", value, 1,
						 KVDEV_MAX_QUEUES);
			break;
		case SERIAL:
			if (!value || strlen(value) > KVDEV_SERIAL_LEN)
				usage_error("--disk serial: at most %d bytes",
					    KVDEV_SERIAL_LEN);
			disk->serial = value;
			break;
		case BLOCK_SIZE:
			disk->block_size = block_size(value);
			break;
		default:
			usage_error("--disk: what is '%s'?", value);
		}
	}
	if (!disk->file)
		usage_error("--disk: file=FILE is needed");
}

static void parse_mac(const char *text, u8 *mac)
{
	int end = 0;

	if (!text ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0],
		   &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end) != 6 ||
	    text[end])
		usage_error("--net mac: an address like 52:54:00:12:34:56 is needed");
}

static void parse_net(char *arg)
{
	enum { TAP, DEVICE, MAC, QUEUES };
	static char *const keys[] = {
		[TAP] = "tap", [DEVICE] = "device", [MAC] = "mac",
		[QUEUES] = "queues", NULL,
	};
	struct net_options *net = &opt.net[opt.nr_nets];
	char *value;

	if (opt.nr_nets++ == MAX_NETS)
		usage_error("--net: at most %d", MAX_NETS);
	net->nr_pairs = 1;
	while (*arg) {
		switch (getsubopt(&arg, keys, &value)) {
		case TAP:
			if (!value || !*value || strlen(value) >= IFNAMSIZ)
				usage_error("--net tap: a name of an interface is needed");
			net->tap = value;
			break;
		case DEVICE:
			net->device = value;
			break;
		case MAC:
			parse_mac(value, net->mac);
			net->has_mac = true;
			break;
		case QUEUES:
			net->nr_pairs = number("--net queues", value, 1,
					       KVDEV_MAX_QUEUES / 2 - 1);
			break;
		default:
			usage_error("--net: what is '%s'?", value);
		}
	}
	if (!net->tap == !net->device)
		usage_error("--net: tap=NAME or device=NAME is needed");
}

static enum kvdev_transport_type transport(const char *name)
{
	static const char *const names[] = {
		[KVDEV_TRANSPORT_PCI_MODERN] = "modern",
		[KVDEV_TRANSPORT_PCI_LEGACY] = "legacy",
		[KVDEV_TRANSPORT_PCI_TRANSITIONAL] = "transitional",
		[KVDEV_TRANSPORT_MMIO] = "mmio",
		[KVDEV_TRANSPORT_MMIO_LEGACY] = "mmio-legacy",
	};
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return i;
	usage_error("--transport: what is '%s'?", name);
}

static void parse_options(int argc, char **argv)
{
	enum { KERNEL = 1, INITRD, CMDLINE, MEM, CPUS, DISK, NET, RNG, VMMCI,
	       TRANSPORT, NO_MSIX, STATS, STATS_JSON, TIMEOUT, VERBOSE, HELP };
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, KERNEL },
		{ "initrd", required_argument, NULL, INITRD },
		{ "cmdline", required_argument, NULL, CMDLINE },
		{ "mem", required_argument, NULL, MEM },
		{ "cpus", required_argument, NULL, CPUS },
		{ "disk", required_argument, NULL, DISK },
		{ "net", required_argument, NULL, NET },
		{ "rng", no_argument, NULL, RNG },
		{ "vmmci", optional_argument, NULL, VMMCI },
		{ "transport", required_argument, NULL, TRANSPORT },
		{ "no-msix", no_argument, NULL, NO_MSIX },
		{ "stats", no_argument, NULL, STATS },
		{ "stats-json", required_argument, NULL, STATS_JSON },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ "verbose", no_argument, NULL, VERBOSE },
		{ "help", no_argument, NULL, HELP },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case KERNEL:
			opt.kernel = optarg;
			break;
		case INITRD:
			opt.initrd = optarg;
			break;
		case CMDLINE:
			opt.cmdline = optarg;
			break;
		case MEM:
			parse_mem(optarg);
			break;
		case CPUS:
			opt.nr_cpus = number("--cpus", optarg, 1, MAX_CPUS);
			break;
		case DISK:
			parse_disk(optarg);
			break;
		case NET:
			parse_net(optarg);
			break;
		case RNG:
			opt.rng = true;
			break;
		case VMMCI:
			opt.vmmci = true;
			opt.vmmci_name = optarg;
			break;
		case TRANSPORT:
			kvdev_attach.transport = transport(optarg);
			break;
		case NO_MSIX:
			kvdev_attach.no_msix = true;
			break;
		case STATS:
			opt.stats = true;
			break;
		case STATS_JSON:
			opt.stats_json = optarg;
			break;
		case TIMEOUT:
			opt.timeout = number("--timeout", optarg, 1, 1 << 20);
			break;
		case VERBOSE:
			verbose = true;
			break;
		case HELP:
			fputs(help, stdout);
			exit(0);
		default:
			fputs("Try --help.\n", stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		usage_error("what is '%s'?", argv[optind]);
	if (!opt.kernel)
		usage_error("--kernel FILE is needed");
}

/* Before any thread is made, so that all of them leave these signals to us. */
static int catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		die_errno("sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die_errno("signalfd");
	return fd;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void wait_for_end(int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = vmmci ? vmmci->fd : -1, .events = POLLIN },
	};
	bool asked = false;
	long long left, end = now_ms() + opt.timeout * 1000LL;
	struct signalfd_siginfo info;

	while (!vmm_stopping()) {
		left = opt.timeout ? end - now_ms() : -1;
		if (opt.timeout && left <= 0)
			vmm_stop(EXIT_TIMEOUT, "timeout");
		else if (poll(fds, ARRAY_SIZE(fds), left) < 0 && errno != EINTR)
			die_errno("poll");
		else if (fds[1].revents & POLLIN &&
			 read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
			if (!asked && vmmci_shutdown(vmmci))
				asked = true;
			else
				vmm_stop(128 + info.ssi_signo, "signal");
		} else if (fds[2].revents & POLLIN) {
			vmmci_event(vmmci);
		}
	}
}

int main(int argc, char **argv)
{
	struct boot_entry entry;
	static struct vm vm;
	unsigned int i;
	int signal_fd;

	parse_options(argc, argv);
	signal_fd = catch_signals();
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (stop_fd < 0)
		die_errno("eventfd");

	vm.nr_cpus = opt.nr_cpus;
	vm_init(&vm, (u64)opt.mem_mib << 20, opt.shared_mem);
	platform_init();
	rtc_init();
	pci_init();
	for (i = 0; i < opt.nr_disks; i++)
		kvdev_add_disk(&vm, &opt.disk[i]);
	for (i = 0; i < opt.nr_nets; i++)
		kvdev_add_net(&vm, &opt.net[i]);
	if (opt.rng)
		kvdev_add_rng(&vm);
	if (opt.vmmci)
		vmmci = kvdev_add_vmmci(&vm, opt.vmmci_name);
	entry = boot_load(&vm, opt.kernel, opt.initrd, opt.cmdline,
			  acpi_build(&vm));
	vcpus_create(&vm, entry.rip, entry.boot_params);

	serial_init(&vm);
	vcpus_run();
	wait_for_end(signal_fd);
	vcpus_stop();

	debug("%s, status %d", stop_why, stop_status);
	if (stop_status == EXIT_TIMEOUT)
		fprintf(stderr, "kvdev-vmm: %s\n", stop_why);
	if (opt.stats)
		stats_print(stderr);
	if (opt.stats_json)
		stats_json(opt.stats_json);
	return stop_status;
}
