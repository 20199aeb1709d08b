//! `uprof completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::cli::error::VerbResult;
use crate::cli::output;

/// bash ends a word at a colon, and some of our verbs hold one. This puts such words together before the generated function
/// looks at them, and takes from what it suggests the part that bash regards as another word.
const BASH_WORDS: &str = r#"
_uprof_with_colons() {
    local words=() current=0 i last
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        last=$((${#words[@]} - 1))
        if ((last > 0)) && [[ -n ${COMP_WORDS[i]} && ( ${COMP_WORDS[i]} == :* || ${words[last]} == *: ) ]]; then
            words[last]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
        ((i != COMP_CWORD)) || current=$((${#words[@]} - 1))
    done
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$current
    local word=${words[current]}
    _uprof "$1" "$word" "${words[current > 0 ? current - 1 : 0]}"
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
    fi
}
"#;

#[derive(Args, Debug)]
pub(in crate::cli) struct Completions {
    /// The shell that will run the script
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(in crate::cli) fn run(self, mut command: Command) -> VerbResult {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "uprof", &mut script);
        let script = String::from_utf8(script)?;
        let script = match self.shell {
            Shell::Bash => script.replace("complete -F _uprof ", "complete -F _uprof_with_colons ") + BASH_WORDS,
            Shell::Zsh => with_escaped_colons(script, &command),
            _ => script,
        };
        output::line(script.trim_end())
    }
}

/// zsh takes the first colon of an entry for the end of its name; the generator escapes those of the description only.
fn with_escaped_colons(script: String, command: &Command) -> String {
    let mut names: Vec<_> =
        command.get_subcommands().map(Command::get_name).filter(|name| name.contains(':')).collect();
    // The longer first: one name begins with another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(script, |script, name| {
        script.replace(&format!("\n'{name}:"), &format!("\n'{}:", name.replace(':', r"\:")))
    })
}
