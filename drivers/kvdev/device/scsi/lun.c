// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of user space on logical units: adding and removing, media, sizes.
 * The device's mutex is held; guests run meanwhile.
 */
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "dev.h"

/*
 * Longest VERIFY, READ, WRITE and WRITE SAME of a command: what ten-byte CDBs
 * can ask for. What takes a worker's time has such an end.
 */
#define UNIT_MAX_BLOCKS		BIT(16)

/* Longest UNMAP, which is done by threads of the store. */
#define UNIT_MAX_UNMAP		SZ_4G

/* COMPARE AND WRITE: as many as its CDB can say. */
#define UNIT_MAX_COMPARE	255

#define MODEL_VENDOR		"KVDEV"
#define MODEL_DISK		"VIRTUAL DISK"
#define MODEL_CDROM		"VIRTUAL CD-ROM"
#define MODEL_REVISION		"1.0"

/* virtio 1.3, 5.6.6.3: ASC and ASCQ as the reason of a change */
static u32 change_reason(u32 sense)
{
	return KVDEV_SENSE_ASC(sense) | KVDEV_SENSE_ASCQ(sense) << 8;
}

static void event_change(struct vscsi_unit *unit, u32 sense)
{
	struct vscsi *scsi = unit->scsi;

	/* virtio 1.3, 5.6.6.3.2: not for MMC devices */
	if (unit->lu.cfg.type == KVDEV_SCSI_CDROM ||
	    !kvdev_dev_has_feature(scsi->dev, VIRTIO_SCSI_F_CHANGE))
		return;
	vscsi_event(scsi, VIRTIO_SCSI_T_PARAM_CHANGE, unit->target, unit->lun,
		    change_reason(sense));
}

static void event_transport(struct vscsi_unit *unit, u32 reason)
{
	struct vscsi *scsi = unit->scsi;

	/* virtio 1.3, 5.6.6.3.2: not unless negotiated */
	if (!kvdev_dev_has_feature(scsi->dev, VIRTIO_SCSI_F_HOTPLUG))
		return;
	vscsi_event(scsi, VIRTIO_SCSI_T_TRANSPORT_RESET, unit->target,
		    unit->lun, reason);
}

static void event_async(struct vscsi_unit *unit, u32 event)
{
	u32 wanted;

	spin_lock_irq(&unit->lock);
	wanted = unit->notify & event;
	spin_unlock_irq(&unit->lock);
	if (wanted)
		vscsi_event(unit->scsi, VIRTIO_SCSI_T_ASYNC_NOTIFY,
			    unit->target, unit->lun, wanted);
}

/* The other units of the target know that it has changed. */
static void tell_neighbours(struct vscsi_unit *unit)
{
	struct vscsi_unit *other;
	u16 lun = 0;

	while ((other = vscsi_unit_next(unit->scsi, unit->target, &lun))) {
		if (other != unit) {
			spin_lock_irq(&other->lock);
			kvdev_scsi_lu_attention(&other->lu,
						KVDEV_SENSE_LUNS_CHANGED);
			spin_unlock_irq(&other->lock);
		}
		vscsi_unit_put(other);
	}
}

static int check_address(u32 target, u32 lun)
{
	return target > VSCSI_MAX_TARGET || lun > VSCSI_MAX_LUN ? -EINVAL : 0;
}

/* The unit of a command; it stays as long as the mutex is held. */
static struct vscsi_unit *find_unit(struct vscsi *scsi, u32 target, u32 lun)
{
	if (check_address(target, lun))
		return NULL;
	return xa_load(&scsi->units, vscsi_index(target, lun));
}

/* ---------------------------------------------------------------- adding */

/*
 * Does this store, or none, fit the unit? Blocks of size 0 become what the store
 * likes.
 */
static int check_store(struct kvdev_scsi_config *cfg,
		       struct kvdev_backend *backend)
{
	if (!backend) {
		cfg->block_size = cfg->block_size ?: 512;
		return cfg->removable ? 0 : -EINVAL;
	}
	if (!cfg->block_size)
		cfg->block_size = backend->block_size > 512 ? 4096 : 512;
	if (backend->block_size > cfg->block_size ||
	    backend->size < cfg->block_size)
		return -EINVAL;
	/* When it was opened nobody knew what unit it is for. */
	backend->read_only |= cfg->read_only;
	return 0;
}

