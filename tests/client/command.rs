//! Runs the binary with arguments, an environment and standard input.
#![expect(clippy::unwrap_used, reason = "a test that cannot run the binary fails")]

use std::fs::File;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::TestApp;

/// Standard input of a call.
pub(crate) enum Input<'a> {
    /// `/dev/null`.
    None,
    /// A pipe with this content, then closed.
    Piped(&'a str),
    /// A pipe that stays open and empty.
    Idle,
    /// A file.
    File(File),
}

/// A call of the binary.
pub(crate) struct Call<'a> {
    command: Command,
    input: Input<'a>,
}

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A call with `arguments`, without the environment variables of the client verbs.
pub(crate) fn uprof<'a>(arguments: &[&str]) -> Call<'a> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    for name in ["BASE_URL", "API_KEY", "AUTH_TOKEN", "WORKSPACE_ID"] {
        command.env_remove(format!("ANTHROPIC_{name}"));
    }
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    Call { command, input: Input::None }
}

/// A call against `app`, with its key.
pub(crate) fn at<'a>(app: &TestApp, arguments: &[&str]) -> Call<'a> {
    uprof(arguments)
        .env("ANTHROPIC_BASE_URL", &format!("http://{}", app.address))
        .env("ANTHROPIC_API_KEY", &app.key.secret)
}

impl<'a> Call<'a> {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn input(self, input: Input<'a>) -> Self {
        Self { input, ..self }
    }

    pub(crate) fn run(mut self) -> Ended {
        self.command.stdin(match &self.input {
            Input::None => Stdio::null(),
            Input::Piped(_) | Input::Idle => Stdio::piped(),
            Input::File(file) => file.try_clone().unwrap().into(),
        });
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take();
        if let Input::Piped(text) = self.input {
            // Fails if the call ends before it has read everything, which its result shows.
            let _ = stdin.take().unwrap().write_all(text.as_bytes());
        }
        let ended = Ended::from(child.wait_with_output().unwrap());
        drop(stdin);
        ended
    }

    /// Standard output as JSON; the call must succeed, with nothing on standard error.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// Standard output; the call must succeed, with nothing on standard error.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        let ended = self.run();
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{ended:?}");
        ended.stdout
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
