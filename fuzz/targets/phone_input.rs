//! What people type as a number: whatever it is, it is refused or becomes one that reads back as itself.

use standby::domain::phone_number::{Country, PhoneNumber};

/// The first byte chooses the clinic's country, the rest is what was typed.
pub(crate) fn hold(data: &[u8]) {
    let Some((first, typed)) = data.split_first() else {
        return;
    };
    let countries: Vec<Country> = ["AU", "NZ", "US", "IT", "AR", "CI"]
        .into_iter()
        .filter_map(Country::parse)
        .collect();
    let default = countries[usize::from(*first) % countries.len()];
    let typed = String::from_utf8_lossy(typed);
    let Ok(number) = PhoneNumber::parse(&typed, default, &countries, "phone") else {
        return;
    };
    let digits = number
        .reveal()
        .strip_prefix('+')
        .expect("E.164 begins with +");
    assert!((7..=15).contains(&digits.len()), "E.164 has 7 to 15 digits");
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    for country in &countries {
        let again = PhoneNumber::parse(number.reveal(), *country, &countries, "phone");
        assert!(
            again.is_ok_and(|again| again == number),
            "it is the same number everywhere"
        );
    }
    assert_eq!(format!("{number:?}"), "PhoneNumber(…)");
    // Whatever it answers, it answers.
    let _ = number.is_landline();
}
