//! A certificate authority, made with OpenSSL's command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A new authority, in a directory of its own.
pub(crate) struct Authority(PathBuf);

impl Authority {
    pub(crate) fn new(directory: PathBuf) -> Self {
        std::fs::create_dir(&directory).unwrap();
        let authority = Self(directory);
        authority.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
        authority
    }

    /// The certificate that others trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The files of a certificate for `name`, such as `IP:127.0.0.1` or `DNS:host.example`, and of its key.
    pub(crate) fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        self.openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr");
        std::fs::write(self.0.join("names"), format!("subjectAltName={name}\n")).unwrap();
        self.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        (self.0.join("server.pem"), self.0.join("server.key"))
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(&self.0).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// `path` as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
