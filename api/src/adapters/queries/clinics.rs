//! Clinics and their settings.

macro_rules! clinic_queries {
    ($database:ident) => {
        mod clinics {
            use super::audit;
            use crate::adapters::queries::failed;
            use crate::adapters::rows::clinic::{ClinicRow, SettingsRow};
            use crate::adapters::rows::{clinic_id, readable};
            use crate::adapters::tables::clinic;
            use crate::adapters::$database::{Connection, clinic_to_change};
            use crate::domain::audit::Deed;
            use crate::domain::clinic::{Clinic, Settings, Slug};
            use crate::domain::id::ClinicId;
            use crate::domain::policy::Within;
            use crate::domain::refusal::Refusal;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use diesel::prelude::{
                ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            pub(super) async fn ping(connection: &mut Connection) -> Result<(), Fault> {
                clinic::table
                    .select(clinic::id)
                    .first::<String>(connection)
                    .await
                    .optional()
                    .map(|_| ())
                    .map_err(failed("reaching the store"))
            }

            pub(super) async fn add_clinic(
                connection: &mut Connection,
                added: &Clinic,
            ) -> Result<bool, Fault> {
                let rows = diesel::insert_into(clinic::table)
                    .values(ClinicRow::new(added)?)
                    .on_conflict(clinic::slug)
                    .do_nothing()
                    .execute(connection)
                    .await
                    .map_err(failed("adding a clinic"))?;
                Ok(rows == 1)
            }

            pub(super) async fn clinics(connection: &mut Connection) -> Result<Vec<Clinic>, Fault> {
                let rows = clinic::table
                    .order(clinic::slug)
                    .select(ClinicRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading all clinics"))?;
                Ok(readable(rows.into_iter().map(ClinicRow::clinic)))
            }

            pub(super) async fn clinic(
                connection: &mut Connection,
                id: &ClinicId,
            ) -> Result<Option<Clinic>, Fault> {
                let row = clinic::table
                    .find(id.as_str())
                    .select(ClinicRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a clinic"))?;
                row.map(ClinicRow::clinic).transpose()
            }

            pub(super) async fn clinic_by_slug(
                connection: &mut Connection,
                slug: &Slug,
            ) -> Result<Option<Clinic>, Fault> {
                let row = clinic::table
                    .filter(clinic::slug.eq(slug.as_str()))
                    .select(ClinicRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a clinic by its slug"))?;
                row.map(ClinicRow::clinic).transpose()
            }

            pub(super) async fn change_settings(
                connection: &mut Connection,
                within: &Within,
                change: &(dyn Fn(&Settings) -> Result<Settings, Refusal> + Send + Sync),
                now: Timestamp,
            ) -> Result<Option<Result<Clinic, Refusal>>, Fault> {
                let id = within.clinic();
                let Some(row) = clinic_to_change(connection, id).await? else {
                    return Ok(None);
                };
                let before = row.clinic()?;
                let settings = match change(&before.settings) {
                    Ok(settings) => settings,
                    Err(refusal) => return Ok(Some(Err(refusal))),
                };
                if settings != before.settings {
                    diesel::update(clinic::table.find(id.as_str()))
                        .set(SettingsRow::of(&settings)?)
                        .execute(connection)
                        .await
                        .map_err(failed("changing the settings of a clinic"))?;
                    audit::record(connection, within, Deed::ChangedSettings, None, now).await?;
                }
                Ok(Some(Ok(Clinic { settings, ..before })))
            }

            /// The version of the latest event of a clinic; `None` where there is no such clinic.
            pub(super) async fn version(
                connection: &mut Connection,
                id: &ClinicId,
            ) -> Result<Option<i64>, Fault> {
                clinic::table
                    .find(id.as_str())
                    .select(clinic::version)
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading the version of a clinic"))
            }

            pub(super) async fn versions(
                connection: &mut Connection,
            ) -> Result<Vec<(ClinicId, i64)>, Fault> {
                let rows: Vec<(String, i64)> = clinic::table
                    .select((clinic::id, clinic::version))
                    .load(connection)
                    .await
                    .map_err(failed("reading the versions of all clinics"))?;
                let versions = rows
                    .into_iter()
                    .map(|(id, version)| Ok((clinic_id(&id)?, version)));
                Ok(readable(versions))
            }
        }
    };
}
pub(in crate::adapters) use clinic_queries;
