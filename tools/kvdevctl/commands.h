/* SPDX-License-Identifier: GPL-2.0 */
/* The commands: what main.c runs, and what it prints for help. */
#ifndef COMMANDS_H
#define COMMANDS_H

int cmd_create(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_vdpa(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_lun(int argc, char **argv);
int cmd_media(int argc, char **argv);
int cmd_vmmci(int argc, char **argv);

extern const char create_help[];
extern const char list_help[];
extern const char show_help[];
extern const char delete_help[];
extern const char stats_help[];
extern const char info_help[];
extern const char vdpa_help[];
extern const char set_help[];
extern const char lun_help[];
extern const char media_help[];
extern const char vmmci_help[];

#endif /* COMMANDS_H */
