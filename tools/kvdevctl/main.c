// SPDX-License-Identifier: GPL-2.0
/* Commands, their options, and how errors are told. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "kvdevctl.h"

bool opt_json, opt_pretty;

/* What is being run, for "Try ..." and help. */
static char command_path[64] = "kvdevctl";
static const char *command_help;

static const char help[] =
"Usage: kvdevctl [OPTION]... COMMAND\n"
"Named in-kernel virtio devices for KVM guests. A device lives until it is\n"
"deleted, whatever happens to the program that made it.\n"
"\n"
"  create blk NAME --file FILE | --dev DEVICE [OPTION]...\n"
"  create net NAME --tap INTERFACE [OPTION]...\n"
"  create rng|scsi|vmmci NAME\n"
"                         make a device\n"
"  lun list|add|del|resize NAME [TARGET:LUN] [OPTION]...\n"
"                         disks and CD-ROM drives of a SCSI device\n"
"  media NAME TARGET:LUN --file FILE | --eject\n"
"                         change the medium of one of those\n"
"  list                   all devices, one per line\n"
"  show [NAME]            all there is to know about a device\n"
"  delete NAME            delete a device nobody uses\n"
"  stats [NAME]           counters of the queues, and how fast they grow\n"
"  info                   what the kernel module can do\n"
"  vdpa add|del NAME      put a device on the vDPA bus, take it from there\n"
"  set NAME               change owner, group, mode; or a network device's link\n"
"  vmmci NAME shutdown|reboot|syncrtc|cancel|wait\n"
"                         ask a guest to shut down, reboot, set its clock\n"
"  help [COMMAND]\n"
"\n"
"  -j, --json             print JSON\n"
"  -p, --pretty           print indented JSON\n"
"  -V, --version\n"
"  -h, --help             also of every command\n"
"\n"
"Commands and options can be shortened as long as they stay unambiguous.\n"
"Exit status: 0 done; 1 that failed; 2 wrong usage.\n"
"\n"
"Examples:\n"
"  kvdevctl create blk disk0 --file disk.img --vdpa\n"
"  kvdevctl stats disk0 --watch\n"
"  kvdevctl delete disk0 --vdpa\n";

static const char help_help[] =
"Usage: kvdevctl help [COMMAND]\n";

static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "create", cmd_create, create_help },
	{ "list", cmd_list, list_help },
	{ "show", cmd_show, show_help },
	{ "delete", cmd_delete, delete_help },
	{ "stats", cmd_stats, stats_help },
	{ "info", cmd_info, info_help },
	{ "vdpa", cmd_vdpa, vdpa_help },
	{ "set", cmd_set, set_help },
	{ "lun", cmd_lun, lun_help },
	{ "media", cmd_media, media_help },
	{ "vmmci", cmd_vmmci, vmmci_help },
	{ "help", cmd_help, help_help },
};

/* ------------------------------------------------------------------ errors */

static void print_error(const char *fmt, va_list ap)
{
	/* What was printed before comes before. */
	fflush(stdout);
	fputs("kvdevctl: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_error(fmt, ap);
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_error(fmt, ap);
	va_end(ap);
	exit(EXIT_FAILED);
}

static __noreturn void try_help(void)
{
	fprintf(stderr, "Try '%s --help'.\n", command_path);
	exit(EXIT_USAGE);
}

void usage_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_error(fmt, ap);
	va_end(ap);
	try_help();
}

/* A full disk or a closed pipe is a failure, not silence. */
static void flush_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die("cannot write the output: %s", strerror(errno));
}

static __noreturn void print_help(const char *text)
{
	fputs(text, stdout);
	flush_output();
	exit(EXIT_OK);
}

/* ----------------------------------------------------------------- options */

