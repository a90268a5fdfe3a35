//! The `standby` command.

use clap::Parser as _;
use standby::command_line::CommandLine;
use std::process::ExitCode;

fn main() -> ExitCode {
    standby::command_line::run(CommandLine::parse())
}
