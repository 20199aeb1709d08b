//! Files in the data directory, which root may share with another account: a symbolic link in place of one is refused, not followed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens `path` by `options`.
///
/// # Errors
/// The system's; it is a symbolic link, or no regular file.
pub fn open_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Without waiting for a writer, if it is a pipe.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.custom_flags(flags.bits().cast_signed()).open(path).map_err(|error| {
        let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        if is_link { io::Error::other("it is a symbolic link") } else { error }
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}