static void copy_text(char *to, const u8 *from, size_t len, const char *model)
{
	memcpy(to, from, len);
	if (!to[0])
		memcpy(to, model, min(len, strlen(model)));
}

static int unit_config(struct kvdev_scsi_config *cfg,
		       const struct kvdev_scsi_add_lun *arg)
{
	bool disk = arg->type == KVDEV_LUN_DISK;

	if (!disk && arg->type != KVDEV_LUN_CDROM)
		return -EINVAL;
	*cfg = (struct kvdev_scsi_config){
		.type = disk ? KVDEV_SCSI_DISK : KVDEV_SCSI_CDROM,
		.block_size = disk ? arg->block_size : arg->block_size ?: 2048,
		.read_only = !disk || arg->flags & KVDEV_LUN_RDONLY,
		.removable = !disk || arg->flags & KVDEV_LUN_REMOVABLE,
		.write_back = disk,
		.rotational = arg->flags & KVDEV_LUN_ROTATIONAL,
		.naa = arg->wwn,
	};
	copy_text(cfg->vendor, arg->vendor, sizeof(cfg->vendor), MODEL_VENDOR);
	copy_text(cfg->product, arg->product, sizeof(cfg->product),
		  disk ? MODEL_DISK : MODEL_CDROM);
	copy_text(cfg->revision, arg->revision, sizeof(cfg->revision),
		  MODEL_REVISION);
	memcpy(cfg->serial, arg->serial, sizeof(cfg->serial));
	return 0;
}

/*
 * What tells the unit from others if nobody gave it a name: the store, whoever
 * shows it, also the next time. A drive is not what is in it.
 */
static u64 unit_id(const struct kvdev_scsi_config *cfg,
		   const struct kvdev_backend *backend)
{
	u64 id = backend && !cfg->removable ? kvdev_backend_id(backend) : 0;

	return id ?: get_random_u64() | 1;
}

/* What is good to know of the store. Another medium may be another one. */
static void unit_topology(struct kvdev_scsi_config *cfg,
			  const struct kvdev_backend *backend)
{
	u32 bs = cfg->block_size;

	if (!backend || cfg->removable)
		return;
	if (is_power_of_2(backend->physical_size) &&
	    backend->physical_size > bs)
		cfg->physical_exp = min(ilog2(backend->physical_size / bs), 15);
	if (!(backend->aligned % bs))
		cfg->aligned_lba = min(backend->aligned / bs, 0x3fffU);
	cfg->opt_blocks = min_t(u32, backend->io_opt / bs, UNIT_MAX_BLOCKS);
}

static void unit_limits(struct kvdev_scsi_config *cfg,
			const struct kvdev_backend *backend)
{
	cfg->max_blocks = UNIT_MAX_BLOCKS;
	if (cfg->type != KVDEV_SCSI_DISK)
		return;
	unit_topology(cfg, backend);
	cfg->max_same_blocks = UNIT_MAX_BLOCKS;
	cfg->max_compare_blocks = UNIT_MAX_COMPARE;
	/* Another medium may not be able to. */
	if (!backend || cfg->removable || cfg->read_only ||
	    !backend->discard_granularity)
		return;
	cfg->unmap = true;
	cfg->unmap_zeroes = backend->discard_zeroes;
	cfg->max_unmap_blocks = div_u64(UNIT_MAX_UNMAP, cfg->block_size);
	cfg->unmap_granularity = backend->discard_granularity /
				 cfg->block_size;
}

/*
 * What is known of the store of a disk that others may show as well. Nobody writes
 * through a drive, or registers.
 */
static int share_store(const struct kvdev_scsi_config *cfg,
		       const struct kvdev_backend *backend,
		       struct vscsi_store **store)
{
	*store = NULL;
	if (!backend || cfg->type != KVDEV_SCSI_DISK)
		return 0;
	*store = vscsi_store_get(backend);
	return *store ? 0 : -ENOMEM;
}

