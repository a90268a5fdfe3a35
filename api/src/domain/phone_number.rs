//! Phone numbers and countries, as Google's numbering data knows them.

use super::refusal::Refusal;
use super::secret::never_printed;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// A number in E.164 that a telephone network could have given out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);
never_printed!(PhoneNumber, "PhoneNumber(…)");

/// A country that has telephone numbers, ISO 3166-1 alpha-2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(Region);

impl std::fmt::Debug for Country {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.code())
    }
}

impl Country {
    /// Reads a two-letter code, in either case; `None` for one without telephone numbers.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let code = given.trim();
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let region = Region::try_from(code.to_ascii_uppercase().as_str()).ok()?;
        // The list of regions also holds some that no number belongs to: ZZ, Antarctica.
        PHONE_NUMBER_UTIL
            .get_country_code_for_region(region)
            .map(|_| Self(region))
    }

    /// The two letters, in capitals.
    #[must_use]
    pub fn code(self) -> String {
        self.0.as_region_str().as_str().to_owned()
    }
}

/// Longest thing looked at as a number, in bytes: longer than any way to write one.
const TYPED_LENGTH: usize = 64;

impl PhoneNumber {
    /// Reads a number as a person typed it.
    ///
    /// # Errors
    /// Refused, naming `field`, when it is no number, none that could be in use, none that can be
    /// sent a text by its kind (a landline where the numbering plan tells), or of a country that
    /// `allowed` does not list.
    pub fn parse(
        typed: &str,
        default: Country,
        allowed: &[Country],
        field: &str,
    ) -> Result<Self, Refusal> {
        let not_a_number = || {
            Refusal::invalid(
                field,
                "This does not look like a phone number. Check it, and add the country code (such \
                 as +61) if it is a number of another country.",
            )
        };
        if typed.len() > TYPED_LENGTH {
            return Err(not_a_number());
        }
        let number = rlibphonenumber::PhoneNumber::parse(typed.trim(), Some(default.0))
            .map_err(|_| not_a_number())?;
        if !number.is_valid() || number.extension.is_some() {
            return Err(not_a_number());
        }
        let country = number
            .get_region_code()
            .map(Country)
            .ok_or_else(not_a_number)?;
        if !allowed.contains(&country) {
            return Err(Refusal::invalid(
                field,
                "This clinic does not take numbers of this country. Use another number, or leave \
                 the number out and keep the page open.",
            ));
        }
        Ok(Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// Reads a number of whatever country, to find what is kept of it. Without a `default` country it
    /// must begin with + and its own.
    ///
    /// # Errors
    /// Refused, naming `field`, when it is no number.
    pub fn parse_of_any_country(
        typed: &str,
        default: Option<Country>,
        field: &str,
    ) -> Result<Self, Refusal> {
        let known = (typed.len() <= TYPED_LENGTH).then(|| {
            rlibphonenumber::PhoneNumber::parse(typed.trim(), default.map(|country| country.0))
        });
        match known {
            Some(Ok(number)) if number.is_valid() && number.extension.is_none() => {
                Ok(Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
            }
            _ => {
                let message =
                    "This is no phone number. Write it with + and the country, such as +61.";
                Err(Refusal::invalid(field, message))
            }
        }
    }

    /// Takes a number that was stored: it was parsed when it came in.
    #[must_use]
    pub fn from_stored(number: String) -> Self {
        Self(number)
    }

    /// Whether the numbering plan says that no text can reach it.
    #[must_use]
    pub fn is_landline(&self) -> bool {
        rlibphonenumber::PhoneNumber::parse(&self.0, None)
            .is_ok_and(|number| number.get_type() == PhoneNumberType::FixedLine)
    }

    /// The number in E.164, for the one who may see it or the message to it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<PhoneNumber, Refusal> {
        let australia = Country::parse("AU").unwrap();
        let allowed = [australia, Country::parse("nz").unwrap()];
        PhoneNumber::parse(typed, australia, &allowed, "phone")
    }

    #[test]
    fn a_number_as_typed_at_home_and_abroad_is_the_same_number() {
        for typed in [
            "0491 570 006",
            "+61 491 570 006",
            "(04) 9157-0006",
            "0061491570006",
            "61491570006",
        ] {
            match parse(typed) {
                Ok(number) => assert_eq!(number.reveal(), "+61491570006", "{typed}"),
                // Without + or the international prefix this is no Australian number.
                Err(_) => assert!(matches!(typed, "61491570006" | "0061491570006"), "{typed}"),
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused_at_its_field() {
        let long = "0".repeat(10_000);
        for typed in [
            "",
            "   ",
            "hello",
            "123",
            "+",
            "+61",
            "0491570006 ext 5",
            "\u{202e}0491",
            &long,
        ] {
            let refusal = parse(typed).unwrap_err();
            assert_eq!(refusal.field, Some(vec!["phone".to_owned()]), "{typed}");
        }
    }

    #[test]
    fn a_number_of_a_country_that_is_not_allowed_is_refused() {
        assert!(parse("+64 21 123 4567").is_ok());
        assert!(
            parse("+1 650 253 0000")
                .unwrap_err()
                .message
                .contains("country")
        );
    }

    #[test]
    fn a_number_of_any_country_is_found_by_the_form_in_which_it_is_kept() {
        let australia = Country::parse("AU");
        for (typed, country) in [
            ("+61 491 570 006", None),
            ("0491 570 006", australia),
            ("+61491570006", australia),
        ] {
            let number = PhoneNumber::parse_of_any_country(typed, country, "phone").unwrap();
            assert_eq!(number.reveal(), "+61491570006");
        }
        let long = "0".repeat(10_000);
        for typed in ["", "0491 570 006", "hello", "+61", &long] {
            assert!(PhoneNumber::parse_of_any_country(typed, None, "phone").is_err());
        }
    }

    #[test]
    fn a_landline_is_known_where_the_numbering_plan_tells() {
        assert!(parse("02 9374 4000").unwrap().is_landline());
        assert!(!parse("0491 570 006").unwrap().is_landline());
    }

    #[test]
    fn a_country_is_two_letters_of_a_country_with_numbers() {
        assert_eq!(Country::parse("au").unwrap().code(), "AU");
        for wrong in ["", "A", "AUS", "ZZ", "AQ", "Ä1", "00"] {
            assert!(Country::parse(wrong).is_none(), "{wrong}");
        }
    }
}
