// SPDX-License-Identifier: GPL-2.0
/* A 16550A on stdin and stdout: the guest's ttyS0. */
#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <linux/serial_reg.h>

#include "vmm.h"

#define SERIAL_PORT	0x3f8
#define SERIAL_PORTS	8
#define INPUT_SIZE	16
#define ESCAPE		0x01	/* Ctrl-A; then x ends the VM */

static struct {
	struct vm *vm;
	pthread_mutex_t lock;
	pthread_cond_t ready;		/* for input, perhaps */
	u8 ier, lcr, mcr, scr, fcr, dll, dlm;
	bool tx_empty_event;		/* not yet seen in IIR */
	bool irq_level;
	unsigned int head, count;
	u8 input[INPUT_SIZE];
} uart = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ready = PTHREAD_COND_INITIALIZER,
};

static struct termios saved_tty;

static u8 pending(void)
{
	if ((uart.ier & UART_IER_RDI) && uart.count)
		return UART_IIR_RDI;
	if ((uart.ier & UART_IER_THRI) && uart.tx_empty_event)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

static void update_irq(void)
{
	bool level = pending() != UART_IIR_NO_INT;

	if (level != uart.irq_level)
		vm_irq_line(uart.vm, SERIAL_GSI, level);
	uart.irq_level = level;
}

static void add_input(u8 c)
{
	if (uart.count == INPUT_SIZE)
		return;
	uart.input[(uart.head + uart.count++) % INPUT_SIZE] = c;
}

static u8 take_input(void)
{
	u8 c;

	if (!uart.count)
		return 0;
	c = uart.input[uart.head];
	uart.head = (uart.head + 1) % INPUT_SIZE;
	uart.count--;
	pthread_cond_signal(&uart.ready);
	return c;
}

/* Sending takes no time: the transmitter is empty again at once. */
static void transmit(u8 c)
{
	ssize_t n;

	if (uart.mcr & UART_MCR_LOOP) {
		add_input(c);
	} else {
		do {
			n = write(STDOUT_FILENO, &c, 1);
		} while (n < 0 && errno == EINTR);
	}
	uart.tx_empty_event = true;
}

/* In loop mode the modem's inputs are the outputs. */
static u8 modem_status(void)
{
	u8 msr = 0;

	if (!(uart.mcr & UART_MCR_LOOP))
		return UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
	if (uart.mcr & UART_MCR_RTS)
		msr |= UART_MSR_CTS;
	if (uart.mcr & UART_MCR_DTR)
		msr |= UART_MSR_DSR;
	if (uart.mcr & UART_MCR_OUT1)
		msr |= UART_MSR_RI;
	if (uart.mcr & UART_MCR_OUT2)
		msr |= UART_MSR_DCD;
	return msr;
}

static u8 read_iir(void)
{
	u8 iir = pending();

	if (iir == UART_IIR_THRI)
		uart.tx_empty_event = false;
	if (uart.fcr & UART_FCR_ENABLE_FIFO)
		iir |= 0xc0;
	return iir;
}

static u8 read_reg(unsigned int reg)
{
	bool dlab = uart.lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_RX:
		return dlab ? uart.dll : take_input();
	case UART_IER:
		return dlab ? uart.dlm : uart.ier;
	case UART_IIR:
		return read_iir();
	case UART_LCR:
		return uart.lcr;
	case UART_MCR:
		return uart.mcr;
	case UART_LSR:
		return UART_LSR_TEMT | UART_LSR_THRE |
		       (uart.count ? UART_LSR_DR : 0);
	case UART_MSR:
		return modem_status();
	default:
		return uart.scr;
	}
}

static void write_ier(u8 ier)
{
	ier &= UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI;
	if (ier & ~uart.ier & UART_IER_THRI)
		uart.tx_empty_event = true;
	uart.ier = ier;
	pthread_cond_signal(&uart.ready);
}

static void write_reg(unsigned int reg, u8 v)
{
	bool dlab = uart.lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_TX:
		if (dlab)
			uart.dll = v;
		else
			transmit(v);
		break;
	case UART_IER:
		if (dlab)
			uart.dlm = v;
		else
			write_ier(v);
		break;
	case UART_FCR:
		uart.fcr = v;
		if (v & UART_FCR_CLEAR_RCVR) {
			uart.count = 0;
			pthread_cond_signal(&uart.ready);
		}
		break;
	case UART_LCR:
		uart.lcr = v;
		break;
	case UART_MCR:
		uart.mcr = v & 0x1f;
		break;
	case UART_SCR:
		uart.scr = v;
		break;
	}
}

static void serial_access(void *opaque, u64 reg, unsigned int len, bool write,
			  u64 *value)
{
	(void)opaque;
	(void)len;	/* the device is one byte wide */
	pthread_mutex_lock(&uart.lock);
	if (write)
		write_reg(reg, *value);
	else
		*value = read_reg(reg);
	update_irq();
	pthread_mutex_unlock(&uart.lock);
}

/* True if @c belongs to an escape sequence and not to the guest. */
static bool escape(u8 c)
{
	static bool escaped;
	bool was_escaped = escaped;

	escaped = c == ESCAPE && !was_escaped;
	if (was_escaped && c == 'x') {
		vmm_stop(0, "Ctrl-A x");
		return true;
	}
	return escaped;
}

/* A driver clears the FIFO before it enables the interrupt: lose nothing. */
static bool wants_input(void)
{
	return uart.count < INPUT_SIZE && (uart.ier & UART_IER_RDI);
}

static void *input_thread(void *arg)
{
	bool tty = isatty(STDIN_FILENO);
	ssize_t n;
	u8 c;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return arg;	/* the guest just gets no more */
		if (tty && escape(c))
			continue;
		pthread_mutex_lock(&uart.lock);
		while (!wants_input())
			pthread_cond_wait(&uart.ready, &uart.lock);
		add_input(c);
		update_irq();
		pthread_mutex_unlock(&uart.lock);
	}
}

static void restore_tty(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_tty);
}

static void make_tty_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_tty) < 0)
		return;
	raw = saved_tty;
	cfmakeraw(&raw);
	raw.c_oflag = saved_tty.c_oflag;
	atexit(restore_tty);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void serial_init(struct vm *vm)
{
	pthread_t thread;
	int err;

	uart.vm = vm;
	bus_add_pio(SERIAL_PORT, SERIAL_PORTS, serial_access, NULL);
	make_tty_raw();
	err = pthread_create(&thread, NULL, input_thread, NULL);
	if (err) {
		errno = err;
		die_errno("console thread");
	}
	pthread_detach(thread);
}
