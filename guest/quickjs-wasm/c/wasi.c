/* The WASI functions that wasi-libc refers to, defined here so that the module imports nothing of WASI.
 *
 * The clocks read the mailbox: time is what the host last wrote, so a guest has no clock finer than a slice, needs
 * no host call to read it, and a replay sees the same times. Files do not exist. */
#include <errno.h>
#include <wasi/api.h>

#include "abi.h"

__wasi_errno_t __wasi_clock_time_get(__wasi_clockid_t id, __wasi_timestamp_t precision, __wasi_timestamp_t *now)
{
    double ms = id == __WASI_CLOCKID_REALTIME ? cb_mailbox.clock_ms : cb_mailbox.elapsed_ms;
    (void)precision;
    *now = (__wasi_timestamp_t)(ms * 1e6);
    return 0;
}

/* Zig's libc closes files by its own import and not by wasi-libc's, so `close` itself is defined here. */
int close(int fd)
{
    (void)fd;
    errno = EBADF;
    return -1;
}

__wasi_errno_t __wasi_fd_fdstat_get(__wasi_fd_t fd, __wasi_fdstat_t *stat)
{
    (void)fd, (void)stat;
    return __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence,
                              __wasi_filesize_t *position)
{
    (void)fd, (void)offset, (void)whence, (void)position;
    return __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *vectors, size_t count, __wasi_size_t *written)
{
    (void)fd, (void)vectors, (void)count, (void)written;
    return __WASI_ERRNO_BADF;
}
