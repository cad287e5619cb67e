//! What a guest does with sockets and names.

use spin_sdk::wasip3::sockets::{
    ip_name_lookup,
    types::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket},
};

use crate::Answer;

pub async fn answer(path: &str, argument: &str) -> Answer {
    match path {
        "/socket/tcp" => {
            let socket = tcp()?;
            done(socket.connect(address(argument)).await, "connected")
        }
        "/socket/bind" => done(tcp()?.bind(address(argument)), "bound"),
        "/socket/listen" => {
            tcp()?.listen().map(|_| "listening".to_owned()).map_err(|e| format!("{e:?}"))
        }
        "/socket/udp" => {
            let socket = UdpSocket::create(IpAddressFamily::Ipv4).map_err(|e| format!("{e:?}"))?;
            done(socket.send(b"ping".to_vec(), Some(address(argument))).await, "sent")
        }
        "/socket/name" => {
            let found = ip_name_lookup::resolve_addresses(argument.to_owned()).await;
            done(found.map(|_| ()), "resolved")
        }
        _ => Err(format!("nothing at {path}")),
    }
}

fn tcp() -> Result<TcpSocket, String> {
    TcpSocket::create(IpAddressFamily::Ipv4).map_err(|error| format!("{error:?}"))
}

fn address(text: &str) -> IpSocketAddress {
    let parsed: std::net::SocketAddrV4 = text.parse().expect("the test sends IP:port");
    let [a, b, c, d] = parsed.ip().octets();
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port: parsed.port(), address: (a, b, c, d) })
}

fn done<E: std::fmt::Debug>(result: Result<(), E>, word: &str) -> Answer {
    result.map(|()| word.to_owned()).map_err(|error| format!("{error:?}"))
}
