# SPDX-License-Identifier: GPL-2.0
# Reads lists of faults, see tools/testing/mutate, in the top of a tree.
#
#	awk -f blocks.awk LIST...
#		prints a line for each fault: AREA:LINE, file, "check" or "-", the
#		tests as "BED TEST" with ";" between, what; tabs between these
#	awk -f blocks.awk -v want=AREA:LINE LIST...
#		prints the file with that fault in it, instead
#
# Faults that do not fit the tree are told on standard error; status 1.

function trim(s)
{
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

function complain(s)
{
	print at ": " s | "cat >&2"
	bad = 1
}

# Whole files are kept: line N of FILE is text[FILE, N].
function load(name,	line, n)
{
	if (name in lines)
		return lines[name]
	while ((getline line <name) > 0) {
		text[name, ++n] = line
		bare[name, n] = trim(line)
	}
	close(name)
	return lines[name] = n + 0
}

# Lines that "from" to "to" are to be looked for in
function scope(	i, n)
{
	from = 1
	to = lines[file]
	if (within == "")
		return 1
	for (i = 1; i <= lines[file]; i++) {
		if (text[file, i] !~ /^[A-Za-z_]/ || text[file, i] ~ /;$/ ||
		    !index(text[file, i], within))
			continue
		from = i
		n++
	}
	if (n != 1) {
		complain(file ": " n + 0 " functions or tables: " within)
		return 0
	}
	for (to = from; to < lines[file] && text[file, to] !~ /^}/; to++)
		;
	return 1
}

# The line where the old lines begin, 0: there is no such place, or several
function place(	i, j, n, found)
{
	if (!scope())
		return 0
	for (i = from; i <= to - nr_old + 1; i++) {
		for (j = 1; j <= nr_old && bare[file, i + j - 1] == old[j]; j++)
			;
		if (j <= nr_old)
			continue
		found = i
		n++
	}
	if (n == 1)
		return found
	complain(file ": " n + 0 " times: " old[1])
	return 0
}

function print_mutated(first,	i, j, indent)
{
	indent = text[file, first]
	sub(/[^ \t].*/, "", indent)
	for (i = 1; i <= lines[file]; i++) {
		if (i == first)
			for (j = 1; j <= nr_new; j++)
				print indent new[j]
		if (i < first || i >= first + nr_old)
			print text[file, i]
	}
}

function end_block(	i, first, same)
{
	if (file != "" || nr_old || nr_new || tests != "") {
		if (what == "" || file == "" || !nr_old || tests == "") {
			complain("not whole: needs #, @, - and = lines")
		} else if (!load(file)) {
			complain("no file " file)
		} else if ((first = place())) {
			same = nr_old == nr_new
			for (i = 1; same && i <= nr_old; i++)
				same = old[i] == new[i]
			if (same)
				complain("changes nothing")
			else if (want == id)
				print_mutated(first)
			else if (want == "")
				printf "%s\t%s\t%s\t%s\t%s\n", id, file, kind, tests, what
		}
	}
	what = file = within = tests = id = ""
	nr_old = nr_new = 0
}

FNR == 1 {
	end_block()
	area = FILENAME
	sub(/.*\//, "", area)
}

/^$/ { end_block(); next }

{
	if (id == "") {
		id = area ":" FNR
		at = FILENAME ":" FNR
	}
	key = substr($0, 1, 1)
	rest = trim(substr($0, 2))
}

key == "#" {
	if (what == "") {
		kind = rest ~ /^!/ ? "check" : "-"
		sub(/^! */, "", rest)
		what = rest
	}
	next
}
key == "@" { file = rest; next }
key == "~" { within = rest; next }
key == "-" { old[++nr_old] = rest; next }
key == "+" { new[++nr_new] = rest; next }
key == "=" { tests = tests (tests == "" ? "" : ";") rest; next }
{ complain("what is \"" $0 "\"?") }

END {
	end_block()
	exit bad
}
