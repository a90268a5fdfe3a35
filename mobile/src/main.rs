//! Starts the patient's app.

#[cfg(not(target_arch = "wasm32"))]
use std::process::ExitCode;

/// A page has nobody to tell an exit code.
#[cfg(target_arch = "wasm32")]
fn main() {
    // Nothing fails there before the app is on the page.
    let _ = standby_mobile::app::launch();
}

#[cfg(all(not(target_arch = "wasm32"), feature = "shell"))]
fn main() -> ExitCode {
    match standby_mobile::app::launch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => complain(&failure.to_string()),
    }
}

/// Without a shell there is nothing to show the app in.
#[cfg(not(any(target_arch = "wasm32", feature = "shell")))]
fn main() -> ExitCode {
    complain("this is built without a shell: run `make web`, or build with `--features shell`")
}

#[cfg(not(target_arch = "wasm32"))]
fn complain(what: &str) -> ExitCode {
    use std::io::Write;

    // Where even this cannot be written, the exit code is all there is to say.
    let _ = writeln!(std::io::stderr(), "standby-mobile: {what}");
    ExitCode::FAILURE
}
