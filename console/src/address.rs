//! Which page an address leads to.

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    WaitingArea,
    Configure,
    SignIn,
    Fixtures,
}

impl Page {
    /// The page of a path. Anything that is no other page is the waiting area: what staff want to see.
    pub(crate) fn of(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "/console/configure" => Self::Configure,
            "/console/sign-in" => Self::SignIn,
            "/console/fixtures" => Self::Fixtures,
            _ => Self::WaitingArea,
        }
    }

    /// The path of the page.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::WaitingArea => "/console",
            Self::Configure => "/console/configure",
            Self::SignIn => "/console/sign-in",
            Self::Fixtures => "/console/fixtures",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_own_path() {
        for page in [
            Page::WaitingArea,
            Page::Configure,
            Page::SignIn,
            Page::Fixtures,
        ] {
            assert_eq!(Page::of(page.path()), page);
            assert_eq!(Page::of(&format!("{}/", page.path())), page);
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_leads_to_the_waiting_area() {
        assert_eq!(Page::of("/console/zzz"), Page::WaitingArea);
    }
}
