//! Which certificates of Postgres the service accepts.

use secrecy::SecretString;

use crate::authority::text;
use crate::postgres::Session;
use crate::postgres_server::TlsPostgres;
use crate::process::{Process, Service, serve};

fn url(host: &str, parameters: &str) -> SecretString {
    SecretString::from(format!("postgres://uprof@{host}:5432/uprof?{parameters}"))
}

#[test]
fn the_service_checks_the_certificate_of_postgres_and_its_host_as_sslmode_says() {
    let postgres = TlsPostgres::start();
    let stranger = postgres.stranger().certificate();
    let authority = postgres.authority.certificate();
    let (trusted, distrusted) = (text(&authority), text(&stranger));

    for (host, parameters) in [
        (&postgres.named, format!("sslmode=verify-full&sslrootcert={trusted}")),
        (&postgres.unnamed, format!("sslmode=verify-ca&sslrootcert={trusted}")),
        (&postgres.unnamed, "sslmode=require".to_owned()),
        (&postgres.unnamed, "sslmode=prefer".to_owned()),
    ] {
        let service = Service::serve(&url(host, &parameters), &[]);
        service.client.get("/health/ready").send().ok();
        let encrypted: Vec<bool> = Session::open(&postgres.local_url()).unwrap().column(
            "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'uprof' and client_addr is not null",
        );
        assert_eq!(encrypted, [true], "{parameters}");
    }

    for (host, parameters) in [
        (&postgres.unnamed, format!("sslmode=verify-full&sslrootcert={trusted}")),
        (&postgres.named, format!("sslmode=verify-full&sslrootcert={distrusted}")),
        (&postgres.named, format!("sslmode=verify-ca&sslrootcert={distrusted}")),
        (&postgres.named, "sslmode=verify-full".to_owned()),
        (&postgres.named, "sslmode=disable".to_owned()),
        (&postgres.named, "sslmode=verify-full&sslrootcert=/nowhere".to_owned()),
    ] {
        let said = Process::spawn(serve(&url(host, &parameters), &[])).refusal();
        assert!(said.contains("the database cannot be reached"), "{parameters}: {said}");
    }
}

#[test]
fn a_blank_authority_is_that_of_the_url() {
    let postgres = TlsPostgres::start();
    let url = url(&postgres.named, "sslmode=require");
    let mut command = serve(&url, &[]);
    command.env("PGSSLROOTCERT", "").env("PGSSLCERT", " ").env("PGSSLKEY", "");
    Process::spawn(command).stderr.find(|line| line.contains("listening on").then_some(()));
}

#[test]
fn the_mode_and_the_authority_can_be_variables_of_libpq() {
    let postgres = TlsPostgres::start();
    for (host, starts) in [(&postgres.named, true), (&postgres.unnamed, false)] {
        let mut command = serve(&url(host, ""), &[]);
        command.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", postgres.authority.certificate());
        let process = Process::spawn(command);
        if starts {
            process.stderr.find(|line| line.contains("listening on").then_some(()));
        } else {
            assert!(process.refusal().contains("cannot be reached"));
        }
    }
}
