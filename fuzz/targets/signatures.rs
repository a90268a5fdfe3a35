//! A provider's requests: forms are read one way only, what was signed is believed, and nothing else is.

use standby::http::twilio::form::Form;
use standby::http::twilio::signature::AuthToken;

/// Up to the first zero byte the signature, up to the second the path, the rest is the form.
pub(crate) fn hold(data: &[u8]) {
    let mut parts = data.splitn(3, |&byte| byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (signature, path, body) = (part(), String::from_utf8_lossy(part()), part());
    let Some(form) = Form::read(body) else {
        return;
    };
    let token = AuthToken::new("0123456789abcdef").expect("a token");
    let public_url = "https://standby.example";
    let right = token.sign(&format!("{public_url}{path}"), &form.0);
    assert!(token.has_signed(public_url, &path, &form.0, right.as_bytes()));
    let with_port = token.sign(&format!("{public_url}:443{path}"), &form.0);
    let is_one_of_them = signature == right.as_bytes() || signature == with_port.as_bytes();
    assert_eq!(
        token.has_signed(public_url, &path, &form.0, signature),
        is_one_of_them
    );
    let mut wrong = right.into_bytes();
    wrong[body.len() % 27] ^= 1;
    assert!(!token.has_signed(public_url, &path, &form.0, &wrong));
    for (name, value) in &form.0 {
        assert!(form.value(name).is_none_or(|given| given == value));
    }
}
