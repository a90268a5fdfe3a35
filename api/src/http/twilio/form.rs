//! `application/x-www-form-urlencoded`, read strictly: two bodies that are read alike say the same.
//!
//! The usual readers put a replacement character for what is no UTF-8 and leave a stray `%`
//! standing, so that what was signed and what is read could differ.

/// Most parameters that are looked at. Twilio sends some twenty, and as many again with pictures.
const PARAMETERS: usize = 200;

/// The parameters of a form as they were sent, in their order.
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// Reads a form; `None` for what none is, or has more parameters than anybody sends.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut parameters = Vec::new();
        let pairs = body.split(|&byte| byte == b'&');
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            if parameters.len() == PARAMETERS {
                return None;
            }
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            parameters.push((name, value));
        }
        Some(Self(parameters))
    }

    /// The value under this name; `None` also where it comes with two values, of which nobody can
    /// say which is meant.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut values = self
            .0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str());
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }
}

fn decoded(encoded: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [*rest.next()?, *rest.next()?];
                digits.iter().try_fold(0, |value: u8, &digit| {
                    let digit = char::from(digit).to_digit(16)?;
                    Some(value << 4 | u8::try_from(digit).ok()?)
                })?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Vec<(String, String)>> {
        Form::read(body.as_bytes()).map(|form| form.0)
    }

    #[test]
    fn blanks_signs_and_letters_of_every_script_are_read_as_they_were_meant() {
        let expected = vec![
            ("From".to_owned(), "+61 4".to_owned()),
            ("Body".to_owned(), "größer, 早く & = %".to_owned()),
            ("FromCity".to_owned(), String::new()),
            ("Bare".to_owned(), String::new()),
        ];
        for body in [
            "From=%2B61+4&Body=gr%C3%B6%C3%9Fer%2C+%E6%97%A9%E3%81%8F+%26+%3D+%25&FromCity=&Bare",
            "From=%2b61%204&Body=gr%c3%b6%c3%9fer,%20%e6%97%a9%e3%81%8f%20%26%20=%20%25&FromCity=&Bare&",
        ] {
            assert_eq!(read(body).as_ref(), Some(&expected), "{body}");
        }
        assert_eq!(read("").map(|read| read.len()), Some(0));
    }

    #[test]
    fn what_is_no_form_is_not_read_at_all() {
        for wrong in [
            "A=%",
            "A=%4",
            "A=%zz",
            "A=%+1",
            "A=%ff",
            "%C3=1",
            "A=%ED%A0%80",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
        assert!(read(&"A=1&".repeat(PARAMETERS)).is_some());
        assert!(read(&"A=1&".repeat(PARAMETERS + 1)).is_none());
    }

    #[test]
    fn a_name_with_two_values_has_none() {
        let form = Form::read(b"A=1&B=1&A=2&B=1").unwrap();
        assert_eq!((form.value("A"), form.value("B")), (None, Some("1")));
    }
}
