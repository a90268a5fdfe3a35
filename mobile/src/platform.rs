//! All that differs by platform, behind the same names: storage, the address, whether the page is
//! seen, presence, the screen's light, the code in a message. One file a platform; for now the web.

#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(target_arch = "wasm32")]
pub(crate) use web::*;