/* Shows @backend, which is the unit's from now on, and so is @store. */
static void unit_attach(struct vscsi_unit *unit, struct kvdev_backend *backend,
			struct vscsi_store *store)
{
	if (store)
		vscsi_store_enter(unit, store,
				  backend->file->f_mode & FMODE_WRITE);
	spin_lock_irq(&unit->lock);
	unit->backend = backend;
	kvdev_scsi_lu_insert(&unit->lu, vscsi_unit_blocks(unit),
			     backend->read_only);
	spin_unlock_irq(&unit->lock);
}

static int check_add(const struct kvdev_scsi_add_lun *arg,
		     struct kvdev_scsi_config *cfg)
{
	if (arg->flags & ~(KVDEV_LUN_RDONLY | KVDEV_LUN_REMOVABLE |
			   KVDEV_LUN_ROTATIONAL))
		return -EOPNOTSUPP;
	return check_address(arg->target, arg->lun) ?: unit_config(cfg, arg);
}

static int cmd_add_lun(struct vscsi *scsi, const struct kvdev_scsi_add_lun *arg,
		       struct kvdev_backend **store)
{
	struct kvdev_backend *backend = *store;
	struct kvdev_scsi_config cfg;
	struct vscsi_store *shared;
	struct vscsi_unit *unit;
	int ret;

	ret = check_add(arg, &cfg);
	if (ret)
		return ret;
	if (find_unit(scsi, arg->target, arg->lun))
		return -EEXIST;

	ret = check_store(&cfg, backend);
	if (ret)
		return ret;
	unit_limits(&cfg, backend);
	cfg.id = unit_id(&cfg, backend);
	ret = share_store(&cfg, backend, &shared);
	if (ret)
		return ret;
	unit = vscsi_unit_create(scsi, arg->target, arg->lun, &cfg);
	if (IS_ERR(unit)) {
		ret = PTR_ERR(unit);
		goto err_put_shared;
	}
	/* The unit's from here on. */
	*store = NULL;
	if (backend)
		unit_attach(unit, backend, shared);

	ret = xa_err(xa_store(&scsi->units,
			      vscsi_index(unit->target, unit->lun), unit,
			      GFP_KERNEL));
	if (ret) {
		vscsi_unit_free(unit);
		return ret;
	}
	tell_neighbours(unit);
	event_transport(unit, VIRTIO_SCSI_EVT_RESET_RESCAN);
	return 0;

err_put_shared:
	if (shared)
		vscsi_store_put(shared);
	return ret;
}

/* -------------------------------------------------------------- removing */

static void remove_unit(struct vscsi_unit *unit)
{
	struct vscsi *scsi = unit->scsi;

	xa_erase(&scsi->units, vscsi_index(unit->target, unit->lun));
	tell_neighbours(unit);
	event_transport(unit, VIRTIO_SCSI_EVT_RESET_REMOVED);
	vscsi_unit_kill(unit);
	vscsi_unit_free(unit);
}

/**
 * vscsi_remove_all() - the device goes
 * @scsi: no queue runs
 */
void vscsi_remove_all(struct vscsi *scsi)
{
	struct vscsi_unit *unit;
	unsigned long index;

	xa_for_each(&scsi->units, index, unit) {
		xa_erase(&scsi->units, index);
		vscsi_unit_kill(unit);
		vscsi_unit_free(unit);
		cond_resched();
	}
	xa_destroy(&scsi->units);
}

static int cmd_remove_lun(struct vscsi *scsi, const struct kvdev_scsi_lun *arg)
{
	struct vscsi_unit *unit = find_unit(scsi, arg->target, arg->lun);

	if (arg->flags)
		return -EOPNOTSUPP;
	if (!unit)
		return -ENXIO;
	remove_unit(unit);
	return 0;
}

/* ----------------------------------------------------------------- media */

/* Take the medium out. Commands that use it end before. Returns its store. */
static struct kvdev_backend *unit_detach(struct vscsi_unit *unit)
{
	struct kvdev_backend *backend = unit->backend;

	spin_lock_irq(&unit->lock);
	kvdev_scsi_lu_remove(&unit->lu);
	spin_unlock_irq(&unit->lock);
	vscsi_unit_drain(unit);

	vscsi_store_leave(unit);
	unit->backend = NULL;
	return backend;
}

