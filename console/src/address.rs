//! Which page an address leads to.

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    WaitingArea,
    Reports,
    /// Configure › Waiting Area.
    Configure,
    Team,
    Keys,
    Webhooks,
    AuditLog,
    SignIn,
    Fixtures,
}

impl Page {
    /// The pages of Configure, in the order in which they stand.
    pub(crate) const CONFIGURE: [Self; 5] = [
        Self::Configure,
        Self::Team,
        Self::Keys,
        Self::Webhooks,
        Self::AuditLog,
    ];

    /// The page of a path. Anything that is no other page is the waiting area: what staff want to see.
    pub(crate) fn of(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "/console/reports" => Self::Reports,
            "/console/configure" => Self::Configure,
            "/console/configure/team" => Self::Team,
            "/console/configure/keys" => Self::Keys,
            "/console/configure/webhooks" => Self::Webhooks,
            "/console/configure/audit-log" => Self::AuditLog,
            "/console/sign-in" => Self::SignIn,
            "/console/fixtures" => Self::Fixtures,
            _ => Self::WaitingArea,
        }
    }

    /// The path of the page.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::WaitingArea => "/console",
            Self::Reports => "/console/reports",
            Self::Configure => "/console/configure",
            Self::Team => "/console/configure/team",
            Self::Keys => "/console/configure/keys",
            Self::Webhooks => "/console/configure/webhooks",
            Self::AuditLog => "/console/configure/audit-log",
            Self::SignIn => "/console/sign-in",
            Self::Fixtures => "/console/fixtures",
        }
    }

    /// Whether this is a page of Configure.
    pub(crate) fn is_of_configure(self) -> bool {
        Self::CONFIGURE.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_own_path() {
        let others = [
            Page::WaitingArea,
            Page::Reports,
            Page::SignIn,
            Page::Fixtures,
        ];
        for page in others.into_iter().chain(Page::CONFIGURE) {
            assert_eq!(Page::of(page.path()), page);
            assert_eq!(Page::of(&format!("{}/", page.path())), page);
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_leads_to_the_waiting_area() {
        assert_eq!(Page::of("/console/zzz"), Page::WaitingArea);
    }
}
