//! Doors for containers: ports on another address of this machine that lead to the same ports of
//! 127.0.0.1, where the stack's services are.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// How many connections may be open at once, through all doors.
const CONNECTIONS_MAX: usize = 256;
/// The pause after a connection that could not be taken.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Open doors; they close when this value is dropped, and connections through them with them.
#[derive(Debug)]
pub(super) struct Doors {
    _tasks: JoinSet<()>,
}

impl Doors {
    /// Opens `ports` on `host`.
    pub(super) async fn open(host: Ipv4Addr, ports: &[u16]) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        for port in ports {
            let listener = TcpListener::bind((host, *port)).await?;
            tasks.spawn(keep(listener, *port, Arc::clone(&room)));
        }
        Ok(Self { _tasks: tasks })
    }
}

async fn keep(listener: TcpListener, port: u16, room: Arc<Semaphore>) {
    let inside = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let mut guests = JoinSet::new();
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let Ok((guest, _)) = listener.accept().await else {
            tokio::time::sleep(REFUSED_PAUSE).await;
            continue;
        };
        guests.spawn(async move {
            let _place = place;
            // Whichever side broke off, the other one notices.
            drop(lead(guest, inside).await);
        });
        while guests.try_join_next().is_some() {}
    }
}

async fn lead(mut guest: TcpStream, inside: SocketAddrV4) -> io::Result<()> {
    let mut host = TcpStream::connect(inside).await?;
    // Without it small answers wait for the other side's delayed acknowledgement.
    guest.set_nodelay(true)?;
    host.set_nodelay(true)?;
    copy_bidirectional(&mut guest, &mut host).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Another address of this machine on every Linux.
    const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

    async fn said_through(port: u16) -> io::Result<Vec<u8>> {
        let mut guest = TcpStream::connect((ELSEWHERE, port)).await?;
        guest.write_all(b"knock").await?;
        guest.shutdown().await?;
        let mut answer = Vec::new();
        guest.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_door_leads_to_the_same_port_inside_until_it_closes() {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = service.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = service.accept().await {
                let (mut from, mut to) = caller.split();
                tokio::io::copy(&mut from, &mut to).await.unwrap();
            }
        });
        // The control: without a door there is nobody.
        said_through(port).await.unwrap_err();
        let doors = Doors::open(ELSEWHERE, &[port]).await.unwrap();
        assert_eq!(said_through(port).await.unwrap(), b"knock");
        drop(doors);
        tokio::task::yield_now().await;
        said_through(port).await.unwrap_err();
    }
}
