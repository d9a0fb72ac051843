// SPDX-License-Identifier: GPL-2.0
/* Tables whose columns are as wide as they need. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kvdevctl.h"

/* The next cell of the next row. */
void table_add(struct table *t, const char *fmt, ...)
{
	va_list ap;

	t->cells = reallocarray(t->cells, t->nr + 1, sizeof(*t->cells));
	if (!t->cells)
		die("out of memory");
	va_start(ap, fmt);
	if (vasprintf(&t->cells[t->nr++], fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
}

static void print_cell(const struct table *t, size_t i, const int *width)
{
	size_t column = i % t->columns;
	bool last = column == t->columns - 1;

	if (!column)
		printf("%*s", t->indent, "");
	if (t->numbers && column)
		printf("%*s", width[column], t->cells[i]);
	else if (last)
		fputs(t->cells[i], stdout);
	else
		printf("%-*s", width[column], t->cells[i]);
	fputs(last ? "\n" : "  ", stdout);
}

/* And forget what is in it. */
void table_print(struct table *t)
{
	int width[TABLE_COLUMNS] = {}, len;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		len = strlen(t->cells[i]);
		if (len > width[i % t->columns])
			width[i % t->columns] = len;
	}
	for (i = 0; i < t->nr; i++) {
		print_cell(t, i, width);
		free(t->cells[i]);
	}
	free(t->cells);
	t->cells = NULL;
	t->nr = 0;
}
