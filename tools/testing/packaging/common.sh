# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Shared by what makes packages, out here and in the lab root. Source it.
# shellcheck source=tools/testing/common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../common.sh"
# shellcheck source=tools/testing/lab/lib.sh
. "$LAB_DIR/lib.sh"

# In the root: the working tree's files, not the last commit's; a deleted one is
# still listed by git, hence the test.
unpack() { # DIR
	local f
	mkdir -p "$1"
	while read -r f; do
		if [[ -f /lab/tree/$f ]]; then
			(cd /lab/tree && cp -P --parents "$f" "$1/")
		fi
	done </lab/out/files
}

# What unpack() looks at; packages will be there too.
list_files() { # DIR
	mkdir -p "$1"
	(cd "$TREE" && git ls-files -co --exclude-standard) >"$1/files"
}

# A copy-on-write root: what is written goes to memory and with the mounts.
in_copy() { # OUT CMD...: OUT appears as /lab/out
	local out=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation private bash -ec '
		root=$1 top=$2
		shift 2
		mkdir -p "$top"
		mount -t tmpfs overlay "$top"
		mkdir "$top"/{upper,work,root}
		mount -t overlay -o "lowerdir=$root,upperdir=$top/upper,workdir=$top/work" overlay "$top/root"
		LAB_ROOT=$top/root "$@"' - "$ROOT" "$CACHE/run/packages-$$" \
		"$LAB_DIR/inroot" -b "$TREE:/lab/tree" -b "$out:/lab/out" "$@"
	rmdir "$CACHE/run/packages-$$"
}
