//! The way texts are sent: which texter, and the pages or doors that belong to it.

use crate::adapters::dev_phone::DevPhone;
use crate::adapters::twilio::Twilio;
use crate::adapters::twilio::answers::progress_of;
use crate::app::replies::{Inbound, OptOut};
use crate::app::{App, Texting};
use crate::configuration::{ByTwilio, Configuration, Texts};
use crate::domain::id::TextId;
use crate::failure::Failure;
use crate::http::dev_phone::{self, DevMessage, DevPhoneMessages};
use crate::http::twilio::signature::AuthToken;
use crate::http::twilio::{
    self, InboundText, NotHeard, ProviderNews, RefusedSignatures, TextNews, TwilioWebhooks,
};
use crate::ports::Fault;
use crate::ports::clock::Clock;
use crate::ports::code_checker::CodeChecker;
use crate::ports::texter::{Taken, Texter};
use axum::Router;
use std::sync::Arc;

/// The way texts are sent.
pub(super) enum Way {
    DevPhone(Arc<DevPhone>),
    Twilio(Arc<Twilio>, Box<ByTwilio>, RefusedSignatures),
}

impl Way {
    pub(super) fn of(
        configuration: &Configuration,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        match &configuration.texts {
            Texts::DevPhone => {
                let phone = DevPhone::open(&configuration.data, Arc::clone(clock))?;
                Ok(Self::DevPhone(Arc::new(phone)))
            }
            Texts::Twilio(by) => {
                let twilio = Twilio::new(by.settings.clone())
                    .map_err(|error| Failure::Asked(error.to_string()))?;
                Ok(Self::Twilio(
                    Arc::new(twilio),
                    by.clone(),
                    RefusedSignatures::default(),
                ))
            }
        }
    }

    pub(super) fn texting(&self) -> Texting {
        match self {
            Self::DevPhone(_) => Texting::default(),
            Self::Twilio(twilio, by, _) => {
                let checker: Arc<dyn CodeChecker> = Arc::<Twilio>::clone(twilio);
                Texting {
                    takes_replies: by.takes_replies,
                    code_checker: Some(checker).filter(|_| by.makes_codes),
                }
            }
        }
    }

    pub(super) fn texter(&self) -> Arc<dyn Texter> {
        match self {
            Self::DevPhone(phone) => Arc::<DevPhone>::clone(phone),
            Self::Twilio(twilio, ..) => Arc::<Twilio>::clone(twilio),
        }
    }

    /// Counts what came without a right signature; `None` where nobody brings news.
    pub(super) fn refused(&self) -> Option<RefusedSignatures> {
        match self {
            Self::DevPhone(_) => None,
            Self::Twilio(_, _, refused) => Some(refused.clone()),
        }
    }

    /// The pages, or the doors for the provider's news, that belong to it.
    pub(super) fn router(&self, app: &Arc<App>) -> Result<Router, Failure> {
        match self {
            Self::DevPhone(phone) => Ok(dev_phone::router(Phone(Arc::clone(phone)))),
            Self::Twilio(_, by, refused) => {
                let auth_token = AuthToken::new(by.settings.auth_token.reveal());
                let auth_token = auth_token.ok_or_else(|| {
                    Failure::Asked("TWILIO_AUTH_TOKEN cannot check a signature".to_owned())
                })?;
                let news = News(Arc::clone(app));
                let webhooks = TwilioWebhooks {
                    auth_token,
                    public_url: by.settings.public_url.as_str().to_owned(),
                    refused: refused.clone(),
                };
                Ok(twilio::router(news, webhooks))
            }
        }
    }
}

/// The dev phone as its page sees it.
#[derive(Clone)]
struct Phone(Arc<DevPhone>);

impl DevPhoneMessages for Phone {
    async fn messages(&self, to: Option<&str>) -> Vec<DevMessage> {
        let messages = self.0.messages(to).into_iter();
        messages
            .filter_map(|message| {
                let at = jiff::Timestamp::from_millisecond(message.at).ok()?;
                Some(DevMessage {
                    to: message.to,
                    body: message.body,
                    at,
                })
            })
            .collect()
    }
}

/// The application as Twilio tells it what happens.
#[derive(Clone)]
struct News(Arc<App>);

impl ProviderNews for News {
    async fn hear_of_text(&self, news: TextNews) -> Result<(), NotHeard> {
        let Some(id) = TextId::parse(&news.text) else {
            return Ok(());
        };
        let Some(progress) = progress_of(&news.status, news.error_code.map(i64::from)) else {
            // A status that came after this was written: what is known stays.
            tracing::debug!(text = %id, "a status of Twilio's that is not known");
            return Ok(());
        };
        let taken = Taken {
            provider_id: news.provider_id,
            progress,
        };
        self.0
            .hear_of_text(&id, taken)
            .await
            .map_err(|fault| not_heard(&fault))
    }

    async fn hear_inbound(&self, text: InboundText) -> Result<(), NotHeard> {
        let inbound = Inbound {
            provider_id: text.provider_id,
            from: text.from,
            body: text.body,
            opt_out: text.opt_out.map(|opt_out| match opt_out {
                twilio::OptOut::Stop => OptOut::Stop,
                twilio::OptOut::Start => OptOut::Start,
                twilio::OptOut::Help => OptOut::Help,
            }),
        };
        self.0
            .hear_inbound(&inbound)
            .await
            .map_err(|fault| not_heard(&fault))
    }
}

fn not_heard(fault: &Fault) -> NotHeard {
    tracing::error!(
        fault = fault.chain(),
        "what Twilio told could not be taken in"
    );
    NotHeard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::twilio::settings::TwilioSettings;
    use crate::domain::text::PublicUrl;

    #[test]
    fn news_comes_to_where_the_adapter_asks_for_it() {
        let variables = |name: &str| {
            let value = match name {
                "TWILIO_ACCOUNT_SID" => "AC0123456789abcdef0123456789abcdef",
                "TWILIO_AUTH_TOKEN" => "token",
                "TWILIO_FROM" => "+15005550006",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let public_url = PublicUrl::parse("https://standby.example").unwrap();
        let settings = TwilioSettings::read(variables, &public_url);
        let text = TextId::new([7; 16]);
        let asked_for = settings.unwrap().unwrap().status_callback(&text);
        let served = format!(
            "https://standby.example{}",
            twilio::status_path(text.as_str())
        );
        assert_eq!(asked_for, served);
    }
}
