//! The faults: what is broken, for how long, and how it is mended.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::findings::Findings;
use crate::postgres::Session;
use crate::proxy::Weather;
use crate::seeded::Seeded;
use crate::stack::Stack;

/// A kind of fault. What the table of the report calls it is [`Fault::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    KillService,
    KillBothServices,
    StopService,
    FreezeService,
    KillPostgres,
    KillPostgresAndService,
    KillBackend,
    EndSessions,
    FreezeBackends,
    Network(Weather),
    FillDisk,
    StepClock,
}

impl Fault {
    /// In the proportions in which a campaign injects them.
    pub(crate) const ALL: [Self; 20] = [
        Self::KillService,
        Self::Network(Weather::OneWay),
        Self::KillPostgres,
        Self::KillService,
        Self::Network(Weather::Torn),
        Self::FillDisk,
        Self::KillBothServices,
        Self::EndSessions,
        Self::Network(Weather::Silent),
        Self::KillService,
        Self::StepClock,
        Self::FreezeBackends,
        Self::KillPostgresAndService,
        Self::Network(Weather::Cut),
        Self::FreezeService,
        Self::KillService,
        Self::KillBackend,
        Self::StopService,
        Self::Network(Weather::Slow),
        Self::Network(Weather::OneWay),
    ];

    /// As the report counts it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillService | Self::KillBothServices => "service killed",
            Self::StopService => "service stopped by SIGTERM",
            Self::FreezeService => "service frozen for a second",
            Self::KillPostgres => "Postgres killed",
            Self::KillPostgresAndService => "Postgres and a service killed",
            Self::KillBackend => "one Postgres backend killed",
            Self::EndSessions => "all sessions ended",
            Self::FreezeBackends => "Postgres backends frozen for a second",
            Self::Network(Weather::Clear) => "network undisturbed",
            Self::Network(Weather::Cut) => "network cut",
            Self::Network(Weather::Silent) => "network silent in both directions",
            Self::Network(Weather::OneWay) => "network silent for answers only",
            Self::Network(Weather::Slow) => "network slow",
            Self::Network(Weather::Torn) => "connections ended within a message",
            Self::FillDisk => "disk full, then freed",
            Self::StepClock => "clock of a service stepped by up to a minute",
        }
    }

    /// Injects it and mends it. Answers whether it could be injected on this machine.
    pub(crate) fn inject(self, stack: &mut Stack, random: &mut Seeded, findings: &Findings) -> bool {
        let replica = random.below(stack.replicas.len());
        let time = 300 + random.below(1_200) as u64;
        match self {
            Self::KillService => stack.kill_service(replica),
            Self::KillBothServices => {
                stack.kill_service(0);
                stack.kill_service(1);
                findings.count(self.name());
            }
            Self::StopService => stack.stop_service(replica),
            Self::FreezeService => {
                stack.signal_service(replica, Signal::STOP);
                pause(1_000);
                stack.signal_service(replica, Signal::CONT);
            }
            Self::KillPostgres => stack.kill_postgres(),
            Self::KillPostgresAndService => {
                stack.kill_service(replica);
                stack.kill_postgres();
                findings.count(Self::KillService.name());
                findings.count(Self::KillPostgres.name());
            }
            Self::KillBackend => {
                let backends = stack.backends();
                if backends.is_empty() {
                    return false;
                }
                let _ = kill_process(*random.pick(&backends), Signal::KILL);
                pause(time);
            }
            Self::EndSessions => {
                let all = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'uprof'";
                let Ok(mut session) = Session::open(stack.url()) else { return false };
                session.column::<bool>(all);
            }
            Self::FreezeBackends => {
                let backends = stack.backends();
                for (signal, time) in [(Signal::STOP, 1_000), (Signal::CONT, 0)] {
                    for backend in &backends {
                        // It may have ended meanwhile.
                        let _ = kill_process(*backend, signal);
                    }
                    pause(time);
                }
            }
            Self::Network(weather) => {
                stack.replicas[replica].network.set(weather);
                pause(time);
                stack.replicas[replica].network.set(Weather::Clear);
            }
            Self::FillDisk => {
                if !stack.disk_can_be_filled() {
                    return false;
                }
                stack.fill_disk();
                pause(1_000 + time);
                stack.free_disk();
            }
            Self::StepClock => return stack.step_clock([-60, -10, 0, 10, 60][random.below(5)]),
        }
        true
    }
}

/// What has no event to wait for.
#[expect(clippy::disallowed_methods, reason = "faults last, and other processes have no event to wait for")]
pub(crate) fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}
