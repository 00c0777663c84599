//! The disk as SQLite's C interface wants it.
//!
//! Everything unsafe of the tests is in this file: SQLite hands out memory for a file handle, calls back with it, and
//! promises never to use one handle from two threads at once. The names, constants and layouts are SQLite's own.

#![expect(unsafe_code, reason = "a SQLite file system is a table of C functions")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use rusqlite::ffi;

use super::{Disk, File, Inside, Pending, write};

/// What SQLite allocates for each open file.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// What is behind it.
struct Open {
    disk: Disk,
    name: String,
    delete_on_close: bool,
    level: c_int,
    mapped: bool,
    shared: [bool; 8],
    exclusive: [bool; 8],
}

impl Open {
    /// Tells this handle from others on the same file.
    fn id(&self) -> usize {
        ptr::from_ref(self) as usize
    }

    fn file<T>(&self, act: impl FnOnce(&mut File) -> T) -> T {
        self.disk.with(|inside| act(inside.files.entry(self.name.clone()).or_default()))
    }

    fn powered(&self, error: c_int, act: impl FnOnce(&mut Inside)) -> c_int {
        self.disk.with(|inside| {
            if !inside.has_power() {
                return error;
            }
            act(inside);
            ffi::SQLITE_OK
        })
    }
}

/// The open file of a handle that SQLite passed.
///
/// # Safety
/// `file` was opened by [`open`] and not closed yet.
unsafe fn of<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

/// Makes a disk known to SQLite under a name of its own.
pub fn register(disk: Disk) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("forgetful-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let c_name = CString::new(name.clone()).expect("no zero in it").into_raw();
    let vfs = ffi::sqlite3_vfs {
        iVersion: 1,
        szOsFile: size_of::<Handle>() as c_int,
        mxPathname: 1_024,
        pNext: ptr::null_mut(),
        zName: c_name,
        pAppData: Box::into_raw(Box::new(disk)).cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    let registered = unsafe { ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs)), 0) };
    assert_eq!(registered, ffi::SQLITE_OK);
    name
}

unsafe fn disk<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Disk {
    unsafe { &*(*vfs).pAppData.cast::<Disk>() }
}

