#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kvdevctl with devices of several users: what it shows, what it refuses and with
# which words, and the node of a device on the vDPA bus. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
[[ $EUID -eq 0 ]] || skip "needs root"
# Who was here before may have taken it along with the bus.
modprobe -q kvdev || true
for _ in {1..600}; do [[ ! -c /dev/kvdev ]] || break; sleep 0.1; done
[[ -c /dev/kvdev ]] || skip "no /dev/kvdev"
ldd "$ctl" | grep -q 'not found' && skip "kvdevctl's libraries are not installed"
need setpriv stat

n=ownertest-$$
mode_before=$(stat -c %a /dev/kvdev)
# shellcheck disable=SC2329 # at the end
leave() {
	local d
	chmod "$mode_before" /dev/kvdev
	for d in $("$ctl" list --names | grep "^$n" || true); do
		"$ctl" delete "$d" --vdpa --force || true
	done
	rm -f /dev/kvdev-vdpa/"$n"*
}
at_end leave
# With what they need in reach of everybody
chmod 755 "$work"
chmod 666 /dev/kvdev

# Users: a stranger, an owner, one of group 4242, and one who may change the bus;
# they are used by their names.
# shellcheck disable=SC2034
root=() stranger=(setpriv --reuid 65534 --regid 65534 --clear-groups)
# shellcheck disable=SC2034
owner=(setpriv --reuid 4711 --regid 4711 --clear-groups)
# shellcheck disable=SC2034
member=(setpriv --reuid 4712 --regid 4712 --groups 4242)
caps='-all,+net_admin'
netadmin=(setpriv --reuid 65534 --regid 65534 --clear-groups
	--inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps")
rc=0
"${stranger[@]}" "$ctl" list >out 2>err || rc=$?
[[ $rc != 126 && $rc != 127 ]] || skip "others cannot run $ctl"
[[ $rc == 0 ]] || fail "a stranger cannot list: $(cat err)"

# ok WHO ARGUMENT...: works, prints nothing on stderr; its output is in ./out
ok() {
	local -n who=$1
	shift
	"${who[@]}" "$ctl" "$@" >out 2>err || fail "${who[*]} kvdevctl $*: $(cat err)"
	[[ ! -s err ]] || fail "${who[*]} kvdevctl $*: says $(cat err)"
}
# bad WHO WORDS -- ARGUMENT...: fails, and says that
bad() {
	local -n who=$1
	local words=$2 rc=0
	shift 3
	"${who[@]}" "$ctl" "$@" >out 2>err || rc=$?
	[[ $rc == 1 ]] || fail "${who[*]} kvdevctl $*: status $rc: $(cat out err)"
	grep -qF -- "$words" err || fail "${who[*]} kvdevctl $*: no '$words' in: $(cat err)"
}
has() { grep -qE -- "$1" out || fail "no '$1' in: $(cat out)"; }
lacks() { ! grep -qE -- "$1" out || fail "'$1' in: $(cat out)"; }

step "root's own"
truncate -s 10M disk.img
chmod 600 disk.img
ok root create blk "$n" --file disk.img
ok root list
has "^$n +[0-9]+ +blk +10 MiB +1 +idle +0600 +root +root +- +$work/disk.img\$"
ok root show "$n"
has '^  owner +root, group root, mode 0600$'
ok root -j show "$n"
has '"owner":"root","uid":0,"group":"root","gid":0,"mode":"0600"'
for who in stranger owner member; do
	ok $who list
	lacks "$n"
	lacks disk.img
	ok $who list --names
	lacks "$n"
	bad $who "'$n': permission denied" -- show "$n"
	bad $who "'$n': permission denied" -- stats "$n"
	bad $who "'$n': permission denied" -- delete "$n"
	bad $who "there is a device '$n' already" -- create rng "$n"
	bad $who "not permitted to change '$n'" -- set "$n" --mode 666
done

step "what the mode allows"
ok root set "$n" --group 4242 --mode 640
ok root show "$n"
has '^  owner +root, group 4242, mode 0640$'
ok member show "$n"
has 'backing'
ok member stats "$n"
bad member 'cannot delete' -- delete "$n"
bad stranger 'permission denied' -- show "$n"
ok root set "$n" --mode 660
ok member delete "$n"
ok root list --names
lacks "$n"

step "given when it is made, and by its owner"
ok root create rng "$n" --owner 4711 --group 4242 --mode 604
ok stranger show "$n"
has '^  owner +4711, group 4242, mode 0604$'
bad member 'permission denied' -- show "$n"
ok owner set "$n" --mode 660
bad owner 'not permitted to change' -- set "$n" --group 4712
bad owner 'not permitted to change' -- set "$n" --owner 0
ok owner set "$n" --group 4711
bad owner "another owner, or a group" -- create rng "$n.x" --owner 0
bad owner "another owner, or a group" -- create rng "$n.x" --group 4242
ok member create rng "$n.x" --group 4242 --mode 640
ok root show "$n.x"
has '^  owner +4712, group 4242, mode 0640$'
ok root delete "$n.x"
ok owner delete "$n"

# --------------------------------------------------------------------- the bus
if ! modprobe -q kvdev_vdpa; then
	echo "no vDPA in this kernel"
	exit 0
fi
modprobe -q -r virtio_vdpa || true
at_end '! grep -q "^kvdev_vdpa " /proc/modules || rmmod kvdev_vdpa'

step "who may put it there"
ok root create blk "$n" --file disk.img --mode 604
if "${netadmin[@]}" true 2>err; then
	bad netadmin 'not yours to put on the vDPA bus' -- vdpa add "$n"
	ok root set "$n" --mode 606
	"${netadmin[@]}" "$ctl" vdpa add "$n" >out 2>err || fail "$(cat err)"
	ok netadmin vdpa del "$n"
fi
bad stranger 'become root (CAP_NET_ADMIN)' -- vdpa add "$n"
ok root set "$n" --mode 600

if [[ -e /sys/module/virtio_vdpa ]] || ! modprobe -q vhost_vdpa; then
	echo "no vhost_vdpa"
	exit 0
fi
# The rule, as udev applies it on each event: there is none here, perhaps.
udev() { ok root vdpa node -- "$n"; }
is() { same "$(stat -L -c '%U %G %a' "$node")" "$1" "$node"; }
# opens_as WHO: he can open the node
opens_as() {
	local -n who=$1
	# shellcheck disable=SC2016 # there
	"${who[@]}" bash -c ': <>"$0"' "$node" 2>/dev/null
}
step "the node"
ok root vdpa add "$n"
node=$(node "$n")
udev
is 'root root 600'
link=/dev/kvdev-vdpa/$n
same "$(readlink "$link")" "$node"
! opens_as owner || fail "anybody opens $node"
ok root set "$n" --owner 4711 --group 4242 --mode 660
udev
is 'UNKNOWN UNKNOWN 660'
same "$(stat -c '%u %g' "$node")" '4711 4242'
opens_as owner || fail "its owner cannot open $node"
opens_as member || fail "its group cannot open $node"
! opens_as stranger || fail "anybody opens $node"
# Who may only look uses nothing.
ok root set "$n" --mode 644
udev
is 'UNKNOWN UNKNOWN 600'
! opens_as member || fail "who may look opens $node"
ok root set "$n" --mode 446
udev
is 'UNKNOWN UNKNOWN 6'
opens_as stranger || fail "others cannot open $node"
# Twice is as good.
udev
is 'UNKNOWN UNKNOWN 6'

step "the link goes with it"
ok root vdpa del "$n"
udev
[[ ! -e $link && ! -L $link ]] || fail "$link is left"
ok root delete "$n"
# And is made for none but ours.
ok root vdpa node -- "$n"
[[ ! -L $link ]] || fail "a link for nothing"
echo "all done"
