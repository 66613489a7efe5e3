//! Docker's bridge: the network that `sam local` puts its containers in.

use std::net::Ipv4Addr;

use tokio::process::Command;

use super::SamError;

/// The address of the network's gateway, which is the host.
const FORMAT: &str = "{{(index .IPAM.Config 0).Gateway}}";

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
        let address = said(&output.stdout);
        let parsed = address.parse();
        parsed
            .map(Self)
            .map_err(|_other| SamError::Bridge(format!("its gateway is {address:?}")))
    }

    pub(super) fn address(self) -> Ipv4Addr {
        self.0
    }
}