/* May the medium go? If not, the driver has been asked to let it. */
static int ask_driver(struct vscsi_unit *unit, bool force)
{
	bool locked;

	if (force || !unit->backend)
		return 0;
	spin_lock_irq(&unit->lock);
	locked = kvdev_scsi_lu_eject_request(&unit->lu);
	spin_unlock_irq(&unit->lock);
	if (!locked)
		return 0;
	event_async(unit, VSCSI_ASYNC_EXTERNAL_REQUEST);
	return -EBUSY;
}

static int cmd_set_media(struct vscsi *scsi,
			 const struct kvdev_scsi_set_media *arg,
			 struct kvdev_backend **store)
{
	struct vscsi_unit *unit = find_unit(scsi, arg->target, arg->lun);
	struct kvdev_backend *backend = *store;
	struct kvdev_scsi_config cfg;
	struct vscsi_store *shared;
	int ret;

	if (arg->flags & ~(KVDEV_MEDIA_RDONLY | KVDEV_MEDIA_FORCE))
		return -EOPNOTSUPP;
	if (!unit)
		return -ENXIO;
	cfg = unit->lu.cfg;
	if (!cfg.removable)
		return -EOPNOTSUPP;
	cfg.read_only |= !!(arg->flags & KVDEV_MEDIA_RDONLY);
	ret = check_store(&cfg, backend) ?: share_store(&cfg, backend, &shared);
	if (ret)
		return ret;
	ret = ask_driver(unit, arg->flags & KVDEV_MEDIA_FORCE);
	if (ret) {
		if (shared)
			vscsi_store_put(shared);
		return ret;
	}

	*store = unit_detach(unit);
	if (backend)
		unit_attach(unit, backend, shared);
	event_async(unit, VSCSI_ASYNC_MEDIA_CHANGE);
	event_change(unit, KVDEV_SENSE_MEDIUM_CHANGED);
	return 0;
}

static int cmd_resize(struct vscsi *scsi, const struct kvdev_scsi_lun *arg)
{
	struct vscsi_unit *unit = find_unit(scsi, arg->target, arg->lun);
	u64 before;
	int ret;

	if (arg->flags)
		return -EOPNOTSUPP;
	if (!unit || !unit->backend)
		return -ENXIO;
	/* A disc is what it is. */
	if (unit->lu.cfg.type == KVDEV_SCSI_CDROM)
		return -EOPNOTSUPP;
	ret = kvdev_backend_resized(unit->backend, unit->lu.cfg.block_size);
	if (ret)
		return ret;
	spin_lock_irq(&unit->lock);
	before = unit->lu.nr_blocks;
	kvdev_scsi_lu_resize(&unit->lu, vscsi_unit_blocks(unit));
	spin_unlock_irq(&unit->lock);
	if (before != vscsi_unit_blocks(unit))
		event_change(unit, KVDEV_SENSE_CAPACITY_CHANGED);
	return 0;
}

/* --------------------------------------------------------------- listing */

static void describe(struct vscsi_unit *unit, struct kvdev_scsi_next_lun *arg)
{
	const struct kvdev_scsi_config *cfg = &unit->lu.cfg;
	const struct kvdev_scsi_lu *lu = &unit->lu;

	arg->type = cfg->type == KVDEV_SCSI_DISK ? KVDEV_LUN_DISK :
						   KVDEV_LUN_CDROM;
	arg->block_size = cfg->block_size;
	arg->wwn = cfg->naa;
	memcpy(arg->vendor, cfg->vendor, sizeof(arg->vendor));
	memcpy(arg->product, cfg->product, sizeof(arg->product));
	memcpy(arg->revision, cfg->revision, sizeof(arg->revision));
	memcpy(arg->serial, cfg->serial, sizeof(arg->serial));
	arg->state = cfg->removable ? KVDEV_LUN_IS_REMOVABLE : 0;
	spin_lock_irq(&unit->lock);
	arg->blocks = lu->nr_blocks;
	if (lu->medium)
		arg->state |= KVDEV_LUN_HAS_MEDIUM;
	if (lu->read_only)
		arg->state |= KVDEV_LUN_IS_RDONLY;
	if (lu->tray_open)
		arg->state |= KVDEV_LUN_TRAY_OPEN;
	if (lu->nexus[VSCSI_NEXUS].prevents)
		arg->state |= KVDEV_LUN_LOCKED;
	spin_unlock_irq(&unit->lock);
	if (unit->backend)
		kvdev_backend_path(unit->backend, arg->backing,
				   sizeof(arg->backing));
}

