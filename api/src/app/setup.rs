//! What is set up from the command line only: clinics.

use super::{App, time_zones};
use crate::domain::clinic::{Clinic, RoomUrlTemplate, Settings, Slug, TimeZone, parse_clinic_name};
use crate::domain::id::ClinicId;
use crate::domain::phone_number::Country;
use crate::domain::refusal::{Refusal, Why};
use crate::ports::Fault;

impl App {
    /// Every clinic, by slug.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clinics(&self) -> Result<Vec<Clinic>, Fault> {
        self.store.clinics().await
    }

    /// Adds a clinic whose days are those of UTC.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_clinic(
        &self,
        slug: &str,
        name: &str,
        country: &str,
        room_url_template: &str,
    ) -> Result<Result<Clinic, Refusal>, Fault> {
        let utc = TimeZone::utc();
        self.add_clinic_in(utc.as_str(), slug, name, country, room_url_template)
            .await
    }

    /// Adds a clinic that is in a time zone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_clinic_in(
        &self,
        time_zone: &str,
        slug: &str,
        name: &str,
        country: &str,
        room_url_template: &str,
    ) -> Result<Result<Clinic, Refusal>, Fault> {
        let read = || {
            let slug = Slug::parse(slug).ok_or_else(|| {
                let message = "A slug is 1 to 60 of the lower-case letters, digits and hyphens.";
                Refusal::invalid("slug", message)
            })?;
            let country = Country::parse(country)
                .ok_or_else(|| Refusal::invalid("country", "Use the two letters of a country."))?;
            let template = RoomUrlTemplate::parse(room_url_template, "roomUrlTemplate")?;
            let settings = Settings {
                time_zone: time_zones::read(time_zone, "timeZone")?,
                ..Settings::new(country, template)
            };
            Ok((slug, parse_clinic_name(name)?, settings))
        };
        let (slug, name, settings) = match read() {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = ClinicId::new(self.randomness.bits());
        let clinic = Clinic {
            id,
            slug,
            name,
            version: 0,
            settings,
        };
        if self.store.add_clinic(&clinic).await? {
            Ok(Ok(clinic))
        } else {
            let message = "There is a clinic by this slug already.";
            Ok(Err(Refusal::new(Why::Conflict, message).at("slug")))
        }
    }
}
