//! Files that come along with a request (随请求递交的文件): opened by whoever asks,
//! with their own rights, and handed over as they are.

use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// So many files ride on one byte.
const AT_ONCE: usize = 64;
/// So many come with one request.
pub(super) const MOST: usize = 256;
/// Read at once.
const PIECE: usize = 16 << 10;

/// Sends files ahead of a request.
///
/// # Errors
///
/// The daemon is gone, or there are too many files.
pub(super) fn send(stream: &StdStream, files: &[Arc<File>]) -> io::Result<()> {
    if MOST < files.len() {
        let text = format!(
            "一次最多递交 {MOST} 个文件 · at most {MOST} files can be handed over at once"
        );
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    for some in files.chunks(AT_ONCE) {
        let some: Vec<BorrowedFd<'_>> = some.iter().map(|it| it.as_fd()).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
        let mut along = SendAncillaryBuffer::new(&mut space);
        along.push(SendAncillaryMessage::ScmRights(&some));
        // A space before the line says nothing, and files need a byte to ride on.
        let byte = IoSlice::new(b" ");
        sendmsg(stream, &[byte], &mut along, SendFlags::NOSIGNAL)?;
    }
    Ok(())
}

/// What came by a connection.
#[derive(Default)]
pub(super) struct Heard {
    /// One line.
    pub(super) line: Vec<u8>,
    /// The files that came along.
    pub(super) files: Vec<File>,
    /// There were more than may be held, and all of them were let go.
    pub(super) too_many: bool,
}

/// One line of at most so many bytes, with the files that came along; whoever may
/// send none has them dropped by the system. `may_hold` is asked whether so many may
/// be held.
///
/// # Errors
///
/// The connection breaks.
pub(super) async fn hear(
    stream: &UnixStream,
    mut takes_files: bool,
    longest: usize,
    mut may_hold: impl FnMut(usize) -> bool,
) -> io::Result<Heard> {
    let mut heard = Heard::default();
    loop {
        stream.readable().await?;
        let (before, held) = (heard.line.len(), heard.files.len());
        let got = stream.try_io(Interest::READABLE, || {
            receive(stream, takes_files, &mut heard.line, &mut heard.files)
        });
        let held_now = heard.files.len();
        if held < held_now && (MOST < held_now || !may_hold(held_now)) {
            heard.files.clear();
            (heard.too_many, takes_files) = (true, false);
        }
        match got {
            Ok(0) => return Ok(heard),
            Ok(_) if heard.line[before..].contains(&b'\n') => return Ok(heard),
            Ok(_) if longest <= heard.line.len() => return Ok(heard),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn receive(
    stream: &UnixStream,
    takes_files: bool,
    line: &mut Vec<u8>,
    files: &mut Vec<File>,
) -> io::Result<usize> {
    let mut bytes = [0; PIECE];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
    let mut along = if takes_files {
        RecvAncillaryBuffer::new(&mut space)
    } else {
        RecvAncillaryBuffer::default()
    };
    let pieces = &mut [IoSliceMut::new(&mut bytes)];
    let got = recvmsg(stream, pieces, &mut along, RecvFlags::CMSG_CLOEXEC)?;
    for message in along.drain() {
        if let RecvAncillaryMessage::ScmRights(given) = message {
            files.extend(given.map(File::from));
        }
    }
    line.extend_from_slice(&bytes[..got.bytes]);
    Ok(got.bytes)
}
