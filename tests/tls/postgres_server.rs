//! A Postgres that accepts TLS only, on addresses of the loopback network that no other process uses.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use secrecy::SecretString;
use uprof::database::{Embedded, EmbeddedOptions};

use crate::authority::Authority;
use crate::scratch::Scratch;
use crate::support::database::runtime;

/// The port is fixed, so each server of each process has networks of its own.
static NETWORKS: AtomicU8 = AtomicU8::new(100);

pub(crate) struct TlsPostgres {
    pub(crate) authority: Authority,
    /// The address in the certificate.
    pub(crate) named: String,
    /// Another one that the server listens on.
    pub(crate) unnamed: String,
    embedded: Option<Embedded>,
    scratch: Scratch,
}

impl TlsPostgres {
    /// One with the current schema.
    pub(crate) fn start() -> Self {
        let scratch = Scratch::with_cluster();
        let process = std::process::id();
        let address = || {
            let network = NETWORKS.fetch_add(1, Ordering::Relaxed);
            format!("127.{network}.{}.{}", process >> 8 & 255, process & 255)
        };
        let (named, unnamed) = (address(), address());
        let authority = Authority::new(scratch.path().join("authority"));
        let (certificate, key) = authority.issue(&format!("IP:{named}"));
        let owner = fs::metadata(scratch.data().join("postgres")).unwrap();
        // Postgres refuses a key that others can read.
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
        let rules = scratch.path().join("pg_hba.conf");
        fs::write(&rules, "local all all trust\nhostssl all all 127.0.0.0/8 trust\n").unwrap();
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let settings = [
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", text(certificate)),
            ("ssl_key_file", text(key)),
            ("hba_file", text(rules)),
            ("listen_addresses", format!("{named},{unnamed}")),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let embedded = Embedded::start(&EmbeddedOptions { data_dir: Some(scratch.data()), settings }).unwrap();
        runtime().block_on(uprof::storage::migrate(&SecretString::from(embedded.url()))).unwrap();
        Self { authority, named, unnamed, embedded: Some(embedded), scratch }
    }

    /// What a client on this machine connects to, without TLS.
    pub(crate) fn local_url(&self) -> SecretString {
        SecretString::from(self.embedded.as_ref().unwrap().url())
    }

    /// An authority that has signed nothing here.
    pub(crate) fn stranger(&self) -> Authority {
        Authority::new(self.scratch.path().join("stranger"))
    }
}

impl Drop for TlsPostgres {
    fn drop(&mut self) {
        if let Some(embedded) = self.embedded.take() {
            let _ = embedded.stop();
        }
    }
}
