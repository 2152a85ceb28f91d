//! Which user of this machine is at the other end of a connection: the kernel lists it with the socket.

use std::net::{IpAddr, SocketAddr};

/// Whether the other end belongs to a user of this machine who is neither the daemon's nor root. False where that cannot
/// be known: the other end is on another machine, or the kernel does not say.
pub(super) fn is_somebody_else(peer: SocketAddr, port: u16) -> bool {
    let us = rustix::process::geteuid().as_raw();
    users(peer, port).into_iter().any(|user| user != us && user != 0)
}

/// Of the sockets that are bound where the peer is and lead to our port.
#[cfg(target_os = "linux")]
fn users(peer: SocketAddr, port: u16) -> Vec<u32> {
    // What is not there has no sockets, IPv6 for one.
    let table = |path| std::fs::read_to_string(path).unwrap_or_default();
    let six = |ip| find(&table("/proc/net/tcp6"), ip, peer.port(), port);
    match peer.ip().to_canonical() {
        IpAddr::V6(ip) => six(ip.into()),
        IpAddr::V4(ip) => {
            let mut users = find(&table("/proc/net/tcp"), ip.into(), peer.port(), port);
            // A socket of the newer family can speak the older one.
            users.extend(six(ip.to_ipv6_mapped().into()));
            users
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn users(_: SocketAddr, _: u16) -> Vec<u32> {
    Vec::new()
}

/// A line is `N: ADDRESS:PORT ADDRESS:PORT STATE QUEUES TIMER RETRANSMITS UID …`, its own end first (proc(5)).
#[cfg(target_os = "linux")]
fn find(table: &str, ip: IpAddr, from: u16, to: u16) -> Vec<u32> {
    let (end, to) = (format!("{}:{from:04X}", hexadecimal(ip)), format!(":{to:04X}"));
    let user = |line: &str| {
        let mut words = line.split_ascii_whitespace().skip(1);
        let ours = words.next()? == end && words.next()?.ends_with(&to);
        ours.then(|| words.nth(4)?.parse().ok()).flatten()
    };
    table.lines().skip(1).filter_map(user).collect()
}

/// Words of 32 bits as they lie in memory.
#[cfg(target_os = "linux")]
fn hexadecimal(ip: IpAddr) -> String {
    let word = |bytes: &[u8; 4]| format!("{:08X}", u32::from_ne_bytes(*bytes));
    match ip {
        IpAddr::V4(ip) => word(&ip.octets()),
        IpAddr::V6(ip) => ip.octets().as_chunks().0.iter().map(word).collect(),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Whatever this test runs as, the kernel says so, for either family.
    #[test]
    fn a_connection_of_our_own_is_ours() {
        let us = rustix::process::geteuid().as_raw();
        for address in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                eprintln!("left out: {address} cannot be had here");
                continue;
            };
            let port = listener.local_addr().expect("bound").port();
            let _client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
            let (_server, peer) = listener.accept().expect("accepted");
            assert_eq!(users(peer, port), [us], "{address}");
            assert!(users(peer, port.wrapping_add(1)).is_empty(), "{address}");
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_table_is_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:223D 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1 1\n   \
            1: 0100007F:C350 0100007F:223D 01 00000000:00000000 02:000AF3C5 00000000  1000        0 2 2\n   \
            2: 0100007F:C350 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1001        0 3 1\n   \
            3: short\n";
        assert_eq!(find(table, [127, 0, 0, 1].into(), 50_000, 8_765), [1_000]);
        assert!(find(table, [127, 0, 0, 2].into(), 50_000, 8_765).is_empty());
        assert_eq!(hexadecimal("::1".parse().expect("an address")), "00000000000000000000000001000000");
    }
}
