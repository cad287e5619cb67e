//! The `oms` command: starts the product on one machine, looks after its database, and works with a running server.
//!
//! One file per command. Exit codes: 0 all was done, 1 it failed, 2 it was called wrongly, 3 part of it was done.

mod client;
mod compile;
mod database;
mod demo;
mod doctor;
mod export;
mod import;
mod output;
mod spin;
mod token;
mod up;
mod user;

use clap::{Parser, Subcommand};
use output::Output;
use std::process::ExitCode;

/// Part of the work was done, and what was not is told.
pub const PARTLY: u8 = 3;

/// Order management for telecom operators.
#[derive(Debug, Parser)]
#[command(name = "oms", version, arg_required_else_help = true)]
#[command(after_help = "Example: oms up --demo")]
struct Arguments {
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Compile(compile::Compile),
    Migrate(database::Migrate),
    Doctor(doctor::Doctor),
    Token(token::Token),
    User(user::User),
    Import(import::Import),
    Export(export::Export),
}

/// Reads the arguments of the process, and does what they ask for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.failure(&error.into());
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments.command, output));
    // What Ctrl-C has cut short, such as compiling, is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output.failure(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(command) => up::run(command, output).await,
        Command::Compile(command) => compile::run(command, output).await,
        Command::Migrate(command) => database::run(command, output).await,
        Command::Doctor(command) => doctor::run(command, output).await,
        Command::Token(command) => token::run(command, output).await,
        Command::User(command) => user::run(command, output).await,
        Command::Import(command) => import::run(command, output).await,
        Command::Export(command) => export::run(command, output).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// The names of a command and of all below it.
    fn without_example(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        if !help.contains("Example") || !help.contains("oms ") {
            found.push(command.get_name().to_owned());
        }
        command.get_subcommands().for_each(|command| without_example(command, found));
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut found = Vec::new();
        without_example(&Arguments::command(), &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn arguments_are_sound_and_read() {
        Arguments::command().debug_assert();
        // The words after `oms`, and whether they are understood.
        let cases = "
            up --demo                                                         yes
            up --listen 127.0.0.1:0 --tick-interval 0 --host spin             yes
            up --listen 127.0.0.1                                             no
            up --tick-interval 1m                                             no
            up --host docker                                                  no
            compile --manifest spin.toml                                      yes
            migrate --database sqlite:oms.db                                  yes
            migrate --database sqlite:oms.db --json                           yes
            token create --database sqlite:oms.db --name crm --right admin    yes
            token create --database sqlite:oms.db --name crm                  no
            import orders a.csv --mapping m.toml --server http://h --token t  yes
            import orders a.csv --mapping m.toml --server h --token t         no
            import orders a.csv --server http://h --token t                   no
            import divisions --server http://h --token t                      no
            export orders --format csv --server http://h --token t            yes
            export orders --format xml --server http://h --token t            no
            user add --database sqlite:oms.db --login a --name A --role sales  yes
            user add --database sqlite:oms.db --login a --name A --division n  no
            user add --database sqlite:oms.db --login a --password secret  no
            user list --database sqlite:oms.db                                yes
            user create                                                       no
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (words, expected) = line.rsplit_once("  ").expect(line);
            let words = ["oms"].into_iter().chain(words.split_whitespace());
            let read = Arguments::try_parse_from(words);
            assert_eq!(read.is_ok(), expected == "yes", "{line}: {read:?}");
        }
    }
}
