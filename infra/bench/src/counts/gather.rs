//! A relay before PostgreSQL that hands on the answers to a batch in one piece.
//!
//! PostgreSQL sends each answer when it has it. How many of them a client finds when it looks
//! depends on the machine's load, and each look costs instructions: a few percent of a short path.
//! Behind this relay it finds all of them, always.

use std::io;
use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is held back at most, in bytes: more than the answer to any batch of a hot path.
const HELD_BYTES_MAX: usize = 256 * 1024;

/// A running relay; it ends when it is dropped.
pub(super) struct Gather {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Gather {
    /// Relays to the PostgreSQL on `port`.
    pub(super) async fn before(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            port: listener.local_addr()?.port(),
            accepting: tokio::spawn(accept(listener, port)),
        })
    }

    /// Where to connect instead.
    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Gather {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16) {
    while let Ok((client, _)) = listener.accept().await {
        // A connection that breaks is the client's to complain about.
        drop(tokio::spawn(relay(client, port)));
    }
}

async fn relay(mut client: TcpStream, port: u16) -> io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let mut batch = Batch::default();
    let mut asked = Vec::with_capacity(HELD_BYTES_MAX);
    let mut answered = Vec::with_capacity(HELD_BYTES_MAX);
    loop {
        let held = answered.len();
        tokio::select! {
            read = client.read_buf(&mut asked) => {
                if read? == 0 {
                    return Ok(());
                }
                batch.ask(&asked);
                server.write_all(&asked).await?;
                asked.clear();
            }
            read = server.read_buf(&mut answered) => {
                let ended = read? == 0;
                let complete = batch.answer(answered.get(held..).unwrap_or_default());
                if complete || ended || answered.len() >= HELD_BYTES_MAX {
                    client.write_all(&answered).await?;
                    answered.clear();
                }
                if ended {
                    return Ok(());
                }
            }
        }
    }
}

/// How many questions of a connection are open.
#[derive(Debug, Default)]
struct Batch {
    started: bool,
    asked: Messages,
    answered: Messages,
    questions: u64,
    answers: u64,
}

impl Batch {
    /// Notes what the client has sent: each `Query` and each `Sync` asks for one answer.
    fn ask(&mut self, bytes: &[u8]) {
        self.asked.push(bytes);
        if !self.started {
            // The first message has no kind, and asks to be logged in.
            self.started = self.asked.skip_startup();
            self.questions = u64::from(self.started);
        }
        if self.started {
            self.questions += self.asked.count(b"QS");
        }
    }

    /// Notes what the server has sent, and answers whether that completes all that was asked for.
    /// While logging in, every message does.
    fn answer(&mut self, bytes: &[u8]) -> bool {
        self.answered.push(bytes);
        self.answers += self.answered.count(b"Z");
        self.answers == 0 || self.answers == self.questions
    }
}

/// A stream of messages, cut into them
/// (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).
#[derive(Debug, Default)]
struct Messages(Vec<u8>);

impl Messages {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Takes the start-up message away.
    fn skip_startup(&mut self) -> bool {
        let Some(length) = self.length_at(0).filter(|length| *length <= self.0.len()) else {
            return false;
        };
        self.0.drain(..length);
        true
    }

    /// Takes all complete messages away and answers how many are of one of these kinds.
    fn count(&mut self, kinds: &[u8]) -> u64 {
        let (mut at, mut count) = (0, 0);
        while let (Some(kind), Some(length)) = (self.0.get(at), self.length_at(at + 1)) {
            if self.0.len() < at + 1 + length {
                break;
            }
            count += u64::from(kinds.contains(kind));
            at += 1 + length;
        }
        self.0.drain(..at);
        count
    }

    /// The length at a place, which counts itself.
    fn length_at(&self, at: usize) -> Option<usize> {
        let length = self.0.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_be_bytes(*length)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(4 + body.len()).unwrap();
        [&[kind], length.to_be_bytes().as_slice(), body].concat()
    }

    /// A connection that has logged in.
    fn logged_in() -> Batch {
        let mut batch = Batch::default();
        let startup = [8_u32.to_be_bytes(), 196_608_u32.to_be_bytes()].concat();
        batch.ask(&startup);
        assert!(batch.answer(&message(b'R', &[0; 4])));
        batch.ask(&message(b'p', b"secret"));
        assert!(batch.answer(&[message(b'R', &[0; 4]), message(b'Z', b"I")].concat()));
        batch
    }

    #[test]
    fn answers_are_held_back_until_all_are_there() {
        let mut batch = logged_in();
        let parse = [message(b'P', b"SELECT 1"), message(b'S', b"")].concat();
        batch.ask(&[message(b'Q', b"BEGIN"), parse, message(b'Q', b"COMMIT")].concat());
        assert!(!batch.answer(&message(b'Z', b"T")));
        assert!(!batch.answer(&[message(b'D', b"row"), message(b'Z', b"T")].concat()));
        assert!(batch.answer(&[message(b'C', b"COMMIT"), message(b'Z', b"I")].concat()));
        batch.ask(&message(b'Q', b"SELECT 2"));
        assert!(!batch.answer(&message(b'D', b"row")));
        assert!(batch.answer(&message(b'Z', b"I")));
    }

    #[test]
    fn a_message_may_come_in_two_parts() {
        let mut batch = logged_in();
        let question = message(b'Q', b"SELECT 1");
        let (head, tail) = question.split_at(3);
        batch.ask(head);
        batch.ask(tail);
        assert_eq!(batch.questions, 2);
        let answer = message(b'Z', b"I");
        let (head, tail) = answer.split_at(4);
        assert!(!batch.answer(head));
        assert!(batch.answer(tail));
    }
}