static int cmd_next_lun(struct vscsi *scsi, struct kvdev_scsi_next_lun *arg)
{
	struct vscsi_unit *unit;
	unsigned long index;

	if (arg->flags)
		return -EOPNOTSUPP;
	if (check_address(arg->target, arg->lun))
		return -EINVAL;
	index = vscsi_index(arg->target, arg->lun);
	unit = xa_find(&scsi->units, &index, ULONG_MAX, XA_PRESENT);
	if (!unit)
		return -ENOENT;
	*arg = (struct kvdev_scsi_next_lun){
		.size = sizeof(*arg),
		.target = unit->target,
		.lun = unit->lun,
	};
	describe(unit, arg);
	return 0;
}

/* What the unit of a medium is; it may be another one when the medium is set. */
static int media_config(struct vscsi *scsi,
			const struct kvdev_scsi_set_media *arg,
			struct kvdev_scsi_config *cfg)
{
	struct vscsi_unit *unit;
	int ret;

	if (arg->flags & ~(KVDEV_MEDIA_RDONLY | KVDEV_MEDIA_FORCE))
		return -EOPNOTSUPP;
	ret = kvdev_dev_lock_killable(scsi->dev);
	if (ret)
		return ret;
	unit = find_unit(scsi, arg->target, arg->lun);
	if (!unit)
		ret = -ENXIO;
	else if (!unit->lu.cfg.removable)
		ret = -EOPNOTSUPP;
	else
		*cfg = unit->lu.cfg;
	kvdev_dev_unlock(scsi->dev);
	cfg->read_only |= !!(arg->flags & KVDEV_MEDIA_RDONLY);
	return ret;
}

/**
 * vscsi_open_store() - open the store of a command, see kvdev_device_type
 * @dev: the device
 * @cmd: KVDEV_SCSI_*
 * @arg: its structure
 * @store: set if there is one
 *
 * Return: 0 or -errno.
 */
int vscsi_open_store(struct kvdev_dev *dev, unsigned int cmd, const void *arg,
		     struct kvdev_backend **store)
{
	const struct kvdev_scsi_set_media *media = arg;
	const struct kvdev_scsi_add_lun *lun = arg;
	struct kvdev_scsi_config cfg = { };
	struct kvdev_backend *backend;
	int fd, ret;
	u32 format;

	if (cmd == KVDEV_SCSI_ADD_LUN) {
		fd = lun->fd;
		format = lun->format;
		ret = check_add(lun, &cfg);
	} else {
		fd = media->fd;
		format = media->format;
		ret = media_config(kvdev_dev_priv(dev), media, &cfg);
	}
	if (ret || fd == -1)
		return ret;
	backend = kvdev_backend_open(fd, format, cfg.read_only, cfg.block_size);
	if (IS_ERR(backend))
		return PTR_ERR(backend);
	*store = backend;
	return 0;
}

/**
 * vscsi_command() - a command of this type
 * @dev: the device
 * @cmd: KVDEV_SCSI_*
 * @arg: its structure
 * @store: as of kvdev_device_type.command
 *
 * Return: 0 or -errno.
 */
int vscsi_command(struct kvdev_dev *dev, unsigned int cmd, void *arg,
		  struct kvdev_backend **store)
{
	struct vscsi *scsi = kvdev_dev_priv(dev);

	switch (cmd) {
	case KVDEV_SCSI_ADD_LUN:
		return cmd_add_lun(scsi, arg, store);
	case KVDEV_SCSI_REMOVE_LUN:
		return cmd_remove_lun(scsi, arg);
	case KVDEV_SCSI_SET_MEDIA:
		return cmd_set_media(scsi, arg, store);
	case KVDEV_SCSI_RESIZE_LUN:
		return cmd_resize(scsi, arg);
	case KVDEV_SCSI_NEXT_LUN:
		return cmd_next_lun(scsi, arg);
	default:
		return -EOPNOTSUPP;
	}
}
