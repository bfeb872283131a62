//! How the broker is dialled.

use super::{LinkEnd, MESSAGE_BYTES};
use crate::config::MqttConfig;
use crate::device::Device;
use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a packet has beside its payload: topic, numbers, lengths.
const PACKET_HEADER_BYTES: usize = 1024;

/// The least period of the transport's own sign of life.
const LEAST_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Options of the client. A `fresh` session gives up what waits at the broker.
pub(super) fn options(device: &Device, config: &MqttConfig, fresh: bool) -> Result<MqttOptions, LinkEnd> {
    let address = config
        .address()
        .map_err(|error| LinkEnd::Setup(error.to_string()))?;
    let serial = &device.config.terminal.serial;
    let mut options = MqttOptions::new(serial, address.host, address.port);
    let heartbeat = Duration::from_secs(config.heartbeat_seconds);
    let incoming = device.config.limits.message_bytes.max(MESSAGE_BYTES);
    options
        .set_keep_alive(heartbeat.max(LEAST_KEEP_ALIVE))
        .set_clean_session(fresh)
        // A command is acknowledged once it is carried out, so that a crash before loses none.
        .set_manual_acks(true)
        .set_max_packet_size(
            incoming + PACKET_HEADER_BYTES,
            MESSAGE_BYTES + PACKET_HEADER_BYTES,
        );
    if !config.username.is_empty() {
        options.set_credentials(&config.username, &config.password);
    }
    if address.tls {
        let authorities = authorities(
            &device.config.in_data(&config.ca),
            config.ca.as_os_str().is_empty(),
        )?;
        options.set_transport(Transport::tls_with_config(tls(authorities)?));
    }
    Ok(options)
}

fn tls(authorities: RootCertStore) -> Result<TlsConfiguration, LinkEnd> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LinkEnd::Setup(error.to_string()))?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    Ok(TlsConfiguration::Rustls(Arc::new(config)))
}

/// The authorities of a file, or the system's.
fn authorities(file: &Path, of_system: bool) -> Result<RootCertStore, LinkEnd> {
    let mut store = RootCertStore::empty();
    let (found, source) = if of_system {
        let native = rustls_native_certs::load_native_certs();
        (native.certs, "the system".to_owned())
    } else {
        let failed = |error: rustls::pki_types::pem::Error| {
            LinkEnd::Setup(format!("mqtt.ca, {}: {error}", file.display()))
        };
        let certificates = CertificateDer::pem_file_iter(file).map_err(failed)?;
        let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        (certificates, format!("mqtt.ca, {}", file.display()))
    };
    let (added, ignored) = store.add_parsable_certificates(found);
    if added == 0 {
        return Err(LinkEnd::Setup(format!(
            "{source} has no authority's certificate ({ignored} unreadable)"
        )));
    }
    Ok(store)
}
