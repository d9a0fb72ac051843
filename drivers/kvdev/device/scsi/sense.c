// SPDX-License-Identifier: GPL-2.0
/*
 * Sense data: what went wrong, in the two formats of SPC-4, 4.5.
 */
#include "cdb.h"

#define FIXED_LEN	18
#define SKSV		0x80	/* sense key specific bytes are valid */
#define INFO_VALID	0x80

/* SPC-4, 4.5.3 */
static u32 build_fixed(u8 *to, u32 sense, const u8 *sks, u64 info)
{
	memset(to, 0, FIXED_LEN);
	to[0] = 0x70;
	/* An LBA of more than 32 bits has no place in this format */
	if (info <= U32_MAX) {
		to[0] |= INFO_VALID;
		put_unaligned_be32(info, &to[3]);
	}
	to[2] = KVDEV_SENSE_KEY(sense);
	to[7] = FIXED_LEN - 8;
	to[12] = KVDEV_SENSE_ASC(sense);
	to[13] = KVDEV_SENSE_ASCQ(sense);
	if (sks && sks[0] & SKSV)
		memcpy(&to[15], sks, 3);
	return FIXED_LEN;
}

/* SPC-4, 4.5.2: a header and a descriptor for all that is known */
static u32 build_descriptors(u8 *to, u32 sense, const u8 *sks, u64 info)
{
	u32 len = 8;

	memset(to, 0, KVDEV_SCSI_SENSE_MAX);
	to[0] = 0x72;
	to[1] = KVDEV_SENSE_KEY(sense);
	to[2] = KVDEV_SENSE_ASC(sense);
	to[3] = KVDEV_SENSE_ASCQ(sense);
	if (info != KVDEV_SCSI_NO_INFO) {
		to[len] = 0x00;
		to[len + 1] = 0x0a;
		to[len + 2] = INFO_VALID;
		put_unaligned_be64(info, &to[len + 4]);
		len += 12;
	}
	if (sks && sks[0] & SKSV) {
		to[len] = 0x02;
		to[len + 1] = 0x06;
		memcpy(&to[len + 4], sks, 3);
		len += 8;
	}
	to[7] = len - 8;
	return len;
}

/**
 * kvdev_scsi_build_sense - sense data as bytes
 * @to: KVDEV_SCSI_SENSE_MAX bytes
 * @descriptor: descriptor format, else fixed format
 * @sense: key and codes
 * @sks: the three sense key specific bytes, or NULL
 * @info: for the INFORMATION field, or KVDEV_SCSI_NO_INFO
 *
 * Return: bytes written.
 */
u32 kvdev_scsi_build_sense(u8 *to, bool descriptor, u32 sense, const u8 *sks,
			   u64 info)
{
	if (descriptor)
		return build_descriptors(to, sense, sks, info);
	return build_fixed(to, sense, sks, info);
}

/**
 * kvdev_scsi_set_sense - end a command with CHECK CONDITION
 * @cmd: command; nothing of what it was to do is left
 * @sense: key and codes
 * @sks: the three sense key specific bytes, or NULL
 * @info: for the INFORMATION field, or KVDEV_SCSI_NO_INFO
 */
void kvdev_scsi_set_sense(struct kvdev_scsi_cmd *cmd, u32 sense, const u8 *sks,
			  u64 info)
{
	cmd->action = KVDEV_SCSI_DONE;
	cmd->status = KVDEV_SCSI_CHECK_CONDITION;
	cmd->sense_len = kvdev_scsi_build_sense(cmd->sense, cmd->d_sense, sense,
						sks, info);
	cmd->resp_len = 0;
	cmd->in_len = 0;
	cmd->out_len = 0;
}

/**
 * kvdev_scsi_fail - the device could not do what it was told to
 * @cmd: command with an action other than KVDEV_SCSI_DONE
 * @sense: key and codes
 * @info: block that failed, for KVDEV_SENSE_MISCOMPARE offset of the first
 *	byte that differs in data-out, or KVDEV_SCSI_NO_INFO
 *
 * Sets status and sense. Needs no unit, so no lock.
 */
void kvdev_scsi_fail(struct kvdev_scsi_cmd *cmd, u32 sense, u64 info)
{
	kvdev_scsi_set_sense(cmd, sense, NULL, info);
}
