//! Starts the patient's app.

#[cfg(target_arch = "wasm32")]
fn main() {
    standby_mobile::app::launch();
}

/// There is no native shell yet: the app is built for the browser.
#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    let text = "standby-mobile is built for the browser: run `make web`.\n";
    // Where even this cannot be written, the exit code is all there is to say.
    let _ = std::io::stderr().write_all(text.as_bytes());
    std::process::ExitCode::FAILURE
}
