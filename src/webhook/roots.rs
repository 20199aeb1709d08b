//! The certificate authorities that https receivers are checked against.

use std::path::Path;

/// Mozilla's authorities, which the binary holds, or those of a file in their place.
#[derive(Clone, Debug, Default)]
pub struct TrustedRoots {
    #[cfg(feature = "tls")]
    certificates: Option<ureq::tls::RootCerts>,
}

impl TrustedRoots {
    /// Those of `file`, in PEM form; without a file, Mozilla's.
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate, or this build has no TLS: a message that names the file.
    pub fn read(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else { return Ok(Self::default()) };
        let bytes = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&bytes).map_err(|reason| format!("{}: {reason}", file.display()))
    }

    #[cfg(feature = "tls")]
    fn parse(pem: &[u8]) -> Result<Self, &'static str> {
        use ureq::tls::{Certificate, PemItem, parse_pem};

        let certificates = parse_pem(pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(_) => Some(Err("the file is not in PEM form")),
        });
        let certificates: Vec<Certificate<'static>> = certificates.collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err("the file holds no certificate in PEM form");
        }
        Ok(Self { certificates: Some(certificates.into()) })
    }

    #[cfg(not(feature = "tls"))]
    const fn parse(_: &[u8]) -> Result<Self, &'static str> {
        Err("this build has no TLS: use the image, or build with `--features tls`")
    }

    /// The configuration of connections.
    #[cfg(feature = "tls")]
    pub(super) fn tls(&self) -> ureq::tls::TlsConfig {
        let roots = self.certificates.clone().unwrap_or(ureq::tls::RootCerts::WebPki);
        ureq::tls::TlsConfig::builder().root_certs(roots).build()
    }
}
