//! Runs the binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot run the binary fails")]

use std::fs::File;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::TestApp;

/// What stands on the other side of standard input.
pub(crate) enum Input<'a> {
    /// `</dev/null`.
    None,
    /// A pipe through which this comes, and then the end.
    Piped(&'a str),
    /// A pipe through which nothing comes, and which stays open.
    Idle,
    /// A file.
    File(File),
}

/// A call of the binary.
pub(crate) struct Call<'a> {
    command: Command,
    input: Input<'a>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A call with `arguments`, and with nothing of the environment that the client verbs read.
pub(crate) fn uprof<'a>(arguments: &[&str]) -> Call<'a> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    for name in ["BASE_URL", "API_KEY", "AUTH_TOKEN", "WORKSPACE_ID"] {
        command.env_remove(format!("ANTHROPIC_{name}"));
    }
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    Call { command, input: Input::None }
}

/// A call of `app` with its key.
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
            // A call that ends before it has read is the test's to judge by how it ended.
            let _ = stdin.take().unwrap().write_all(text.as_bytes());
        }
        let ended = Ended::from(child.wait_with_output().unwrap());
        drop(stdin);
        ended
    }

    /// What is printed, in JSON, of a call that succeeds and has nothing else to say.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// What is printed of a call that succeeds and has nothing else to say.
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
