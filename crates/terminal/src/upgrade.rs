//! A program that a platform tells to install: fetched within bounds and checked. This terminal "installs" by restarting
//! under the new version.

use futures_util::StreamExt as _;
use md5::{Digest, Md5};
use std::time::Duration;

/// The largest program, bytes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// How long fetching may take in all.
const WITHIN: Duration = Duration::from_secs(600);
/// How long a server may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Why a program was not installed.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The address is none.
    #[error("the address is not an http or https one")]
    Address,
    /// The server cannot be reached.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The file did not come whole.
    #[error("the file could not be fetched: {0}")]
    Download(String),
    /// It is not the file that was announced.
    #[error("the file is not the one announced: {0}")]
    Check(String),
}

/// What was announced of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announced {
    /// Its MD5, hexadecimal.
    Md5(String),
    /// Its length, bytes.
    Length(u64),
    /// Nothing but that it is a package for Android, which is a ZIP archive.
    Package,
    /// Nothing at all: whatever is not empty will do.
    Anything,
}

/// How a ZIP archive begins.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Fetches a file and checks it against what was announced; its bytes are not kept.
///
/// # Errors
/// [`UpgradeError`].
pub async fn fetch(url: &str, announced: &Announced) -> Result<(), UpgradeError> {
    let address = reqwest::Url::parse(url.trim()).map_err(|_| UpgradeError::Address)?;
    if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
        return Err(UpgradeError::Address);
    }
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .timeout(WITHIN)
        .build()
        .map_err(|error| UpgradeError::Unreachable(error.to_string()))?;
    let response = client.get(address).send().await.map_err(|error| {
        if error.is_connect() || error.is_timeout() {
            UpgradeError::Unreachable(error.to_string())
        } else {
            UpgradeError::Download(error.to_string())
        }
    })?;
    if !response.status().is_success() {
        return Err(UpgradeError::Download(format!(
            "the server says {}",
            response.status()
        )));
    }
    let (mut length, mut digest) = (0_u64, Md5::new());
    let mut beginning: Vec<u8> = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| UpgradeError::Download(error.to_string()))?;
        length = length.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if length > MOST_BYTES {
            return Err(UpgradeError::Download(format!("more than {MOST_BYTES} bytes")));
        }
        let missing = ARCHIVE.len().saturating_sub(beginning.len());
        beginning.extend(chunk.iter().take(missing));
        digest.update(&chunk);
    }
    let found = match announced {
        Announced::Md5(expected) => {
            let md5 = hex::encode(digest.finalize());
            if md5.eq_ignore_ascii_case(expected.trim()) {
                return Ok(());
            }
            format!("its MD5 is {md5}")
        }
        Announced::Length(expected) if *expected == length => return Ok(()),
        Announced::Package if beginning == ARCHIVE => return Ok(()),
        Announced::Package => "it is no package".to_owned(),
        Announced::Anything if length > 0 => return Ok(()),
        Announced::Anything => "it is empty".to_owned(),
        Announced::Length(_) => format!("it has {length} bytes"),
    };
    Err(UpgradeError::Check(found))
}

/// The version of a program whose message names none: the file's name stands for one, cut to `most` bytes.
#[must_use]
pub fn version_of(url: &str, most: usize) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path
        .trim()
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    dialects::text::cut(name, most).to_owned()
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn a_file_name_stands_for_a_version() {
        let version = |url| version_of(url, 32);
        assert_eq!(version("https://10.0.0.1:80/fw/V2.2.0.bin?x=1"), "V2.2.0.bin");
        assert_eq!(version("https://10.0.0.1:80/deviceFirmware/"), "deviceFirmware");
    }
}
