//! Docker's bridge: the network that `sam local` puts its containers in.

use std::net::Ipv4Addr;

use tokio::process::Command;

use super::SamError;

/// The network's gateway, which is the host, and its addresses.
const FORMAT: &str = "{{with index .IPAM.Config 0}}{{.Gateway}}|{{.Subnet}}{{end}}";

/// Where containers find the host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bridge(Ipv4Addr);

impl Bridge {
    /// Asks Docker.
    pub(super) async fn find() -> Result<Self, SamError> {
        let mut command = Command::new("docker");
        command.args(["network", "inspect", "bridge", "--format", FORMAT]);
        let output = command.output().await;
        let output = output.map_err(|error| SamError::Bridge(format!("docker: {error}")))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if !output.status.success() {
            return Err(SamError::Bridge(said(&output.stderr)));
        }
        let network = said(&output.stdout);
        gateway(&network)
            .map(Self)
            .ok_or_else(|| SamError::Bridge(format!("its addresses are {network}")))
    }

    pub(super) fn address(self) -> Ipv4Addr {
        self.0
    }
}

/// The gateway in what [`FORMAT`] gives. An engine that was just installed leaves it out; it is the
/// first address then.
fn gateway(network: &str) -> Option<Ipv4Addr> {
    let (gateway, subnet) = network.split_once('|')?;
    if !gateway.is_empty() {
        return gateway.parse().ok();
    }
    let (network, _) = subnet.split_once('/')?;
    let network: Ipv4Addr = network.parse().ok()?;
    Some(Ipv4Addr::from_bits(network.to_bits().checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_is_the_one_that_is_named_or_the_first_address() {
        let expected = Some(Ipv4Addr::new(172, 18, 0, 1));
        assert_eq!(gateway("172.18.0.1|172.18.0.0/16"), expected);
        assert_eq!(gateway("|172.18.0.0/16"), expected);
        for other in [
            "",
            "|",
            "|172.18.0.0",
            "fd00::1|fd00::/64",
            "host|172.18.0.0/16",
        ] {
            assert_eq!(gateway(other), None, "{other}");
        }
    }
}