unsafe fn text(name: *const c_char) -> String {
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let disk = unsafe { disk(vfs) }.clone();
    let name = if name.is_null() {
        disk.with(|inside| {
            inside.names += 1;
            format!("temporary-{}", inside.names)
        })
    } else {
        unsafe { text(name) }
    };
    let known = disk.with(|inside| inside.files.contains_key(&name));
    if !known && flags & ffi::SQLITE_OPEN_CREATE == 0 {
        unsafe { (*file).pMethods = ptr::null() };
        return ffi::SQLITE_CANTOPEN;
    }
    disk.with(|inside| inside.files.entry(name.clone()).or_default().data.len());
    let open = Open {
        disk,
        name,
        delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
        level: ffi::SQLITE_LOCK_NONE,
        mapped: false,
        shared: [false; 8],
        exclusive: [false; 8],
    };
    let handle = Handle { base: ffi::sqlite3_file { pMethods: &METHODS }, open: Box::into_raw(Box::new(open)) };
    unsafe {
        file.cast::<Handle>().write(handle);
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    let name = unsafe { text(name) };
    unsafe { disk(vfs) }.with(|inside| {
        if !inside.has_power() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        if inside.files.remove(&name).is_some() { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_DELETE_NOENT }
    })
}

unsafe extern "C" fn access(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    let name = unsafe { text(name) };
    let known = unsafe { disk(vfs) }.with(|inside| inside.files.get(&name).is_some_and(|file| !file.data.is_empty()));
    unsafe { *out = c_int::from(known) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > room as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

fn usual() -> *mut ffi::sqlite3_vfs {
    unsafe { ffi::sqlite3_vfs_find(ptr::null()) }
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    let usual = usual();
    unsafe { (*usual).xRandomness.map_or(0, |ask| ask(usual, count, out)) }
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    let usual = usual();
    unsafe { (*usual).xSleep.map_or(0, |ask| ask(usual, micros)) }
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    let usual = usual();
    unsafe { (*usual).xCurrentTime.map_or(ffi::SQLITE_ERROR, |ask| ask(usual, out)) }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write_at),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        unlock(file, ffi::SQLITE_LOCK_NONE);
        let open = Box::from_raw((*file.cast::<Handle>()).open);
        if open.delete_on_close {
            open.disk.with(|inside| inside.files.remove(&open.name));
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, out: *mut c_void, count: c_int, at: i64) -> c_int {
    let (count, at) = (count as usize, at as usize);
    unsafe { of(file) }.file(|file| {
        let there = file.data.len().saturating_sub(at).min(count);
        unsafe {
            ptr::write_bytes(out.cast::<u8>(), 0, count);
            if there > 0 {
                ptr::copy_nonoverlapping(file.data[at..].as_ptr(), out.cast::<u8>(), there);
            }
        }
        if there == count { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
    })
}

unsafe extern "C" fn write_at(file: *mut ffi::sqlite3_file, from: *const c_void, count: c_int, at: i64) -> c_int {
    let open = unsafe { of(file) };
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count as usize) }.to_vec();
    if open.disk.with(|inside| inside.full) {
        return ffi::SQLITE_FULL;
    }
    open.powered(ffi::SQLITE_IOERR_WRITE, |inside| {
        let file = inside.files.entry(open.name.clone()).or_default();
        write(&mut file.data, at as usize, &bytes);
        file.pending.push(Pending::Write(at as usize, bytes));
    })
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    let open = unsafe { of(file) };
    open.powered(ffi::SQLITE_IOERR_TRUNCATE, |inside| {
        let file = inside.files.entry(open.name.clone()).or_default();
        file.data.resize(length as usize, 0);
        file.pending.push(Pending::Truncate(length as usize));
    })
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let open = unsafe { of(file) };
    open.powered(ffi::SQLITE_IOERR_FSYNC, |inside| {
        if inside.honest {
            let file = inside.files.entry(open.name.clone()).or_default();
            for pending in std::mem::take(&mut file.pending) {
                match pending {
                    Pending::Write(at, bytes) => write(&mut file.synced, at, &bytes),
                    Pending::Truncate(length) => file.synced.resize(length, 0),
                }
            }
        }
    })
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    unsafe { *out = of(file).file(|file| file.data.len() as i64) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let open = unsafe { of(file) };
    if open.level >= level {
        return ffi::SQLITE_OK;
    }
    let (id, has) = (open.id(), open.level);
    let reached = open.file(|file| {
        let locks = &mut file.sharing;
        let other = |holder: Option<usize>| holder.is_some_and(|holder| holder != id);
        if has < ffi::SQLITE_LOCK_SHARED {
            if other(locks.pending) || other(locks.exclusive) {
                return has;
            }
            locks.shared += 1;
        }
        if level == ffi::SQLITE_LOCK_SHARED {
            return level;
        }
        let has = has.max(ffi::SQLITE_LOCK_SHARED);
        if other(locks.reserved) || other(locks.exclusive) {
            return has;
        }
        locks.reserved = Some(id);
        if level == ffi::SQLITE_LOCK_RESERVED {
            return level;
        }
        if other(locks.pending) {
            return has.max(ffi::SQLITE_LOCK_RESERVED);
        }
        locks.pending = Some(id);
        if locks.shared > 1 {
            return ffi::SQLITE_LOCK_PENDING;
        }
        locks.exclusive = Some(id);
        ffi::SQLITE_LOCK_EXCLUSIVE
    });
    open.level = reached;
    if reached >= level { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let open = unsafe { of(file) };
    if open.level <= level {
        return ffi::SQLITE_OK;
    }
    let id = open.id();
    let had_shared = open.level >= ffi::SQLITE_LOCK_SHARED;
    open.file(|file| {
        let locks = &mut file.sharing;
        for holder in [&mut locks.reserved, &mut locks.pending, &mut locks.exclusive] {
            *holder = holder.filter(|holder| *holder != id);
        }
        if level == ffi::SQLITE_LOCK_NONE && had_shared {
            locks.shared -= 1;
        }
    });
    open.level = level;
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    unsafe { *out = of(file).file(|file| c_int::from(file.sharing.reserved.is_some())) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    super::SECTOR as c_int
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let open = unsafe { of(file) };
    let first = !std::mem::replace(&mut open.mapped, true);
    let address = open.file(|file| {
        let sharing = &mut file.sharing;
        sharing.mapped += u32::from(first);
        while sharing.regions.len() <= region as usize {
            if extend == 0 {
                return ptr::null_mut();
            }
            sharing.regions.push(vec![0_u64; size as usize / 8].into_boxed_slice());
        }
        sharing.regions[region as usize].as_mut_ptr().cast()
    });
    unsafe { *out = address };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    let open = unsafe { of(file) };
    let slots = first as usize..(first + count) as usize;
    let id = open.id();
    let (mut shared, mut exclusive) = (open.shared, open.exclusive);
    let taken = open.file(|file| {
        let sharing = &mut file.sharing;
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            for slot in slots {
                sharing.readers[slot] -= u32::from(std::mem::take(&mut shared[slot]));
                if std::mem::take(&mut exclusive[slot]) {
                    sharing.writers[slot] = None;
                }
            }
            return true;
        }
        let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
        let busy = |slot: usize| {
            let written = sharing.writers[slot].is_some_and(|writer| writer != id);
            written || alone && sharing.readers[slot] > u32::from(shared[slot])
        };
        if slots.clone().any(busy) {
            return false;
        }
        for slot in slots {
            if alone {
                sharing.writers[slot] = Some(id);
                exclusive[slot] = true;
            } else if !std::mem::replace(&mut shared[slot], true) {
                sharing.readers[slot] += 1;
            }
        }
        true
    });
    (open.shared, open.exclusive) = (shared, exclusive);
    if taken { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let open = unsafe { of(file) };
    if !std::mem::replace(&mut open.mapped, false) {
        return ffi::SQLITE_OK;
    }
    let all = ffi::SQLITE_SHM_UNLOCK | ffi::SQLITE_SHM_SHARED;
    unsafe { shm_lock(file, 0, 8, all) };
    unsafe { of(file) }.file(|file| {
        file.sharing.mapped -= 1;
        if file.sharing.mapped == 0 {
            file.sharing.regions.clear();
        }
    });
    ffi::SQLITE_OK
}
