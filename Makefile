# SPDX-License-Identifier: GPL-2.0
#
# The human's view: what can be built and run. kbuild reads Kbuild instead.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX ?= /usr
# For the tool.
export DESTDIR PREFIX
TESTING := tools/testing

# Parameters of single targets, see "make help".
T ?=
KERNEL ?= 6.12
B ?=

.PHONY: help modules install clean check kunit unit fuzz lab selftest test \
	demo bench deb rpm mutate

help:
	@echo 'See it work (needs root, a Debian 12 or 13 machine, no /dev/kvm):'
	@echo '  make demo                  a guest boots from an in-kernel disk'
	@echo '  make test                  everything a contributor needs to run'
	@echo
	@echo 'Build and install:'
	@echo '  make modules [KDIR=DIR]    modules for the kernel built or packaged in DIR'
	@echo '                             ($(KDIR))'
	@echo '  make install [DESTDIR=DIR] modules, uapi headers, udev rules, and kvdevctl if'
	@echo '                             libmnl and json-c are there'
	@echo '  make deb                   Debian packages'
	@echo '  make rpm                   RPM packages, and a trial of them; needs a mirror'
	@echo '  make clean'
	@echo
	@echo 'Parts of "make test":'
	@echo '  make check                 style and static checks'
	@echo '  make unit                  pure code in user space, ASan and UBSan'
	@echo '  make fuzz [T=SECONDS]      fuzz the pure code'
	@echo '  make kunit                 KUnit on User Mode Linux, plain and debug'
	@echo '  make selftest [T=PATTERN] [KERNEL=6.12|newest|debug|uml|uml-debug]'
	@echo
	@echo '  make lab                   build all of the test lab beforehand'
	@echo '  make bench [B=NAME]        measure, side by side with the peers'
	@echo '  make mutate [T=AREA]       put faults into the code: do the tests notice? hours'

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

# Without headers nothing was built that they would have to clean up.
clean:
	rm -rf build
	[ ! -e $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/linux \
		include/uapi/linux/kvdev.h include/uapi/linux/kvdev_net.h \
		include/uapi/linux/kvdev_scsi.h \
		include/uapi/linux/kvdev_transport.h include/uapi/linux/kvdev_vmmci.h
	install -D -m 644 debian/kvdev-dkms.udev \
		$(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-kvdev.rules
	if pkg-config --exists libmnl json-c; then \
		$(MAKE) -C tools/kvdevctl install; \
	else \
		echo 'kvdevctl needs libmnl and json-c: not installed'; \
	fi

lab:
	$(TESTING)/lab/deps
	$(TESTING)/lab/build

check:
	$(TESTING)/lab/deps
	$(TESTING)/stage check $(TESTING)/check

kunit:
	$(TESTING)/lab/deps
	$(TESTING)/stage kunit $(TESTING)/kunit

unit:
	$(TESTING)/lab/deps
	$(TESTING)/stage unit $(TESTING)/unit/run

fuzz:
	$(TESTING)/lab/deps
	$(TESTING)/stage fuzz $(TESTING)/fuzz/run $(or $(T),60)

selftest:
	$(TESTING)/lab/deps
	$(TESTING)/stage $(KERNEL) $(TESTING)/selftest $(KERNEL) $(T)

test:
	$(TESTING)/lab/deps
	$(TESTING)/test

mutate:
	$(TESTING)/lab/deps
	$(TESTING)/stage mutate $(TESTING)/mutate $(T)

demo:
	$(TESTING)/lab/deps
	$(TESTING)/demo

deb:
	$(TESTING)/lab/deps
	$(TESTING)/packaging/deb

rpm:
	$(TESTING)/lab/deps
	$(TESTING)/packaging/rpm

bench:
	$(TESTING)/lab/deps
	$(TESTING)/bench/run $(B)
