//! The network between one service and Postgres, which loses, delays and cuts.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::faults::pause;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Weather {
    /// Passes everything on.
    Clear,
    /// Refuses new connections and has ended the existing ones.
    Cut,
    /// Holds every byte back, in both directions; connections stay open.
    Silent,
    /// Passes requests on and holds answers back: what was committed is not confirmed.
    OneWay,
    /// Passes everything on, each piece 30 ms late.
    Slow,
    /// Ends each connection in the middle of its next piece, in either direction.
    Torn,
}

const ALL: [Weather; 6] =
    [Weather::Clear, Weather::Cut, Weather::Silent, Weather::OneWay, Weather::Slow, Weather::Torn];

/// A TCP listener whose connections lead to the socket of a Postgres.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    weather: AtomicU8,
    /// Connections of an earlier age end: bytes of theirs were lost.
    age: AtomicU64,
    open: Mutex<Vec<(TcpStream, UnixStream)>>,
}

impl State {
    fn weather(&self) -> Weather {
        ALL[usize::from(self.weather.load(Ordering::SeqCst))]
    }

    fn end_all(&self) {
        self.age.fetch_add(1, Ordering::SeqCst);
        for (service, postgres) in self.open.lock().unwrap().drain(..) {
            let _ = (service.shutdown(Shutdown::Both), postgres.shutdown(Shutdown::Both));
        }
    }
}

impl Proxy {
    pub(crate) fn before(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { weather: AtomicU8::new(0), age: AtomicU64::new(0), open: Mutex::default() });
        let theirs = Arc::clone(&state);
        thread::spawn(move || {
            while let Ok((service, _)) = listener.accept() {
                if theirs.weather() != Weather::Cut {
                    // Without a Postgres, the connection ends at once.
                    let _ = connect(&theirs, service, &socket);
                }
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, weather: Weather) {
        let before = self.state.weather();
        self.state.weather.store(weather as u8, Ordering::SeqCst);
        // What was held back is lost, as in a network that changed its routes.
        if weather == Weather::Cut || matches!(before, Weather::Silent | Weather::OneWay) {
            self.state.end_all();
        }
    }
}

fn connect(state: &Arc<State>, service: TcpStream, socket: &Path) -> std::io::Result<()> {
    let postgres = UnixStream::connect(socket)?;
    service.set_nodelay(true)?;
    let age = state.age.load(Ordering::SeqCst);
    let (requests, answers) =
        ((service.try_clone()?, postgres.try_clone()?), (postgres.try_clone()?, service.try_clone()?));
    let mut open = state.open.lock().unwrap();
    open.retain(|(service, _)| service.peer_addr().is_ok());
    open.push((service, postgres));
    drop(open);
    let (state_of_answers, state) = (Arc::clone(state), Arc::clone(state));
    thread::spawn(move || {
        let (mut from, mut to) = requests;
        pass(&state, age, &mut from, &mut to, false);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    thread::spawn(move || {
        let (mut from, mut to) = answers;
        pass(&state_of_answers, age, &mut from, &mut to, true);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    Ok(())
}

/// Passes one direction on until either end closes.
fn pass(state: &State, age: u64, from: &mut impl Read, to: &mut impl Write, are_answers: bool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let mut piece = &bytes[..length];
        let weather = state.weather();
        match weather {
            Weather::Silent => continue,
            Weather::OneWay if are_answers => continue,
            Weather::Clear | Weather::Cut | Weather::OneWay => {}
            Weather::Slow => pause(30),
            Weather::Torn => piece = &piece[..length / 2],
        }
        let is_current = state.age.load(Ordering::SeqCst) == age;
        if !is_current || to.write_all(piece).is_err() || weather == Weather::Torn {
            return;
        }
    }
}
