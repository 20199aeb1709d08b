//! `uprof completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::cli::error::VerbResult;
use crate::cli::output::print_line;

/// bash splits words at colons, and some verbs contain one. This function joins such words before it calls the generated
/// function, and strips the part before the last colon from its suggestions.
const BASH_COLONS: &str = r#"
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
    /// The shell to print a script for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(in crate::cli) fn run(self, mut command: Command) -> VerbResult {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "uprof", &mut script);
        let script = String::from_utf8(script)?;
        let script = match self.shell {
            Shell::Bash => script.replace("complete -F _uprof ", "complete -F _uprof_with_colons ") + BASH_COLONS,
            Shell::Zsh => with_escaped_colons(script, &command),
            _ => script,
        };
        print_line(script.trim_end())
    }
}

/// zsh ends the name of an entry at its first colon; the generator escapes colons of descriptions only.
fn with_escaped_colons(script: String, command: &Command) -> String {
    let mut names: Vec<_> =
        command.get_subcommands().map(Command::get_name).filter(|name| name.contains(':')).collect();
    // Longest first, because some names are prefixes of others.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(script, |script, name| {
        script.replace(&format!("\n'{name}:"), &format!("\n'{}:", name.replace(':', r"\:")))
    })
}