static int next_option_of(int argc, char **argv, const char *letters,
			  const struct option *options)
{
	int c;

	for (;;) {
		c = getopt_long(argc, argv, letters, options, NULL);
		switch (c) {
		case 'p':
			opt_pretty = true;
			/* fallthrough */
		case 'j':
			opt_json = true;
			continue;
		case 'h':
			print_help(command_help);
		case 'V':
			print_help("kvdevctl " KVDEVCTL_VERSION "\n");
		case '?':
			try_help();
		default:
			return c;
		}
	}
}

/**
 * next_option() - getopt_long(), with the options every command has
 * @options: the command's, COMMON_OPTIONS at the end
 *
 * Return: the next option of the command itself, -1: no more.
 */
int next_option(int argc, char **argv, const struct option *options)
{
	return next_option_of(argc, argv, "jphV", options);
}

/* The next word that is not an option, NULL: none. */
const char *next_word(int argc, char **argv)
{
	/* "help" is a name only after "--", which getopt moves to the front. */
	static bool literal;

	if (optind >= argc)
		return NULL;
	literal |= optind > 1 && !strcmp(argv[optind - 1], "--");
	if (!literal && !strcmp(argv[optind], "help"))
		print_help(command_help);
	return argv[optind++];
}

void no_more_words(int argc, char **argv)
{
	if (optind < argc)
		usage_error("what is '%s'?", argv[optind]);
}

/* The one word of commands that want a device's name. */
const char *need_name(int argc, char **argv)
{
	const char *name = next_word(argc, argv);

	if (!name)
		usage_error("which device? Its name is missing");
	no_more_words(argc, argv);
	return name;
}

/* ---------------------------------------------------------------- commands */

/**
 * find_prefix() - what does this word stand for?
 * @what: "command", "device type", for the message
 * @word: a name, or the beginning of exactly one
 *
 * Return: index of the name.
 */
size_t find_prefix(const char *what, const char *word, const char *const *names,
		   size_t nr)
{
	size_t i, found = nr, len = strlen(word);

	for (i = 0; i < nr; i++) {
		if (strncmp(names[i], word, len) || !len)
			continue;
		if (!names[i][len])
			return i;
		if (found < nr)
			usage_error("'%s' is short for '%s' and for '%s'", word,
				    names[found], names[i]);
		found = i;
	}
	if (found == nr)
		usage_error("there is no %s '%s'", what, word);
	return found;
}

static const struct command *find_command(const struct command *table,
					  size_t nr, const char *word)
{
	const char *names[16];
	size_t i;

	for (i = 0; i < nr; i++)
		names[i] = table[i].name;
	return &table[find_prefix("command", word, names, nr)];
}

/**
 * run_command() - choose among commands and run one
 * @text: help for all of them
 * @argv: starts with what was used to get here
 *
 * Return: its exit status.
 */
int run_command(const struct command *table, size_t nr, const char *text,
		int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	const struct command *command;
	size_t len;

	command_help = text;
	/* Options before the command are ours, those after it are its own. */
	optind = 0;
	next_option_of(argc, argv, "+jphV", options);
	if (optind >= argc)
		usage_error("a command is missing");

	if (table != commands && !strcmp(argv[optind], "help"))
		print_help(text);
	command = find_command(table, nr, argv[optind]);
	command_help = command->help;
	len = strlen(command_path);
	snprintf(command_path + len, sizeof(command_path) - len, " %s",
		 command->name);
	argc -= optind;
	argv += optind;
	/* getopt names its caller by the first word. */
	argv[0] = "kvdevctl";
	optind = 0;
	return command->fn(argc, argv);
}

static int cmd_help(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	const char *word;

	next_option(argc, argv, options);
	if (optind >= argc)
		print_help(help);
	word = argv[optind++];
	no_more_words(argc, argv);
	print_help(find_command(commands, ARRAY_SIZE(commands), word)->help);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc > 0)
		argv[0] = "kvdevctl";
	ret = run_command(commands, ARRAY_SIZE(commands), help, argc, argv);
	flush_output();
	return ret;
}
