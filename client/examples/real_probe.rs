#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout)]
use standby_client::*;
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let endpoint = Endpoint::new(&std::env::var("U").unwrap()).unwrap();
    let token = SignInToken::new(std::env::var("T").unwrap());
    let signed = Staff::sign_in(&endpoint, &token).await.unwrap();
    println!("{signed:?}");
    println!("again {:?}", Staff::sign_in(&endpoint, &token).await.map(|_| ()));
    let staff = Staff::new(endpoint, signed.session);
    println!("{:?}", staff.viewer().await.map(|v| v.role));
    println!("out {:?}", staff.sign_out().await);
    println!("{:?}", staff.viewer().await.map(|v| v.role));
    println!("out again {:?}", staff.sign_out().await);
}
